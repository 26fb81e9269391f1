"""Another configuration while waljet runs: each transaction is judged by one filter, and none is lost."""

import base64
import itertools
import json
import os
import re
import signal
import threading
from collections import Counter

import pytest
import yaml

from harness import verify, wait
from harness.groups import bodies_of
from harness.pipeline import PATIENCE
from harness.postgres import server_version
from harness.sampler import Sampler

SECRET = "s3cr3t"
ONE = {"tables": ["public.a"]}
BOTH = {"tables": ["public.a", "public.b"]}
MASKED = {"tables": {"a": {"columns": {"mask": ["secret"]}}, "b": {"columns": {"mask": ["secret"]}}}}
INSERTS = {"tables": ["public.a", "public.b"], "operations": ["insert"]}
FILTERS = [ONE, BOTH, MASKED, INSERTS]


def text_of(filter, **sections):
    return yaml.safe_dump({"filter": filter, **sections}, sort_keys=False)


class Reloading:
    """A source with the tables a and b, a streamer with a configuration file, and what is in its stream."""

    def __init__(self, directory, make_streamer, postgres, nats, *arguments, filter=ONE, file=None, link=None, **sections):
        self.postgres = postgres
        self.nats = nats
        self.file = file or directory / "waljet.yaml"
        if file is None:
            self.put(filter, **sections)
        postgres.execute("""create table if not exists a (id int, row int, secret text, primary key (id, row));
                            create table if not exists b (like a including all)""")
        self.streamer = make_streamer(link or postgres, nats, "-c", self.file, *arguments).start()
        self.streamer.wait_for_log("ready: publishing", PATIENCE)
        self.pid = self.streamer.pid
        self.last = 0

    def put(self, filter, **sections):
        """Another file takes the place of this one."""
        self.put_text(text_of(filter, **sections))

    def put_text(self, text):
        new = self.file.with_name("new.yaml")
        new.write_text(text)
        new.rename(self.file)

    def hang_up(self):
        os.kill(self.streamer.pid, signal.SIGHUP)

    def in_use(self, version):
        """Waits until replication runs with the filter of this version."""
        self.streamer.wait_for_log(rf"replicating from .* filter version {version} \(", PATIENCE)

    def log(self, pattern):
        return self.streamer.process.log_lines(pattern)

    def walsender(self):
        return self.postgres.slot("waljet_app")["active_pid"]

    def write(self, rows=2, update=True):
        """One transaction: rows in both tables, the first ones updated; returns its id."""
        self.last += 1
        with self.postgres.connect(autocommit=False) as connection, connection.cursor() as cursor:
            cursor.execute("""insert into a select %(id)s, n, %(secret)s from generate_series(1, %(rows)s) n;
                              insert into b select %(id)s, n, %(secret)s from generate_series(1, %(rows)s) n""",
                           {"id": self.last, "rows": rows, "secret": SECRET})
            if update:
                cursor.execute("update a set secret = secret where id = %s and row = 1", (self.last,))
        connection.close()
        return self.last

    def written_to_a(self):
        return dict(self.postgres.execute("select id, count(*) from a group by id"))

    def events(self):
        return [json.loads(body) for body in bodies_of(self.nats.read_stream("app"))]

    def newest(self):
        """Transaction and row of the last insert into table a that is stored, as shown there."""
        answer = self.nats.js_api("STREAM.MSG.GET.app", {"last_by_subj": "app.public.a.insert"}, check=False)
        if "message" not in answer:
            return {"id": 0, "row": 0}
        return json.loads(base64.b64decode(answer["message"]["data"]).splitlines()[-1])["after"]

    def stored(self, identity):
        """Waits until the transaction is stored as far as the inserts into table a are concerned."""
        rows = self.written_to_a()[identity]
        wait.until(lambda: (self.newest()["id"], self.newest()["row"]) >= (identity, rows), PATIENCE, interval=0.05,
                   message=self.streamer.process.log_tail)

    def shown(self):
        """What is stored of each transaction, in the order of the stream: {id: Counter of (table, op, secret)}."""
        shown = {}
        for event in self.events():
            seen = shown.setdefault(event["after"]["id"], Counter())
            seen[event["source"]["table"], event["op"], event["after"]["secret"]] += 1
        return shown

    def check(self, allowed, stop=True):
        """Every transaction is there, in order, once, and whole under one of the filters; returns which, in order."""
        if stop:
            self.stored(self.last)
            assert self.streamer.alive() and self.streamer.pid == self.pid
            assert self.streamer.terminate() == 0
        rows = self.written_to_a()
        shown = self.shown()
        assert list(shown) == sorted(rows), "a transaction is missing, or out of order"
        judged = []
        for identity, seen in shown.items():
            fitting = [name for name, filter in allowed.items() if seen == expected(filter, rows[identity])]
            assert len(fitting) == 1, f"transaction {identity} of {rows[identity]} rows is split: {seen}"
            judged += fitting
        places = [verify.parse_id(message.headers["Waljet-Id"]) for message in self.nats.read_stream("app")]
        positions = [(place["lsn"], place["ordinal"], place["part"]) for place in places]
        assert all(before < after for before, after in itertools.pairwise(positions)), "a position steps back"
        return judged


