"""Configuration: every key by file, environment and flag; mistakes as one line; secrets; what takes effect."""

import json
import re
import ssl
import subprocess

import pytest
import yaml

from harness import wait
from harness.nkeys import Certificates, KeyPair, OperatorSetup
from harness.paths import ROOT, WALJET
from harness.postgres import lsn_text
from harness.process import Process
from harness.record import read_record
from harness.streamer import clean_environment, waljet

PAGE = ROOT / "docs/configuration.md"
EXAMPLE = ROOT / "docs/waljet.example.yaml"


def write(directory, text, name="waljet.yaml"):
    file = directory / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def as_yaml(tree):
    return yaml.safe_dump(tree, sort_keys=False)


def print_config(*arguments, env=None):
    done = waljet("run", "--print-config", *arguments, env=env)
    assert done.returncode == 0, done.stderr
    return done.stdout


class Printed:
    """What --print-config shows: values by path, and the comments behind them."""

    def __init__(self, text):
        self.values = {}
        self.origins = {}
        self._walk("", yaml.safe_load(text))
        sections = []
        for line in text.splitlines():
            depth = (len(line) - len(line.lstrip())) // 2
            key = line.strip().split(":")[0]
            sections[depth:] = [key]
            if "  # " in line:
                self.origins[".".join(sections)] = line.rsplit("  # ", 1)[1]

    def _walk(self, path, value):
        if isinstance(value, dict) and path not in ("filter.tables",):
            for key, inner in value.items():
                self._walk(f"{path}.{key}" if path else key, inner)
        else:
            self.values[path] = value


# ---- each key of the reference page ----

# A value for the file, one for the environment, one for the flag; each as the result shows it. None of them a default.
VALUES = {
    "source.uri": ["host=a", "host=b", "host=c"],
    "source.name": ["a", "b", "c"],
    "source.slot": ["a", "b", "c"],
    "source.format": ["wal-listener", "wal-listener", "wal-listener"],
    "source.schemas": ["on", "on", "on"],
    "source.decimal": ["double", "string", "double"],
    "source.time": ["connect", "isostring", "microseconds"],
    "source.interval": ["string", "string", "string"],
    "source.binary": ["base64", "hex", "base64-url-safe"],
    "source.hstore": ["map", "map", "map"],
    "source.unavailable_value": ["a", "b # c", "\"c\""],
    "source.partition_root": ["on", "on", "on"],
    "source.messages": [["a"], ["a", "b"], ["*"]],
    "source.transactions": ["on", "on", "on"],
    "source.origin": ["none", "none", "none"],
    "source.snapshot": ["initial", "only", "initial"],
    "source.snapshot_workers": [3, 4, 5],
    "source.batch_bytes": ["1KiB", "2KiB", 0],
    "filter.tables": [{"users": ["insert"]}, ["public.*", "a"], {"users": ["insert"], "b": {"where": "x > 1"}}],
    "filter.exclude_tables": [["a"], ["b", "c.*"], ["*"]],
    "filter.rules": [[{"table": "a"}], [{"table": "b", "where": "x > 1"}, {"table": "*"}], [{"table": "c", "operations": ["insert"]}]],
    "filter.publications": [["a"], ["a", "b"], ["c"]],
    "filter.operations": [["insert"], ["insert", "update"], ["truncate"]],
    "sink.type": ["nats", "nats"],
    "sink.url": ["nats://a", "nats://b,tls://c", "nats://d:1"],
    "sink.auth.user": ["a", "b"],
    "sink.auth.token": ["***", "***"],
    "sink.auth.password": ["***", "***"],
    "sink.auth.nkey_file": ["NKEY", "NKEY"],
    "sink.auth.creds_file": ["FILE", "FILE"],
    "sink.tls.ca": ["FILE", "FILE"],
    "sink.tls.cert": ["FILE", "FILE"],
    "sink.tls.key": ["FILE", "FILE"],
    "sink.stream.name": ["a", "b", "c"],
    "sink.stream.create": [False, False],
    "sink.stream.storage": ["memory", "memory"],
    "sink.stream.replicas": [3, 5],
    "sink.stream.max_age": ["7d", "90s"],
    "sink.stream.max_bytes": ["1GiB", 1000],
    "sink.subject": ["{name}.a", "b.{table}", "{name}.{key}"],
    "sink.max_pending": [1, 2, 3],
    "sink.max_pending_bytes": ["1MiB", "2MiB", 3],
    "sink.fencing": ["off", "off", "off"],
    "sink.grouping": ["run", "run", "run"],
    "sink.group_bytes": ["1KiB", "2KiB", 3000],
    "sink.oversize": ["stub", "stub", "stub"],
    "sink.confirm_delay": ["1s", "2s", "3s"],
    "sink.msg_id": [True, True, True],
    "sink.headers": [["key"], ["table", "op"]],
    "log.level": ["debug", "error", "off"],
    "log.format": ["json", "json", "json"],
}
# What a key cannot be without.
NEEDED = {"sink.auth.password": {"sink.auth.user": "u"},
          "sink.tls.cert": {"sink.tls.key": "FILE"},
          "sink.tls.key": {"sink.tls.cert": "FILE"}}


