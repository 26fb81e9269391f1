"""Where things are."""

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
WALJET = Path(os.environ.get("WALJET_BINARY", ROOT / "build" / "waljet"))  # a sanitizer build, for example
MODULE = Path(os.environ.get("WALJET_MODULE", ROOT / "waljet.so"))
LOGS = ROOT / "build" / "e2e"  # logs of failed tests are kept here

PG_CONFIG = subprocess.check_output([ROOT / "tools" / "pg-config"], text=True).strip()
PG_BIN = Path(subprocess.check_output([PG_CONFIG, "--bindir"], text=True).strip())
NATS_SERVER = shutil.which("nats-server", path=os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin")