def expected(filter, rows):
    """What is stored of a transaction that write() made."""
    secret = "****" if filter is MASKED else SECRET
    seen = Counter({("a", "c", secret): rows})
    if filter is not ONE:
        seen["b", "c", secret] = rows
    if filter is not INSERTS:
        seen["a", "u", secret] = 1
    return seen


@pytest.fixture
def reloading(tmp_path, make_streamer, postgres, nats):
    def make(*arguments, **options):
        return Reloading(tmp_path, make_streamer, postgres, nats, *arguments, **options)
    return make


@pytest.fixture
def through_link(reloading, postgres, make_proxy):
    """The same, and a link to PostgreSQL in between."""
    def make(*arguments, **options):
        link = make_proxy(postgres)
        uri = postgres.uri().replace(f":{postgres.port}/", f":{link.port}/")
        return reloading(*arguments, link=uri, **options), link
    return make


# ---- what makes it read again ----

def test_file_is_replaced(reloading):
    """Another file is renamed over this one: the same process publishes what the new filter lets pass."""
    source = reloading()
    first = source.write()
    source.stored(first)
    source.put(BOTH)
    source.in_use(2)
    second = source.write()
    assert source.check({"one": ONE, "both": BOTH}) == ["one", "both"], second


def test_file_is_written(reloading):
    """The file is written in its place; before its writer has closed it, nothing is read."""
    source = reloading()
    with open(source.file, "w", encoding="utf-8") as file:
        file.write("filter:\n")
        file.flush()
        source.stored(source.write())
        file.write("  tables: [public.a, public.b]\n")
    source.in_use(2)
    source.write()
    assert source.check({"one": ONE, "both": BOTH}) == ["one", "both"]


def test_symbolic_links_are_swapped(tmp_path, make_streamer, postgres, nats):
    """As Kubernetes updates a ConfigMap: `..data` is replaced by a link to another directory."""
    def publish(number, filter):
        directory = tmp_path / f"..{number}"
        directory.mkdir()
        (directory / "waljet.yaml").write_text(text_of(filter))
        (tmp_path / "..data_tmp").symlink_to(directory.name)
        (tmp_path / "..data_tmp").rename(tmp_path / "..data")
        if number > 1:
            (tmp_path / f"..{number - 1}" / "waljet.yaml").unlink()
            (tmp_path / f"..{number - 1}").rmdir()
    publish(1, ONE)
    (tmp_path / "waljet.yaml").symlink_to("..data/waljet.yaml")
    source = Reloading(tmp_path, make_streamer, postgres, nats, file=tmp_path / "waljet.yaml")
    source.stored(source.write())
    for number, filter in ((2, BOTH), (3, INSERTS), (4, MASKED)):
        publish(number, filter)
        source.in_use(number)
        source.stored(source.write())
    allowed = {"one": ONE, "both": BOTH, "inserts": INSERTS, "masked": MASKED}
    assert source.check(allowed) == ["one", "both", "inserts", "masked"]


def test_hang_up(tmp_path, reloading):
    """SIGHUP reads a file whose change was not seen: its directory was replaced."""
    directory = tmp_path / "etc"
    directory.mkdir()
    (directory / "waljet.yaml").write_text(text_of(ONE))
    source = reloading(file=directory / "waljet.yaml")
    source.stored(source.write())
    (tmp_path / "new").mkdir()
    (tmp_path / "new/waljet.yaml").write_text(text_of(BOTH))
    directory.rename(tmp_path / "old")
    (tmp_path / "new").rename(directory)
    source.hang_up()
    source.in_use(2)
    source.write()
    assert source.check({"one": ONE, "both": BOTH}) == ["one", "both"]