def page_rows():
    """(key, flag) of each row of the reference page."""
    return re.findall(r"^\| `((?:source|filter|sink|log)\.[a-z_.]+)` \| (?:`(--[a-z-]+)`)? *\| [^|]+\|.+\|.+\|$",
                      PAGE.read_text(), re.MULTILINE)


def nested(values):
    tree = {}
    for path, value in values.items():
        *sections, key = path.split(".")
        node = tree
        for section in sections:
            node = node.setdefault(section, {})
        node[key] = value
    return tree


def as_text(value):
    """As a flag or a variable says it."""
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, (dict, list)) else str(value)


@pytest.fixture
def files(tmp_path):
    """What FILE and NKEY stand for."""
    return {"FILE": str(write(tmp_path, "content", "file")),
            "NKEY": str(write(tmp_path, KeyPair("U", tmp_path).seed, "nkey"))}


def test_the_page_and_this_test_know_the_same_keys():
    assert sorted(key for key, _ in page_rows()) == sorted(VALUES)


@pytest.mark.parametrize("key, flag", page_rows())
def test_every_key_by_file_environment_and_flag(tmp_path, files, key, flag):
    needed = {path: files.get(value, value) for path, value in NEEDED.get(key, {}).items()}
    secret = key in ("sink.auth.token", "sink.auth.password")
    values = [files.get(str(value), value) for value in VALUES[key]]
    given = ["s3cret"] * 3 if secret else values
    assert len(values) == (3 if flag else 2)

    default = Printed(print_config())
    assert default.origins[key].startswith("default")
    file = write(tmp_path, as_yaml(nested({**needed, key: given[0]})))
    sources = [([], {})]
    variable = "WALJET_" + key.upper().replace(".", "_")
    sources.append(([], {variable: as_text(given[1])}))
    if flag:
        flags = [flag] if given[2] is True else [flag, as_text(given[2])]
        sources.append((flags, {variable: as_text(given[1])}))
    origins = ["file:", variable, f"flag {flag}"]
    for (arguments, env), value, origin in zip(sources, values, origins):
        text = print_config("-c", file, *arguments, env=env)
        printed = Printed(text)
        shown = printed.values[key]
        assert shown == value or ",".join(shown) == value, text
        if value != default.values[key]:
            assert default.values[key] != shown
        assert printed.origins[key].startswith(origin), text
        assert "s3cret" not in text


def test_what_is_printed_can_be_loaded(tmp_path):
    values = {key: value[0] for key, value in VALUES.items()
              if not key.startswith(("sink.auth", "sink.tls")) and key not in ("source.format", "filter.publications")}
    first = print_config("-c", write(tmp_path, as_yaml(nested(values))))
    again = print_config("-c", write(tmp_path, first, "again.yaml"))
    assert Printed(again).values == Printed(first).values


def test_secrets_are_hidden_wherever_they_stand(tmp_path):
    file = write(tmp_path, "s3cret\n", "secret")
    text = print_config("--postgres", "postgresql://cdc:s3cret@db/app?sslpassword=s3cret",
                        env={"WALJET_SINK_URL": "nats://u:s3cret@a,nats://s3cret@b"})
    assert "postgresql://cdc:***@db/app?sslpassword=***" in text and "nats://u:***@a,nats://***@b" in text
    assert "s3cret" not in text
    text = print_config("--postgres", "host=db password='s3cret' user=cdc",
                        env={"WALJET_SINK_AUTH_TOKEN_FILE": file})
    assert "host=db password=*** user=cdc" in text
    assert f'token_file: "{file}"  # WALJET_SINK_AUTH_TOKEN_FILE' in text
    assert "s3cret" not in text


