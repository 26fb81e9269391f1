"""The tutorial of pgwalstreams replayed, and what it promises: the rows of its table of promises, by their numbers."""

import json
import re
import threading
import uuid

import pytest
import yaml

from harness import wait
from harness.pipeline import PATIENCE
from harness.postgres import server_version
from harness.streamer import waljet

INIT = """
    create table if not exists users (
        id uuid primary key default gen_random_uuid(), created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(), name text not null, email text not null unique);
    insert into users (name, email) values ('Ada', 'ada@example.com'), ('Blaise', 'blaise@example.com'),
                                           ('Charles', 'charles@example.com'), ('Dorothy', 'dorothy@example.com')
        on conflict (email) do update set updated_at = now(), name = excluded.name;
"""
NAMES = ["Ada", "Blaise", "Charles", "Dorothy"]
FILTER = {"tables": {"users": ["insert", "update"]}}

publications = pytest.mark.skipif(server_version() < 15, reason="row filters and column lists came with 15")


class Tutorial:
    """Stream `db` on `db.>` with a durable consumer on `db.public.users.>`, and waljet in the place of pgwalstreams."""

    def __init__(self, directory, make_streamer, postgres, nats, filter=FILTER, ready=True):
        self.postgres = postgres
        self.nats = nats
        self.file = directory / "waljet.yaml"
        self.write_filter(filter)
        self.client = nats.client()
        self.client.stream_create("db", ["db.>"])
        self.client.js_api("CONSUMER.DURABLE.CREATE.db.users", {"stream_name": "db", "config": {
            "durable_name": "users", "filter_subject": "db.public.users.>", "deliver_policy": "all",
            "ack_policy": "explicit", "max_deliver": 20, "ack_wait": 2_000_000_000}})
        self.streamer = make_streamer(postgres, nats, "-c", self.file, "--format", "wal-listener", name="db")
        if ready:
            self.streamer.start().wait_for_log("ready: publishing", PATIENCE)

    def write_filter(self, filter):
        new = self.file.with_name("new.yaml")
        new.write_text(yaml.safe_dump({"filter": filter}, sort_keys=False))
        new.rename(self.file)

    def pull(self, acknowledge=True, timeout=PATIENCE):
        """The consumer's next message; None where there is none within the time."""
        sid = self.client.subscribe("pull")
        request = {"batch": 1, "expires": int(timeout * 1e9)}
        self.client.publish("$JS.API.CONSUMER.MSG.NEXT.db.users", json.dumps(request), reply="pull")
        message = self.client.next(sid, timeout + 5)
        self.client.unsubscribe(sid)
        if not message.reply:
            return None
        if acknowledge:
            self.client.publish(message.reply, "+ACK")
            self.client.ping()
        return message

    def messages(self):
        return self.nats.read_stream("db")

    def events(self):
        return [json.loads(message.body) for message in self.messages()]

    def confirmed(self):
        """Waits until all that is committed is stored and confirmed."""
        end = self.postgres.wal_lsn()
        wait.until(lambda: self.postgres.slot("waljet_db")["confirmed_flush_lsn"] >= end, PATIENCE, interval=0.1,
                   message=self.streamer.process.log_tail)


@pytest.fixture
def tutorial(tmp_path, make_streamer, postgres, nats):
    made = []

    def make(**options):
        made.append(Tutorial(tmp_path, make_streamer, postgres, nats, **options))
        return made[-1]
    yield make
    for one in made:
        one.client.close()


def insert(postgres, *names):
    for name in names:
        postgres.execute("insert into users (name, email) values (%s, %s)", (name, f"{name}@example.com"))


def test_p1_events_belong_to_the_transaction(tutorial, postgres):
    """What is rolled back, whole or to a savepoint, is in no event; the rest is in commit order, statement order inside."""
    postgres.psql(INIT)
    source = tutorial()
    committed = []
    with postgres.connect(autocommit=False) as connection, connection.cursor() as cursor:
        for number in range(60):
            def write(label, kept):
                cursor.execute("insert into users (name, email) values (%s, %s)", (label, label))
                if kept and number % 3:
                    committed.append(label)
            write(f"{number}.first", True)
            cursor.execute("savepoint s")
            write(f"{number}.undone", number % 2 == 0)
            cursor.execute("rollback to s" if number % 2 else "release s")
            write(f"{number}.last", True)
            (connection.commit if number % 3 else connection.rollback)()
    connection.close()
    source.confirmed()
    assert [event["data"]["name"] for event in source.events()] == committed