def test_hang_up_without_a_file(make_streamer, postgres, nats):
    streamer = make_streamer(postgres, nats).start()
    streamer.wait_for_log("ready: publishing", PATIENCE)
    os.kill(streamer.pid, signal.SIGHUP)
    streamer.wait_for_log("SIGHUP: there is no configuration file")
    assert streamer.terminate() == 0


def test_nothing_that_counts_has_changed(reloading):
    """The replication connection stays where the filter is the same, however it is written."""
    source = reloading()
    walsender = source.walsender()
    source.hang_up()
    source.streamer.wait_for_log("configuration read again: the filter is the same")
    source.put_text("# the same\nfilter: {tables: public.a}\n")
    source.hang_up()
    source.streamer.wait_for_log("configuration read again: the filter is the same", count=2)
    source.stored(source.write())
    assert source.walsender() == walsender
    assert not source.log("filter version 2")


# ---- what is wrong ----

@pytest.mark.parametrize("text, place", [
    ("filter: {tables: [a}\n", r"waljet.yaml:1:\d+: "),
    ("filter: {tabels: [a]}\n", r"waljet.yaml:1:10: .*did you mean 'filter.tables'"),
    ("filter: {tables: {a: [insert, delte]}}\n", r"waljet.yaml:1:\d+: .*\"delte\""),
    ("\n", "is empty"),
], ids=["not YAML", "unknown key", "unknown operation", "empty"])
def test_invalid_file(reloading, text, place):
    """The filter before stays, a line says what is wrong and where; what mends it takes effect."""
    source = reloading()
    walsender = source.walsender()
    source.put_text(text)
    line = source.streamer.wait_for_log("configuration not taken, filter version 1")[0]
    assert re.search(place, line), line
    source.stored(source.write())
    assert source.walsender() == walsender
    source.put(BOTH)
    source.in_use(2)
    source.write()
    assert source.check({"one": ONE, "both": BOTH}) == ["one", "both"]


@pytest.mark.parametrize("filter, words", [
    ({"publications": "nowhere"}, "nowhere" if server_version() >= 15 else "needs PostgreSQL 15"),
    ({"tables": {"a": {"columns": {"exclude": ["id"]}}}}, "id"),
], ids=["no such publication", "a key left out"])
def test_filter_that_the_server_refuses(reloading, filter, words):
    """The old filter goes on, and the next one is tried."""
    source = reloading()
    source.put(filter)
    line = source.streamer.wait_for_log("the server refuses filter version 2", PATIENCE)[0]
    assert words in line.split("refuses")[1], line
    source.in_use(1)
    source.stored(source.write())
    source.put(BOTH)
    source.in_use(3)
    source.write()
    assert source.check({"one": ONE, "both": BOTH}) == ["one", "both"]


def test_what_needs_a_restart(reloading):
    """One line names it; the filter takes effect all the same."""
    source = reloading(sink={"max_pending": 100})
    source.stored(source.write())
    source.put(BOTH, sink={"max_pending": 200, "subject": "{name}.x.{table}"}, source={"format": "wal-listener"})
    source.in_use(2)
    source.write()
    lines = source.log("takes effect at the next start")
    assert len(lines) == 1
    assert all(key in lines[0] for key in ("source.format", "sink.max_pending", "sink.subject")), lines
    assert "filter" not in lines[0] and "sink.url" not in lines[0], lines
    assert source.check({"one": ONE, "both": BOTH}) == ["one", "both"]


def test_log_takes_effect_at_once(reloading):
    source = reloading()
    walsender = source.walsender()
    source.put(ONE, log={"format": "json"})
    source.hang_up()
    line = source.streamer.wait_for_log("the filter is the same")[0]
    assert json.loads(line)["level"] == "info"
    source.put(ONE, log={"level": "error"})
    source.hang_up()
    source.stored(source.write())
    source.put_text("filter: {tabels: a}\n")
    source.streamer.wait_for_log("configuration not taken")
    assert len(source.log("the filter is the same")) == 1
    assert source.walsender() == walsender


# ---- each transaction under one filter ----