# ---- mistakes ----

# What the file holds, and the line behind `waljet: FILE:`.
MALFORMED = [
    ("sink: {strem: {name: app}}", "1:8: unknown key 'sink.strem', did you mean 'sink.stream'?"),
    ("sink:\n  stream:\n    nam: app\n", "3:5: unknown key 'sink.stream.nam', did you mean 'sink.stream.name'?"),
    ("Sink: {}", "1:1: unknown key 'Sink', did you mean 'sink'?"),
    ("sinks: {}", "1:1: unknown key 'sinks', did you mean 'sink'?"),
    ("nats: {}", "1:1: unknown key 'nats': known here are source, filter, sink, log"),
    ("source:\n  replicas: 3\n", "2:3: unknown key 'source.replicas', did you mean 'sink.stream.replicas'?"),
    ("sink: {max-pendng: 3}", "1:8: unknown key 'sink.max-pendng', did you mean 'sink.max_pending'?"),
    ("sink.url: nats://a", "1:1: unknown key 'sink.url': keys are nested, each part on a line of its own"),
    ("source:\n  slot: a\n  slot: b\n", "3:3: key 'slot' comes twice, first on line 2"),
    ("sink: nats", "1:7: sink: a map of type, url, url_file, "),
    ("- sink", "1:1: a map of source, filter, sink, log is wanted, not a list"),
    ("waljet", "1:1: a map of source, filter, sink, log is wanted, not a text"),
    ("source: {name: [app]}", "1:16: source.name: a text is wanted, not a list"),
    ("source: {uri: {host: db}}", "1:15: source.uri: a text is wanted, not a map"),
    ("sink: {stream: app}", "1:16: sink.stream: a map of name, create, "),
    ("sink: {max_pending: many}", "1:21: sink.max_pending: \"many\" is not a whole number from 1 to 65536"),
    ("sink: {max_pending: 0}", "1:21: sink.max_pending: \"0\" is not a whole number from 1 to 65536"),
    ("sink: {max_pending_bytes: 8MMiB}", "1:27: sink.max_pending_bytes: \"8MMiB\" is not a size from 1 to 1GiB"),
    ("sink: {confirm_delay: 20m}", "1:23: sink.confirm_delay: \"20m\" is not auto, or a duration such as 500ms"),
    ("sink: {stream: {max_age: 3 days}}", "1:26: sink.stream.max_age: \"3 days\" is not a duration"),
    ("sink: {stream: {replicas: 6}}", "1:27: sink.stream.replicas: \"6\" is not a whole number from 1 to 5"),
    ("sink: {fencing: strikt}", "1:17: sink.fencing: \"strikt\" is not one of strict, off, did you mean \"strict\"?"),
    ("log: {level: warn}", "1:14: log.level: \"warn\" is not one of trace, debug, info, warning, error, off, did you "
                           "mean \"warning\"?"),
    ("source: {format: debezum}", "1:18: source.format: \"debezum\" is not one of debezium, wal-listener, did you mean "
                                  "\"debezium\"?"),
    ("source: {slot: My-Slot}", "1:16: source.slot: \"My-Slot\" is not a slot name: up to 63 of a-z, 0-9 and _"),
    ("source: {uri: db.example.org s3cret}", "1:15: source.uri: missing \"***\" after \"***\""),
    ("source:\n  format: wal-listener\n  schemas: on\n", "3:12: source.schemas: applies to format debezium only"),
    ("sink: {stream: {create: maybe}}", "1:25: sink.stream.create: \"maybe\" is not one of true, false"),
    ("sink: {stream: {name: a.b}}", "1:23: sink.stream.name: \"a.b\" holds one of . * > / \\"),
    ("sink: {subject: \"{tabel}.x\"}", "1:17: sink.subject: \"{tabel}.x\" "),
    ("sink: {headers: [kye]}", "1:17: sink.headers: \"kye\" is not one of key, table, op, content-type, did you mean "
                               "\"key\"?"),
    ("sink: {auth: {user: u, token: s3cret}}", "1:31: sink.auth.token: rules out sink.auth.user: keep one way"),
    ("sink: {auth: {token: s3cret, token_file: /x}}",
     "1:30: sink.auth.token and sink.auth.token_file rule each other out"),
    ("sink: {auth: {token_file: /absent}}", "1:27: sink.auth.token_file: /absent: No such file or directory"),
    ("sink: {tls: {cert: /x}}", "1:20: sink.tls.cert: needs sink.tls.key"),
    ("filter: {operations: [insert, upsrt]}", "1:22: filter.operations: "),
    ("filter: {tables: [a.b.c]}", "1:19: filter.tables: \"a.b.c\" has an entry of more than two names"),
    ("filter:\n  tables:\n    users: [insert, delte]\n",
     "3:12: filter.tables.users.operations: \"delte\" is not one of insert, update, delete, truncate, did you mean "
     "\"delete\"?"),
    ("filter:\n  tables:\n    users: {colums: {mask: [a]}}\n",
     "3:13: unknown key 'filter.tables.users.colums', did you mean 'filter.tables.users.columns'?"),
    ("filter: {tables: {users: {columns: {hide: [a]}}}}",
     "1:37: unknown key 'filter.tables.users.columns.hide': known are include, exclude, mask, hash"),
    ("filter: {operations: [insert], tables: {users: [update]}}",
     "1:40: filter.tables: of the operations of table users filter.operations leaves none"),
    ("filter: {tables: {\"*\": , users: [insert]}}",
     "1:26: filter.tables.users: stands behind \"*\", which holds for all tables: put that last"),
    ("source:\n\tname: app\n", "2:1: a tab: indent with spaces"),
    ("source:\n  name: app\n slot: s\n", "3:2: does not belong to what is above"),
    ("source: {name: app", "1:19: a map above is never closed: } is missing"),
    ("source:\n  name: 'app\nsink: {url: nats://a}\n", "4:1: a quote above is never closed"),
    ("source: {messages: *}", "1:21: a text that begins with * needs quotes"),
    ("source:\n  uri: postgresql://a: b\n", "2:22: a key cannot stand here"),
    ("source: {name: !!str app}", "1:16: a tag, which is not taken"),
    ("a: &a [x, x, x, x, x, x, x, x]\n" + "".join(
        f"{after}: &{after} [{', '.join(8 * ['*' + before])}]\n" for before, after in zip("abcdefgh", "bcdefghi")),
     "5:8: more than 10000 nodes"),
    (b"source: {name: \xff}", "1:16: not UTF-8"),
    ("source: {name: \"\\0\"}", "1:16: a text that holds a NUL byte"),
    ("a: " + 20 * "[" + 20 * "]", "1:19: more than 16 levels"),
    (b"\xff\xfe" + "source: {}".encode("utf-16-le"), "1:1: not UTF-8"),
]


