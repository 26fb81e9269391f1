"""The steps of the README's "On your own servers" work as they are written."""

import json
import re
import shlex
from pathlib import Path

from harness import wait
from harness.paths import ROOT
from harness.postgres import known_settings
from harness.process import Process
from harness.streamer import clean_environment, waljet


def block(label):
    """The code block behind `<!-- tested: label -->`, its indentation taken off."""
    text = (ROOT / "README.md").read_text()
    found = re.search(r"( *)<!-- tested: " + re.escape(label) + r" -->\n *```\w*\n(.*?)\n *```", text, re.S)
    return "\n".join(line.removeprefix(found[1]) for line in found[2].splitlines())


def settings(text):
    return dict(re.fullmatch(r"(\w+) = '?(.*?)'?", line).groups() for line in text.splitlines())


def command(label, postgres, nats):
    """The command of a block, its addresses replaced by those of the servers under test."""
    text = block(label).replace("@127.0.0.1/", f"@127.0.0.1:{postgres.port}/").replace("127.0.0.1:4222", f"127.0.0.1:{nats.port}")
    words = shlex.split(text)
    assert words.pop(0) == "waljet"
    return words


def test_own_servers(make_postgres, make_nats, servers, waljet_binary, tmp_path):
    wanted = settings(block("postgresql.conf"))
    if "output_plugin_libraries" not in known_settings():
        del wanted["output_plugin_libraries"]
    postgres = make_postgres(**wanted)
    nats = make_nats(block("nats-server.conf").replace("/var/lib/nats", str(tmp_path / "nats")), jetstream=False)
    postgres.create_database("app")
    postgres.execute(block("role"))

    run = Process([waljet_binary, *command("run", postgres, nats)], tmp_path / "waljet.log", env=clean_environment())
    run.remove = run.kill
    run.process = run
    servers.append(run)
    run.start().wait_for_log("ready")
    assert postgres.slot("waljet_app")["database"] == "app"

    postgres.psql(block("changes"), dbname="app")
    wait.until(lambda: nats.stream_messages("app") == 2)
    done = waljet(*command("read", postgres, nats))
    created, deleted = [json.loads(line) for line in done.stdout.splitlines()]
    assert created["op"] == "c" and created["after"]["username"] == "ada"
    assert deleted["op"] == "d" and deleted["before"]["user_id"] == created["after"]["user_id"]
    assert Path(ROOT / "docs" / "event-format.md").exists()