class Writing:
    """Transactions of all sizes, one after another, while the block runs."""

    SIZES = (1, 3, 400, 2, 2000, 1, 60)

    def __init__(self, source):
        self.source = source
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()

    def _run(self):
        for rows in itertools.cycle(self.SIZES):
            if self.ended.is_set():
                return
            self.source.write(rows)


def changes(judged):
    """The filters in order, each where it begins."""
    return [name for name, _ in itertools.groupby(judged)]


ALLOWED = {"one": ONE, "both": BOTH, "masked": MASKED, "inserts": INSERTS}


@pytest.mark.parametrize("arguments", [
    (), ("--confirm-delay", "15m"), ("--grouping", "run"), ("--max-pending", "7", "--confirm-delay", "15m"), ("--fencing", "off")],
    ids=["confirmed at once", "confirmed late", "grouped", "small window", "fencing off"])
def test_under_load(reloading, arguments):
    """Filters come and go while transactions of up to thousands of rows run: each of them is whole under one."""
    source = reloading(*arguments)
    order = ["both", "one", "masked", "inserts", "both"]
    with Writing(source):
        for version, name in enumerate(order, 2):
            begin = source.nats.stream_info("app")["state"]["last_seq"]
            wait.until(lambda: source.nats.stream_info("app")["state"]["last_seq"] > begin + 20, PATIENCE)
            source.put(ALLOWED[name])
            source.in_use(version)
    source.write()
    assert changes(source.check(ALLOWED)) == ["one", *order]


def test_twice_quickly(reloading):
    """Of several files in a row the last one counts in the end."""
    source = reloading()
    with Writing(source):
        for filter in (BOTH, MASKED, INSERTS, MASKED):
            source.put(filter)
        source.hang_up()
        wait.until(lambda: source.newest().get("secret") == "****", PATIENCE, message=source.streamer.process.log_tail)
    assert changes(source.check(ALLOWED))[-1] == "masked"


# ---- trouble in the meantime ----

@pytest.mark.parametrize("postgres_too", [False, True], ids=["", "and PostgreSQL ends the connection"])
def test_while_nats_is_away(through_link, postgres_too):
    """The reload waits, and says so; what was begun under the old filter is finished under it."""
    source, link = through_link("--confirm-delay", "15m")
    with Writing(source):
        wait.until(lambda: source.nats.stream_info("app")["state"]["last_seq"] > 500, PATIENCE)
        source.nats.kill()
        source.put(BOTH)
        source.streamer.wait_for_log("filter version 2 .* waits until NATS has stored", PATIENCE)
        if postgres_too:
            link.cut()
            source.streamer.wait_for_log("replicating from .* filter version 1", PATIENCE, count=2)
        source.nats.start()
        source.in_use(2)
    source.write()
    assert changes(source.check(ALLOWED)) == ["one", "both"]


def test_killed_after_a_reload(reloading):
    """What the slot sends again after a crash was judged by the filter before: nothing of it is added."""
    source = reloading("--confirm-delay", "15m")
    with Writing(source):
        wait.until(lambda: source.nats.stream_info("app")["state"]["last_seq"] > 500, PATIENCE)
        source.put(BOTH)
        source.in_use(2)
        source.streamer.kill()
        source.streamer.start()
        source.streamer.wait_for_log("ready: publishing", PATIENCE, count=2)
    source.pid = source.streamer.pid
    source.write()
    assert changes(source.check(ALLOWED)) == ["one", "both"]


def test_what_is_confirmed_never_steps_back(reloading):
    """Slot and stream only move on, and the slot follows the idle database after a reload."""
    source = reloading()
    with Sampler(lambda: source.postgres.slot("waljet_app")["confirmed_flush_lsn"], 0.05) as sampler:
        with Writing(source):
            for version, filter in enumerate((BOTH, INSERTS, MASKED), 2):
                source.put(filter)
                source.in_use(version)
                begin = len(set(sampler.values))
                wait.until(lambda: len(set(sampler.values)) > begin, PATIENCE)
        source.stored(source.write())
        end = source.postgres.wal_lsn()
        wait.until(lambda: source.postgres.slot("waljet_app")["confirmed_flush_lsn"] >= end, PATIENCE)
    assert sampler.values == sorted(sampler.values) and len(set(sampler.values)) > 2
    source.check(ALLOWED)