def check_mistake(done, line):
    assert done.returncode == 2, done.stdout
    assert done.stderr.startswith(line), done.stderr
    assert done.stderr.count("\n") == 1 and done.stderr.endswith("\n"), done.stderr
    assert done.stdout == ""
    assert "s3cret" not in done.stderr


@pytest.mark.parametrize("content, line", MALFORMED)
def test_a_malformed_file_is_one_line(tmp_path, content, line):
    file = write(tmp_path, content)
    check_mistake(waljet("run", "-c", file), f"waljet: {file}:{line}")


def test_there_are_enough_of_them():
    assert len(MALFORMED) >= 30


@pytest.mark.parametrize("arguments, env, line", [
    (["-c", "/absent.yaml"], {}, "/absent.yaml: No such file or directory"),
    (["-c", "/"], {}, "/: Is a directory"),
    (["--fencing", "of"], {}, "--fencing: \"of\" is not one of strict, off, did you mean \"off\"?"),
    (["--tables", "{users: [inser]}"], {}, "--tables: filter.tables.users.operations: \"inser\" is not one of"),
    ([], {"WALJET_FILTER_TABLES": "{users: [insert"}, "WALJET_FILTER_TABLES: a list above is never closed"),
    ([], {"WALJET_SINK_MAX_PENDING": "4k"}, "WALJET_SINK_MAX_PENDING: \"4k\" is not a whole number"),
    ([], {"WALJET_SOURCE_URI_FILE": "/absent"}, "WALJET_SOURCE_URI_FILE: /absent: No such file or directory"),
    ([], {"WALJET_SOURCE_URI": "host=a", "WALJET_SOURCE_URI_FILE": "/x"},
     "WALJET_SOURCE_URI_FILE: WALJET_SOURCE_URI is set, too"),
])
def test_mistakes_elsewhere_are_one_line(arguments, env, line):
    check_mistake(waljet("run", *arguments, env=env), f"waljet: {line}")


