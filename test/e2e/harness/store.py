"""Older copies of a nats-server's store, as a power loss leaves it: what was written last is not there."""

import shutil
import tempfile
from pathlib import Path


def save_store(nats):
    """Copies the store of the stopped server; returns the copy's path."""
    assert not nats.process.alive(), "stop the server first"
    saved = Path(tempfile.mkdtemp(prefix="saved.", dir=nats.directory)) / "store"
    shutil.copytree(nats.directory / "store", saved)
    return saved


def restore_store(nats, saved, stream=None):
    """Puts a saved store, or one stream of it, in the place of the stopped server's. A stream may have come since."""
    assert not nats.process.alive(), "stop the server first"
    part = Path("jetstream/$G/streams") / stream if stream else Path()
    shutil.rmtree(nats.directory / "store" / part, ignore_errors=True)
    if (saved / part).exists():
        shutil.copytree(saved / part, nats.directory / "store" / part)