def test_p2_whatever_fails_each_row_arrives(tutorial, postgres, nats):
    """waljet and NATS are killed in mid-load: every committed row is in the stream, once, in order."""
    postgres.psql(INIT)
    source = tutorial()
    names = [f"n{number:04}" for number in range(600)]
    load = threading.Thread(target=insert, args=(postgres, *names))
    load.start()
    for _ in range(3):
        begin = nats.stream_messages("db")
        wait.until(lambda: nats.stream_messages("db") > begin + 20 or not load.is_alive(), PATIENCE)
        source.streamer.kill()
        source.streamer.start()
        nats.kill()
        nats.start()
    load.join()
    source.streamer.wait_for_log("ready: publishing", PATIENCE, count=1)
    source.confirmed()
    assert [event["data"]["name"] for event in source.events()] == names


@publications
def test_p3_publications_say_the_same(tutorial, postgres):
    """waljet reads by its own plugin; a publication that would be pgoutput's filter is its filter as well."""
    postgres.psql(INIT)
    postgres.psql("create publication pgwalstreams for table users with (publish = 'insert, update')")
    source = tutorial(filter={"publications": "pgwalstreams"})
    postgres.psql("create table other (id int primary key); insert into other values (1)")
    insert(postgres, "Emmy")
    postgres.psql("update users set name = 'E' where name = 'Emmy'; delete from users where name = 'E'")
    source.confirmed()
    assert [(event["table"], event["action"], event["data"]["name"]) for event in source.events()] == [
        ("users", "INSERT", "Emmy"), ("users", "UPDATE", "E")]


def test_p4_the_structure_of_an_event(tutorial, postgres):
    """{id, schema, table, action, data, commitTime}, as wal-listener 2.11 has it: with dataOld."""
    postgres.psql("alter system set track_commit_timestamp = on")
    postgres.restart()
    postgres.psql(INIT)
    source = tutorial()
    insert(postgres, "Emmy")
    postgres.psql("update users set name = 'E' where name = 'Emmy'")
    source.confirmed()
    times = [time for time, in postgres.execute("select to_char(timestamp at time zone 'UTC', "
                                                "'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') from pg_last_committed_xact()")]
    messages = source.messages()
    events = [json.loads(message.body) for message in messages]
    for event in events:
        assert list(event) == ["id", "schema", "table", "action", "data", "dataOld", "commitTime"]
        assert str(uuid.UUID(event["id"])) == event["id"]
        assert (event["schema"], event["table"]) == ("public", "users")
        assert list(event["data"]) == ["id", "created_at", "updated_at", "name", "email"]
    assert [event["action"] for event in events] == ["INSERT", "UPDATE"]
    assert events[1]["commitTime"] == times[0]
    assert len({event["id"] for event in events}) == 2


def test_p5_subjects(tutorial, postgres):
    """prefix.schema.table.action; consumers choose by it, whatever the names."""
    postgres.psql(INIT)
    postgres.psql('create table "odd.Name é" (id int primary key)')
    source = tutorial(filter={"operations": ["insert", "update", "delete"]})
    insert(postgres, "Emmy")
    postgres.psql("""update users set name = 'E' where name = 'Emmy'; delete from users where name = 'E';
                     insert into "odd.Name é" values (1)""")
    source.confirmed()
    subjects = [message.subject for message in source.messages()]
    assert subjects[:3] == ["db.public.users.insert", "db.public.users.update", "db.public.users.delete"]
    odd = subjects[3].split(".")
    assert len(subjects) == 4 and len(odd) == 4 and (odd[:2], odd[3]) == (["db", "public"], "insert")
    assert not set(odd[2]) & set(" .*>")
    assert [source.pull().subject for _ in range(3)] == subjects[:3]
    assert source.pull(timeout=0.5) is None


def test_p6_filter(tutorial, postgres):
    """`users: [insert, update]`: of a mixed load nothing else, and all of that."""
    postgres.psql(INIT)
    postgres.psql("create table others (id int primary key, n int)")
    source = tutorial()
    for number in range(20):
        insert(postgres, f"n{number}")
        postgres.psql(f"""update users set name = 'changed' where name = 'n{number}';
                          insert into others values ({number}, 0); update others set n = 1; delete from others""")
    postgres.psql("delete from users where name = 'changed'; truncate users, others")
    source.confirmed()
    assert [message.subject for message in source.messages()] == 20 * ["db.public.users.insert", "db.public.users.update"]