def test_nothing_is_enough(tmp_path):
    for content in ("", "# nothing\n", "---\n", "\ufeff", "source:\nsink: {}\n"):
        assert print_config("-c", write(tmp_path, content)) == print_config()


def test_a_file_that_may_not_be_read(tmp_path):
    file = write(tmp_path, "")
    file.chmod(0)
    for directory in [tmp_path, *tmp_path.parents[:-2]]:
        directory.chmod(0o755)
    done = subprocess.run(["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--", WALJET, "run", "-c", file],
                          capture_output=True, text=True, check=False, cwd="/", env=clean_environment())
    check_mistake(done, f"waljet: {file}: Permission denied")


def test_a_variable_that_names_nothing_is_told():
    done = waljet("run", "--print-config", env={"WALJET_SINK_FENCIN": "off", "WALJET_PORT": "tcp://10.0.0.1:9090"})
    assert done.returncode == 0
    assert done.stderr.count("\n") == 1
    assert "WALJET_SINK_FENCIN names no setting, did you mean WALJET_SINK_FENCING?" in done.stderr


# ---- what takes effect ----

@pytest.fixture
def start(servers, tmp_path):
    """start(configuration, *flags, **environment): `waljet run -c` of it, its log in a file."""
    def make(configuration, *flags, **env):
        text = configuration if isinstance(configuration, str) else as_yaml(configuration)
        number = len(list(tmp_path.glob("run*.yaml")))
        file = write(tmp_path, text, f"run{number}.yaml")
        process = Process([WALJET, "run", "-c", file, *flags], tmp_path / f"run{number}.log", env=clean_environment(**env))
        process.process = process
        process.remove = process.kill
        servers.append(process)
        return process.start()
    return make


def ready(process):
    process.wait_for_log("ready: publishing", 30)
    return process


def refused(process, *words):
    assert process.wait(30) == 1, process.log_tail()
    for word in words:
        assert word in process.log_text(), process.log_tail()


def first_event(nats, stream="app"):
    wait.until(lambda: nats.stream_messages(stream) > 0, 30)
    return nats.read_stream(stream)[0]


def test_the_example_works(postgres, nats, start):
    postgres.execute("create table users (id int primary key); create table sessions (id int primary key)")
    process = ready(start(EXAMPLE.read_text(), WALJET_SOURCE_URI=postgres.conninfo(), WALJET_SINK_URL=nats.url))
    postgres.execute("insert into sessions values (1); insert into users values (7)")
    event = first_event(nats)
    assert event.subject == "app.public.users.insert"
    assert event.headers["Waljet-Key"] == "7" and event.headers["Waljet-Op"] == "c"
    config = nats.stream_info("app")["config"]
    assert config["max_age"] == 7 * 24 * 3600 * 10**9 and config["storage"] == "file"
    assert postgres.slot("waljet_app")
    assert process.end(15)[0] == 0
    assert nats.stream_messages("app") == 1


def replication_command(postgres):
    """What START_REPLICATION was told last, as the server logs it."""
    line = [line for line in postgres.process.log_text().splitlines() if "START_REPLICATION SLOT" in line][-1]
    return dict(re.findall(r'"(\w+)" \'((?:[^\']|\'\')*)\'', line))


def test_settings_of_the_source_reach_the_plugin(make_postgres, nats, start):
    postgres = make_postgres(log_replication_commands="on")
    options = {"schemas": "on", "decimal": "string", "time": "isostring", "interval": "string", "binary": "hex",
               "hstore": "map", "unavailable_value": "gone", "partition_root": "on", "messages": ["a", "b"],
               "transactions": "on", "origin": "none", "batch_bytes": "2KiB"}
    expected = {**options, "messages": "a,b", "batch_bytes": "2048", "name": "shop", "subject": "{name}.{table}.{key}",
                "tables": "users,public.*", "exclude_tables": "x,y", "operations": "insert,update"}
    process = ready(start({
        "source": {**options, "uri": postgres.conninfo(), "name": "shop", "slot": "mine"},
        "filter": {"tables": {"users": ["update", "insert"], "public.*": ["update", "insert"]},
                   "exclude_tables": ["x", "y"]},
        "sink": {"url": [nats.url], "subject": "{name}.{table}.{key}", "oversize": "stub"}}))
    told = replication_command(postgres)
    assert told.pop("output") == "frames"
    assert 0 < int(told.pop("max_event_bytes")) < 1 << 20
    assert told == expected
    assert postgres.slot("mine")
    postgres.execute("create table users (id int primary key, n numeric); insert into users values (7, 1.5)")
    wait.until(lambda: nats.stream_messages("shop") == 3, 30)  # with the transaction's boundaries
    event = [message for message in nats.read_stream("shop") if message.subject == "shop.users.7"][0]
    assert json.loads(event.body)["payload"]["after"]["n"] == "1.5"
    assert process.end(15)[0] == 0


def test_the_format_and_the_pgwalstreams_filter(postgres, nats, start):
    ready(start({"source": {"uri": postgres.conninfo(), "name": "app", "format": "wal-listener"},
                 "sink": {"url": nats.url, "confirm_delay": "0s"}},
                WALJET_FILTER_TABLES="{users: [insert, update]}"))
    postgres.execute("create table users (id int primary key); create table other (id int primary key);"
                     "insert into users values (1); insert into other values (1); delete from users;"
                     "truncate users; update users set id = 2; insert into users values (3)")
    wait.until(lambda: nats.stream_messages("app") == 2, 30)
    assert [json.loads(message.body)["action"] for message in nats.read_stream("app")] == ["INSERT", "INSERT"]


def test_rules_reach_the_plugin_as_one_option(make_postgres, nats, start):
    """A plugin that does not know them refuses, and nothing starts."""
    known = "| `rules` |" in (ROOT / "docs/plugin-options.md").read_text()
    postgres = make_postgres(log_replication_commands="on")
    process = start({"source": {"uri": postgres.conninfo(), "name": "app"},
                     "filter": {"tables": {"users": ["insert"], "*": {"where": "id > 1"}}}, "sink": {"url": nats.url}})
    wait.until(lambda: "START_REPLICATION SLOT" in postgres.process.log_text(), 30)
    assert json.loads(replication_command(postgres)["rules"]) == [
        {"table": "users", "operations": ["insert"]}, {"table": "*", "where": "id > 1"}]
    if known:
        ready(process)
    else:
        assert process.wait(30) == 2 and '"rules"' in process.log_text()
        assert postgres.slot("waljet_app") is None


def test_settings_of_the_stream_and_of_publishing(postgres, nats, start):
    postgres.execute("create table t (id int primary key)")
    process = ready(start({
        "source": {"uri": postgres.conninfo(), "name": "app"},
        "sink": {"type": "nats", "url": nats.url, "msg_id": True, "confirm_delay": "0s", "max_pending": 17,
                 "max_pending_bytes": "1MiB", "headers": ["table", "content-type"],
                 "stream": {"name": "EVENTS", "storage": "memory", "replicas": 1, "max_age": "1h", "max_bytes": "8M"}}}))
    postgres.execute("insert into t values (1)")
    event = first_event(nats, "EVENTS")
    config = nats.stream_info("EVENTS")["config"]
    assert (config["storage"], config["num_replicas"], config["max_age"], config["max_bytes"]) == (
        "memory", 1, 3600 * 10**9, 8 << 20)
    assert event.headers["Waljet-Table"] == "public.t" and event.headers["Content-Type"] == "application/json"
    assert event.headers["Nats-Msg-Id"] == event.headers["Waljet-Id"]
    assert "Nats-Expected-Last-Sequence" in event.headers
    assert "Waljet-Key" not in event.headers and "Waljet-Op" not in event.headers
    wait.until(lambda: (read_record(nats, "app") or {}).get("max_pending") == 17, 30)
    assert read_record(nats, "app")["max_pending_bytes"] == 1 << 20
    end = postgres.wal_lsn()
    wait.until(lambda: postgres.slot("waljet_app")["confirmed_flush_lsn"] >= end, 30, message=lsn_text(end))
    assert process.end(15)[0] == 0


def test_fencing_off_and_a_delay_before_confirming(postgres, nats, start):
    postgres.execute("create table t (id int primary key)")
    ready(start({"source": {"uri": postgres.conninfo(), "name": "app"}, "sink": {"url": nats.url, "confirm_delay": "1m"}},
                "--fencing", "off"))
    before = postgres.wal_lsn()
    postgres.execute("insert into t values (1)")
    event = first_event(nats)
    assert "Nats-Expected-Last-Sequence" not in event.headers and "Nats-Msg-Id" in event.headers
    wait.always(lambda: postgres.slot("waljet_app")["confirmed_flush_lsn"] <= before, 2)