def test_p7_filter_changes_without_a_restart(tutorial, postgres):
    """The file is replaced: the same process; what comes then is judged by the new filter (test_reload.py has the rest)."""
    postgres.psql(INIT)
    source = tutorial()
    pid = source.streamer.pid
    insert(postgres, "Emmy")
    postgres.psql("delete from users where name = 'Emmy'")
    source.confirmed()
    source.write_filter({"tables": {"users": ["delete"]}})
    source.streamer.wait_for_log(r"replicating from .* filter version 2 \(", PATIENCE)
    insert(postgres, "Grace")
    postgres.psql("delete from users where name = 'Grace'")
    source.confirmed()
    assert [event["action"] for event in source.events()] == ["INSERT", "DELETE"]
    assert source.streamer.alive() and source.streamer.pid == pid


@pytest.mark.parametrize("settings", [{"wal_level": "replica"}, {"max_replication_slots": 0}], ids=lambda one: next(iter(one)))
def test_p8_what_the_server_lacks_is_named(make_postgres, nats, settings):
    """A clear error, a code, and nothing is created."""
    postgres = make_postgres(**settings)
    done = waljet("run", "--postgres", postgres.conninfo(), "--nats", nats.url, "--name", "db")
    assert done.returncode == 1
    assert next(iter(settings)) in done.stderr
    assert postgres.execute("select count(*) from pg_replication_slots") == [(0,)]
    assert nats.stream_info("db") is None


@publications
def test_p10_a_narrower_publication(tutorial, postgres):
    """Column list and row filter of a publication are followed; waljet puts no other one in its place."""
    postgres.psql(INIT)
    postgres.psql("create publication pgwalstreams for all tables")
    postgres.psql("""drop publication pgwalstreams;
                     create publication pgwalstreams for table users (id, name) where (name like 'A%')
                         with (publish = 'insert')""")
    source = tutorial(filter={"publications": "pgwalstreams"})
    insert(postgres, "Alan", "Bob", "Anna")
    source.confirmed()
    events = source.events()
    assert [event["data"]["name"] for event in events] == ["Alan", "Anna"]
    assert all(set(event["data"]) == {"id", "name"} for event in events)
    assert postgres.execute("select pubname, puballtables from pg_publication") == [("pgwalstreams", False)]


@publications
def test_p11_a_publication_that_changes(tutorial, postgres):
    """No slot has to be made anew: what is committed behind the change is judged by it, what was before is not."""
    postgres.psql(INIT)
    postgres.psql("create publication pgwalstreams for table users with (publish = 'insert')")
    source = tutorial(filter={"publications": "pgwalstreams"})
    source.streamer.process.freeze()  # so that the first rows are read when the publication has changed
    insert(postgres, "Alan")
    postgres.psql("delete from users where name = 'Alan'")
    postgres.psql("alter publication pgwalstreams set (publish = 'delete')")
    insert(postgres, "Bob")
    postgres.psql("delete from users where name = 'Bob'")
    source.streamer.process.thaw()
    source.confirmed()
    assert [event["action"] for event in source.events()] == ["INSERT", "DELETE"]


def test_p13_the_tutorial(tutorial, postgres):
    """init.sql: four users, four inserts; once more: four updates, no insert."""
    source = tutorial(ready=False)
    postgres.psql(re.sub(r"insert into.*", "", INIT, flags=re.S))
    source.streamer.start().wait_for_log("ready: publishing", PATIENCE)
    for action in ("insert", "update"):
        postgres.psql(INIT)
        messages = [source.pull() for _ in NAMES]
        assert [message.subject for message in messages] == 4 * [f"db.public.users.{action}"]
        assert [json.loads(message.body)["data"]["name"] for message in messages] == NAMES
    source.confirmed()
    assert source.messages()[-1].seq == 8


def test_p14_the_consumer(tutorial, postgres):
    """Each message once; again only where it was not acknowledged."""
    postgres.psql(INIT)
    source = tutorial()
    insert(postgres, *NAMES)
    source.confirmed()
    first = source.pull(acknowledge=False)
    rest = [source.pull() for _ in NAMES[1:]]
    again = source.pull()
    assert [json.loads(message.body)["data"]["name"] for message in (first, *rest, again)] == [*NAMES, NAMES[0]]
    assert source.pull(timeout=3) is None
    info = source.client.js_api("CONSUMER.INFO.db.users")
    assert (info["num_ack_pending"], info["num_pending"], info["config"]["max_deliver"]) == (0, 0, 20)