def test_replicas(postgres, make_cluster, start):
    cluster = make_cluster()
    ready(start({"source": {"uri": postgres.conninfo(), "name": "app"},
                 "sink": {"url": cluster.url.split(","), "stream": {"replicas": 3}}}))
    assert cluster.nodes[0].stream_info("app")["config"]["num_replicas"] == 3


def test_a_stream_that_shall_not_be_created(postgres, nats, start):
    configuration = {"source": {"uri": postgres.conninfo(), "name": "app"},
                     "sink": {"url": nats.url, "stream": {"create": False}}}
    refused(start(configuration), "there is no stream app", "sink.stream.create is false")
    assert nats.stream_info("app") is None and postgres.slot("waljet_app") is None
    nats.stream_create("app", ["app.>"])
    ready(start(configuration))


def test_the_log_as_json_and_its_level(postgres, nats, start):
    source = {"source": {"uri": postgres.conninfo(), "name": "app"}, "sink": {"url": nats.url}}
    process = ready(start({**source, "log": {"format": "json"}}))
    assert process.end(15)[0] == 0
    lines = [json.loads(line) for line in process.log_text().splitlines()]
    assert all(set(line) == {"time", "level", "message"} for line in lines)
    assert [line for line in lines if line["level"] == "info" and line["message"].startswith("ready: publishing app")]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"]) for line in lines)
    before = nats.stream_messages("app")
    process = start({**source, "log": {"level": "error"}})
    postgres.execute("create table t (id int primary key); insert into t values (1)")
    wait.until(lambda: nats.stream_messages("app") == before + 1, 30)
    assert process.end(15)[0] == 0
    assert process.log_text() == ""


def test_commands_beside_run_take_the_file(postgres, nats, start, tmp_path):
    configuration = {"source": {"uri": postgres.conninfo(), "name": "app", "slot": "mine"},
                     "sink": {"url": nats.url, "stream": {"name": "EVENTS"}, "fencing": "strict"}}
    file = write(tmp_path, as_yaml(configuration), "all.yaml")
    assert waljet("slot", "create", "-c", file).returncode == 0
    assert postgres.slot("mine")
    process = ready(start(configuration))
    postgres.execute("create table t (id int primary key); insert into t values (1)")
    done = waljet("tail", "-c", file, "--from", "1", "--count", "1")
    assert json.loads(done.stdout)["after"] == {"id": 1}, done.stderr
    assert process.end(15)[0] == 0
    assert waljet("slot", "drop", "-c", file).returncode == 0
    assert postgres.slot("mine") is None
    bad = write(tmp_path, "sink: {strem: {}}", "bad.yaml")
    for command in (["slot", "create"], ["slot", "drop"], ["tail"]):
        check_mistake(waljet(*command, "-c", bad), f"waljet: {bad}:1:8: unknown key")


# ---- secrets, logins, TLS ----

def test_secrets_from_files_and_none_in_the_process_title(postgres, make_nats, servers, tmp_path):
    nats = make_nats('authorization { user: "u", password: "s3cret" }', login={"user": "u", "pass": "s3cret"})
    url = f"nats://u:s3cret@127.0.0.1:{nats.port}"
    env = {"WALJET_SINK_URL_FILE": str(write(tmp_path, url + "\n", "url")), "WALJET_SOURCE_NAME": "app"}
    flags = ["--postgres", postgres.uri(), "--nats=" + url]
    for arguments, more in ((flags, {}), ([], {**env, "WALJET_SOURCE_URI_FILE": write(tmp_path, postgres.uri(), "uri")})):
        process = Process([WALJET, "run", "--name", "app", *arguments], tmp_path / "waljet.log",
                          env=clean_environment(**{name: str(value) for name, value in more.items()}))
        process.process = process
        process.remove = process.kill
        servers.append(process)
        process.start().wait_for_log("ready: publishing", 30)
        with open(f"/proc/{process.pid}/cmdline", "rb") as title:
            words = title.read().decode()
        assert "s3cret" not in words and postgres.password not in words
        if arguments:
            assert "nats://u:***@127.0.0.1" in words and "--name\0app\0" in words
        assert process.end(15)[0] == 0
        assert "s3cret" not in process.log_text() and postgres.password not in process.log_text()
        process.log.unlink()


def publishes(postgres, nats, start, auth, tls=None):
    """Runs with this login, and reads an event back by `tail` with the same."""
    sink = {"url": nats.url, "auth": auth, **({"tls": tls} if tls else {})}
    configuration = {"source": {"uri": postgres.conninfo(), "name": "app"}, "sink": sink}
    process = ready(start(configuration))
    postgres.execute("create table if not exists t (id serial primary key); insert into t default values")
    done = waljet("tail", "-c", process.command[-1], "--from", "1", "--count", "1")
    assert json.loads(done.stdout)["op"] == "c", done.stderr
    assert process.end(15)[0] == 0
    return process.log_text()


def fails(postgres, nats, start, auth, *words, tls=None):
    sink = {"url": nats.url, "auth": auth, **({"tls": tls} if tls else {})}
    process = start({"source": {"uri": postgres.conninfo(), "name": "app"}, "sink": sink})
    refused(process, *words)
    assert "wr0ng" not in process.log_text()


def test_user_and_password(postgres, make_nats, start, tmp_path):
    nats = make_nats('authorization { user: "u", password: "s3cret" }', login={"user": "u", "pass": "s3cret"})
    password = write(tmp_path, "s3cret\n", "password")
    assert "s3cret" not in publishes(postgres, nats, start, {"user": "u", "password_file": str(password)})
    password.write_text("wr0ng")
    fails(postgres, nats, start, {"user": "u", "password_file": str(password)}, "uthorization", "sink.auth")


def test_token(postgres, make_nats, start, tmp_path):
    nats = make_nats('authorization { token: "s3cret" }', login={"auth_token": "s3cret"})
    token = write(tmp_path, "s3cret", "token")
    assert "s3cret" not in publishes(postgres, nats, start, {"token_file": str(token)})
    fails(postgres, nats, start, {"token": "wr0ng"}, "uthorization")


def test_nkey(postgres, make_nats, start, tmp_path):
    user, stranger = KeyPair("U", tmp_path), KeyPair("U", tmp_path)
    nats = make_nats(f'authorization {{ users: [{{nkey: {user.public}}}, {{user: "u", password: "p"}}] }}',
                     login={"user": "u", "pass": "p"})
    seed = write(tmp_path, user.seed + "\n", "seed")
    assert user.seed not in publishes(postgres, nats, start, {"nkey_file": str(seed)})
    seed.write_text(stranger.seed)
    fails(postgres, nats, start, {"nkey_file": str(seed)}, "uthorization")


def test_credentials(postgres, make_nats, start, tmp_path):
    operator, other = OperatorSetup(tmp_path), OperatorSetup(tmp_path)
    nats = make_nats(operator.config)
    credentials = write(tmp_path, operator.credentials, "creds")
    publishes(postgres, nats, start, {"creds_file": str(credentials)})
    credentials.write_text(other.credentials)
    fails(postgres, nats, start, {"creds_file": str(credentials)}, "uthorization")


def test_tls(postgres, make_nats, start, certificates, tmp_path):
    context = ssl.create_default_context(cafile=certificates.ca)
    context.load_cert_chain(certificates["client.pem"], certificates["client.key"])
    nats = make_nats(f"""tls {{ cert_file: "{certificates['server.pem']}", key_file: "{certificates['server.key']}",
                                ca_file: "{certificates.ca}", verify: true }}
                         authorization {{ user: "u", password: "s3cret" }}""",
                     login={"user": "u", "pass": "s3cret"}, tls=context)
    auth = {"user": "u", "password": "s3cret"}
    ours = {"ca": str(certificates.ca), "cert": str(certificates["client.pem"]), "key": str(certificates["client.key"])}
    publishes(postgres, nats, start, auth, ours)
    fails(postgres, nats, start, auth, "certificate", tls={**ours, "ca": str(_other_ca(tmp_path))})
    fails(postgres, nats, start, auth, "certificate", "sink.tls", tls={"ca": str(write(tmp_path, "none", "no.pem"))})
    process = start({"source": {"uri": postgres.conninfo(), "name": "app"},
                     "sink": {"url": nats.url.replace("nats:", "tls:"), "auth": auth, "tls": {**ours, "ca": None}}})
    refused(process, "certificate")


def _other_ca(directory):
    other = directory / "other"
    other.mkdir()
    return Certificates(other).ca


def test_tls_is_not_done_without(postgres, nats, start):
    """A URL of tls:// never goes on in clear."""
    process = start({"source": {"uri": postgres.conninfo(), "name": "app"},
                     "sink": {"url": nats.url.replace("nats:", "tls:")}})
    refused(process, "cannot connect to NATS at tls://")
