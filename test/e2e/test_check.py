"""`waljet check`: each planted fault is found by its id and nothing else is, and nothing on a good set-up."""

import itertools
import json

import pytest

from harness import wait
from harness.nats import NatsServer
from harness.port import free_port
from harness.postgres import PostgresServer, known_settings, server_version
from harness.streamer import waljet

numbers = itertools.count(1)


class Site:
    """A database and a name of its own, on servers that it may share."""

    def __init__(self, postgres, nats, table=True):
        self.postgres = postgres
        self.nats = nats
        self.name = f"site{next(numbers)}"
        self.slot = f"waljet_{self.name}"
        postgres.create_database(self.name)
        if table:
            self.sql("create table t (id int primary key, note text)")

    def sql(self, script):
        self.postgres.psql(script, dbname=self.name)

    def run(self, *arguments, user="postgres", **options):
        return waljet("check", "--postgres", self.postgres.conninfo(self.name, user), "--nats", self.nats.url,
                      "--name", self.name, *arguments, **options)

    def check(self, *arguments, **options):
        """Exit code and the findings by their ids."""
        done = self.run("--json", *arguments, **options)
        assert not done.stderr, done.stderr
        findings = json.loads(done.stdout)
        for finding in findings:
            assert list(finding) == ["id", "level", "message", "fix"]
            assert finding["level"] in ("error", "warning", "note")
            assert finding["message"] and finding["fix"], finding
        return done.returncode, {finding["id"]: finding for finding in findings}

    def finds(self, *ids, arguments=(), **options):
        """These are the errors and warnings, all of them; returns the findings."""
        code, findings = self.check(*arguments, **options)
        troubles = {id for id, finding in findings.items() if finding["level"] != "note"}
        assert troubles == set(ids), findings
        assert code == (3 if ids else 0)
        return findings

    def stream(self, **config):
        self.nats.stream_create(config.pop("name", self.name), config.pop("subjects", [f"{self.name}.>"]), **config)


@pytest.fixture(scope="module")
def shared_postgres(template):
    server = PostgresServer(template, fsync="on")
    yield server.start()
    server.remove()


@pytest.fixture(scope="module")
def shared_nats():
    server = NatsServer()
    yield server.start()
    server.remove()


@pytest.fixture
def site(shared_postgres, shared_nats):
    """Well set up."""
    return Site(shared_postgres, shared_nats)


@pytest.fixture
def make_site(make_postgres, shared_nats):
    """make_site(setting=value): on a PostgreSQL of its own."""
    def make(**settings):
        return Site(make_postgres(**{"fsync": "on", **settings}), shared_nats)
    return make


# ---- good ----


def test_nothing_on_a_good_set_up(site, make_streamer):
    site.sql("alter table t replica identity full")
    site.stream()
    findings = site.finds()
    assert set(findings) == {"wal_keep_unlimited", "stream_one_replica"}


def test_nothing_where_all_is_new(site):
    findings = site.finds()
    assert set(findings) == {"wal_keep_unlimited", "identity_default", "stream_absent", "stream_one_replica"}
    assert site.nats.stream_info(site.name) is None
    assert site.postgres.slot(site.slot) is None


def test_check_changes_nothing(site):
    site.stream()
    with site.nats.client() as client:
        heard = client.subscribe(f"{site.name}.>")
        before = site.postgres.execute("select slot_name from pg_replication_slots")
        site.finds()
        wait.until(lambda: site.postgres.execute("select slot_name from pg_replication_slots") == before)
        assert site.nats.stream_messages(site.name) == 0
        # What it may publish was tried by a message that asks for a stream of another name.
        assert "Nats-Expected-Stream" in client.next(heard).headers


def test_nothing_beside_a_running_pipeline(site, make_streamer):
    streamer = make_streamer(site.postgres, site.nats, name=site.name, dbname=site.name).start()
    streamer.wait_for_log("ready")
    site.sql("insert into t select n, 'x' from generate_series(1, 500) n")
    wait.until(lambda: site.nats.stream_messages(site.name) == 500)
    findings = site.finds()
    assert findings["slot_active"]["level"] == "note"
    assert streamer.alive()


def test_for_people(site):
    done = site.run()
    lines = done.stdout.splitlines()
    assert done.returncode == 0
    assert lines[-1] == f"0 errors, 0 warnings, {(len(lines) - 1) // 2} notes"
    assert all(line.startswith("note     ") for line in lines[:-1:2])
    assert all(line.startswith(" " * 9) for line in lines[1:-1:2])
    site.stream(storage="memory")
    lines = site.run().stdout.splitlines()
    assert lines[0].startswith("warning  ") and lines[0].endswith("[stream_memory]")
    assert ", 1 warning, " in lines[-1]


def test_settings_by_file_and_environment(site, tmp_path):
    file = tmp_path / "waljet.yaml"
    file.write_text(f"source: {{name: {site.name}}}\nfilter: {{tables: [absent]}}\n")
    environment = {"WALJET_SOURCE_URI": site.postgres.conninfo(site.name), "WALJET_SINK_URL": site.nats.url}
    done = waljet("check", "--json", "-c", file, env=environment)
    assert done.returncode == 3
    assert "filter_matches_nothing" in {finding["id"] for finding in json.loads(done.stdout)}


# ---- who cannot be asked ----


def test_postgres_does_not_answer(site):
    nowhere = f"host=127.0.0.1 port={free_port()} dbname=x connect_timeout=5"
    done = waljet("check", "--postgres", nowhere, "--nats", site.nats.url, "--json", timeout=20)
    assert done.returncode == 1
    assert "PostgreSQL could not be checked" in done.stderr


def test_nats_does_not_answer(site):
    done = waljet("check", "--postgres", site.postgres.conninfo(site.name), "--nats",
                  f"nats://127.0.0.1:{free_port()}", "--json", timeout=20)
    assert done.returncode == 1
    assert "NATS could not be checked" in done.stderr
    assert "identity_default" in {finding["id"] for finding in json.loads(done.stdout)}


def test_nats_hangs(make_nats, site):
    nats = make_nats()
    nats.freeze()
    done = waljet("check", "--postgres", site.postgres.conninfo(site.name), "--nats", nats.url, timeout=20)
    assert done.returncode == 1 and "NATS" in done.stderr


def test_wrong_usage(site):
    assert site.run("--slot", "Not A Slot").returncode == 2
    assert site.run("--unknown").returncode == 2


# ---- PostgreSQL ----


@pytest.mark.parametrize(("settings", "id"), [
    ({"wal_level": "replica"}, "wal_level"),
    ({"fsync": "off"}, "fsync_off"),
    ({"max_slot_wal_keep_size": "64MB"}, "wal_keep_small"),
    ({"wal_sender_timeout": "2s"}, "wal_sender_timeout"),
    ({"synchronous_standby_names": "FIRST 1 (other, *)", "synchronous_commit": "local"}, "synchronous_standby"),
    ({"synchronous_standby_names": "waljet", "synchronous_commit": "local"}, "synchronous_standby"),
    ({"dynamic_library_path": "$libdir"}, "plugin_not_loaded"),
])
def test_server_settings(make_site, settings, id):
    make_site(**settings).finds(id)


@pytest.mark.skipif("idle_replication_slot_timeout" not in known_settings(), reason="from 18 on")
def test_idle_slots_are_dropped(make_site):
    make_site(idle_replication_slot_timeout="1h").finds("idle_slot_timeout")


@pytest.mark.skipif("output_plugin_libraries" not in known_settings(), reason="this server allows every plugin")
def test_plugin_is_not_allowed(make_site):
    findings = make_site(output_plugin_libraries="pgoutput").finds("plugin_not_allowed")
    assert "output_plugin_libraries = 'pgoutput, waljet'" in findings["plugin_not_allowed"]["fix"]


def test_no_slot_is_left(make_site):
    site = make_site(max_replication_slots=1)
    site.postgres.execute("select pg_create_physical_replication_slot('theirs')")
    site.finds("slots_full")


def test_no_sender_is_left(make_site):
    make_site(max_wal_senders=0, max_replication_slots=1).finds("senders_full")


def test_open_transactions_hold_up_the_slot(site):
    connection = site.postgres.connect(site.name, autocommit=False)
    try:
        connection.cursor().execute("insert into t values (1, 'open')")
        assert "slot_waits" in site.finds()
    finally:
        connection.close()


def test_standby(make_site, make_standby):
    site = make_site()
    site.postgres = make_standby(site.postgres, fsync="on")
    site.finds("standby_cannot_decode" if server_version() < 16 else "standby")


def test_role(site):
    role = f"plain_{site.name}"
    site.sql(f"create role {role} login; revoke all on database {site.name} from public")
    code, findings = site.check(user=role)
    assert code == 3 and findings["role_connect"]["level"] == "error"
    site.sql(f"grant connect on database {site.name} to {role}")
    site.finds("role_replication", user=role)
    site.sql(f"alter role {role} replication")
    site.finds(user=role)


SNAPSHOT = ("--snapshot", "initial")


@pytest.fixture
def reader(site):
    """A role that streams, and may read what it is granted."""
    role = f"reader_{site.name}"
    site.sql(f"create extension waljet; create role {role} login replication")
    return role


def test_nothing_where_a_snapshot_can_begin(site, reader):
    """A table without a key is no trouble: all of it is read."""
    site.sql(f"grant select on t to {reader}")
    site.finds(arguments=SNAPSHOT, user=reader)
    site.sql(f"create table bare (note text); alter table bare replica identity full; grant select on bare to {reader}")
    assert "public.bare" in site.finds(arguments=SNAPSHOT, user=reader)["no_primary_key"]["message"]


@pytest.mark.parametrize(("sql", "id", "word"), [
    ("grant select on t to {reader}; drop extension waljet", "extension_missing", "{database}"),
    ("grant select on t to {reader}; update pg_extension set extversion = '0.0.9' where extname = 'waljet'",
     "extension_version", "0.0.9"),
    ("", "role_select", "public.t"),
    ("grant select (id) on t to {reader}", "role_select", "public.t"),
    ("create schema shut; create table shut.t (id int primary key); grant select on t, shut.t to {reader}",
     "role_select", "shut.t"),
    ("grant select on t to {reader}; alter table t enable row level security", "role_row_security", "public.t"),
])
def test_what_a_snapshot_needs(site, reader, sql, id, word):
    site.sql(sql.format(reader=reader))
    found = site.finds(id, arguments=SNAPSHOT, user=reader)[id]
    assert word.format(database=site.name) in found["message"]


def test_what_is_needed_by_a_snapshot_alone(site, reader):
    site.sql("drop extension waljet; create table hidden (id int primary key); alter table hidden enable row level security;"
             f"grant select on hidden to {reader}")
    site.finds("extension_missing", "role_select", "role_row_security", arguments=("--snapshot", "only"), user=reader)
    site.finds(user=reader)


def test_versions(site):
    site.sql("create schema waljet; create function waljet.version() returns text language sql as $$ select '0.0.1' $$")
    findings = site.finds("plugin_version")
    assert "0.0.1" in findings["plugin_version"]["message"]


# ---- the slot ----


def test_slot_of_another_plugin(site):
    site.sql(f"select pg_create_logical_replication_slot('{site.slot}', 'test_decoding')")
    try:
        site.finds("slot_of_other_plugin")
    finally:
        site.sql(f"select pg_drop_replication_slot('{site.slot}')")


def test_slot_of_another_database(site):
    site.postgres.execute(f"select pg_create_logical_replication_slot('{site.slot}', 'waljet')")
    try:
        site.finds("slot_of_other_database")
    finally:
        site.postgres.execute(f"select pg_drop_replication_slot('{site.slot}')")


def test_slot_is_lost(make_site):
    site = make_site(max_slot_wal_keep_size="1MB", min_wal_size="32MB", max_wal_size="32MB")
    site.sql(f"select pg_create_logical_replication_slot('{site.slot}', 'waljet')")

    def lost():
        site.sql("insert into t select 1, 'x' where false; select pg_switch_wal(); checkpoint")
        site.postgres.execute("create table if not exists w (t text); insert into w values (repeat('x', 100)); "
                              "select pg_switch_wal(); checkpoint")
        return site.postgres.slot(site.slot)["wal_status"] == "lost"
    wait.until(lost, 30)
    site.finds("slot_lost", "wal_keep_small")


def test_slot_is_at_risk(make_site):
    site = make_site(max_slot_wal_keep_size="64MB")
    site.sql(f"select pg_create_logical_replication_slot('{site.slot}', 'waljet')")

    def at_risk():
        site.postgres.execute("create table if not exists w (t text); insert into w values ('x'); select pg_switch_wal()")
        return site.postgres.slot(site.slot)["safe_wal_size"] < 16 << 20
    wait.until(at_risk, 30)
    site.finds("slot_at_risk", "wal_keep_small")


# ---- tables and filter ----


@pytest.mark.parametrize(("sql", "id"), [
    ("create table k (note text)", "table_without_key"),
    ("alter table t replica identity nothing", "identity_nothing"),
])
def test_identities(site, sql, id):
    site.sql(sql)
    site.finds(id)
    site.finds(arguments=("--operations", "insert"))


def test_identities_that_are_well(site):
    site.sql("create table f (note text); alter table f replica identity full; create unlogged table u (id int primary key)")
    findings = site.finds()
    assert "public.f" in findings["no_primary_key"]["message"]
    assert "public.u" in findings["table_unlogged"]["message"]


@pytest.mark.parametrize(("tables", "ids"), [
    ("public.t", []),
    ("t, absent", ["filter_matches_nothing"]),
    ('"T"', ["filter_matches_nothing", "filter_sends_nothing"]),
])
def test_tables_of_the_filter(site, tables, ids):
    site.finds(*ids, arguments=("--tables", tables))


@pytest.mark.parametrize(("rules", "id"), [
    ([{"table": "t"}, {"table": "absent"}], "rule_matches_nothing"),
    ([{"table": "public.*"}, {"table": "t", "operations": ["insert"]}], "rule_matches_nothing"),
    ([{"table": "t", "columns": {"mask": ["renamed"]}}], "rule_column"),
    ([{"table": "t", "columns": {"mask": ["id"]}}], "key_masked"),
    ([{"table": "t", "columns": {"exclude": ["id"]}}], "plugin_refuses"),
    ([{"table": "t", "columns": {"hash": ["note"]}}], "hash_salt"),
    ([{"table": "t", "columns": {"mask": ["note"]}, "where": "id > 1"}], None),
])
def test_rules(site, rules, id):
    site.finds(*([id] if id else []), arguments=("--rules", json.dumps(rules)))


def test_many_tables_are_told_as_some(site):
    for number in range(9):
        site.sql(f"create table k{number} (note text)")
    message = site.finds("table_without_key")["table_without_key"]["message"]
    assert "public.k0" in message and "4 more" in message


@pytest.mark.skipif(server_version() < 15, reason="from 15 on")
def test_publications(site):
    site.sql("create publication p for table t; create table k (note text)")
    site.finds(arguments=("--publications", "p"))
    findings = site.finds("publication_missing", "plugin_refuses", arguments=("--publications", "p, other"))
    assert "other" in findings["publication_missing"]["message"]


def test_rows_that_are_too_large(site):
    site.sql("alter table t alter note set storage external; insert into t values (1, repeat('x', 2000000))")
    findings = site.finds("row_too_large")
    assert "public.t (200000" in findings["row_too_large"]["message"]
    site.finds(arguments=("--oversize", "stub"))


def test_subjects_that_cannot_be_told_apart(site):
    site.finds("subject_ambiguous", arguments=("--subject", "{name}.{schema}_{table}"))


# ---- NATS ----


def test_jetstream_is_off(site, make_nats):
    site.nats = make_nats(jetstream=False)
    site.finds("jetstream_off")


RIGHTS = ["$JS.API.STREAM.INFO.*", "$JS.API.STREAM.CREATE.*", "$JS.API.STREAM.MSG.GET.*", "$KV.waljet.>"]


@pytest.mark.parametrize(("allowed", "ids"), [
    ([*RIGHTS, "{}.>"], []),
    (RIGHTS, ["publish_denied"]),
    ([*RIGHTS[:3], "{}.>"], ["record_denied"]),
    ([*RIGHTS[1:], "{}.>"], ["api_denied"]),
    ([*RIGHTS[:2], RIGHTS[3], "{}.>"], ["api_denied"]),
    ([RIGHTS[0], *RIGHTS[2:], "{}.>"], ["api_denied"]),
])
def test_rights(site, make_nats, allowed, ids):
    publish = json.dumps([subject.format(site.name) for subject in allowed])
    site.nats = make_nats(f"""authorization {{ users: [
        {{user: admin, password: secret}},
        {{user: cdc, password: secret, permissions: {{publish: {publish}, subscribe: ["_INBOX.>"]}}}}] }}""",
                          login={"user": "admin", "pass": "secret"})
    url = site.nats.url.replace("//", "//cdc:secret@")
    done = waljet("check", "--postgres", site.postgres.conninfo(site.name), "--nats", url, "--name", site.name, "--json")
    troubles = {finding["id"] for finding in json.loads(done.stdout) if finding["level"] != "note"}
    assert troubles == set(ids), done.stdout
    assert done.returncode == (3 if ids else 0)


def test_rights_that_run_is_refused_for(site, make_nats):
    site.nats = make_nats("""authorization { users: [
        {user: cdc, password: secret, permissions: {publish: ["app.>"], subscribe: ["_INBOX.>"]}}] }""",
                          login={"user": "cdc", "pass": "secret"}, jetstream=False)
    done = waljet("run", "--postgres", site.postgres.conninfo(site.name), "--nats",
                  site.nats.url.replace("//", "//cdc:secret@"), "--name", site.name)
    assert done.returncode == 1 and "Permissions Violation" in done.stderr, done.stderr
    assert site.postgres.slot(site.slot) is None


def test_account_limits(site, make_nats):
    site.nats = make_nats("""accounts { A: { jetstream: {max_file: 1000000, max_streams: 1}, users: [{user: a, password: b}] } }
                             no_auth_user: a""")
    site.finds("account_streams")
    site.stream()
    with site.nats.client() as client:
        for _ in range(9):
            client.request(f"{site.name}.x", "x" * 100_000)
    site.finds("account_streams", "account_storage", "foreign_messages")


@pytest.mark.parametrize(("config", "id"), [
    ({"subjects": ["{}.public.>"]}, "stream_subjects"),
    ({"storage": "memory"}, "stream_memory"),
    ({"no_ack": True}, "stream_no_ack"),
    ({"retention": "workqueue"}, "stream_retention"),
    ({"retention": "interest"}, "stream_retention"),
    ({"max_msgs_per_subject": 1}, "stream_per_subject"),
    ({"sources": [{"name": "elsewhere"}]}, "stream_sources"),
])
def test_streams(site, config, id):
    subjects = [subject.format(site.name) for subject in config.pop("subjects", ["{}.>"])]
    site.stream(subjects=subjects, **config)
    site.finds(id)


@pytest.mark.parametrize(("config", "id"), [
    ({"max_age": 3_600_000_000_000}, "stream_limits"),
    ({"max_bytes": 1 << 30}, "stream_limits"),
    ({"max_bytes": 1 << 30, "discard": "new"}, "stream_discard_new"),
    ({"allow_rollup_hdrs": True}, "stream_rollup"),
    ({"republish": {"src": ">", "dest": "again.>"}}, "stream_republish"),
])
def test_streams_of_which_something_is_to_be_known(site, config, id):
    site.stream(**config)
    assert id in site.finds()


def test_stream_that_is_a_mirror(site):
    site.stream(name=f"{site.name}_origin")
    with site.nats.client() as client:
        client.js_api(f"STREAM.CREATE.{site.name}", {"name": site.name, "mirror": {"name": f"{site.name}_origin"}})
    site.finds("stream_mirror")


def test_stream_that_is_sealed(site):
    site.stream()
    config = site.nats.stream_info(site.name)["config"]
    site.nats.js_api(f"STREAM.UPDATE.{site.name}", {**config, "sealed": True})
    site.finds("stream_sealed")


def test_subjects_that_another_stream_takes(site):
    site.stream(name=f"{site.name}_other", subjects=[f"{site.name}.public.>"])
    findings = site.finds("stream_overlap")
    assert f"{site.name}_other" in findings["stream_overlap"]["message"]


def test_stream_that_is_not_to_be_created(site):
    site.finds("stream_missing", env={"WALJET_SINK_STREAM_CREATE": "false"})


def test_stream_that_is_nearly_full(site):
    site.stream(max_msgs=5, discard="new")
    with site.nats.client() as client:
        for _ in range(4):
            client.request(f"{site.name}.x", "x")
    site.finds("stream_nearly_full", "foreign_messages")


def test_bucket_that_forgets(site, make_nats):
    site.nats = make_nats()
    site.stream(name="KV_waljet", subjects=["$KV.waljet.>"], max_age=3_600_000_000_000, storage="memory")
    site.finds("record_expires", "record_in_memory")


def test_three_replicas_say_nothing(site, make_cluster):
    site.nats = make_cluster()
    site.sql("alter table t replica identity full")
    site.stream(num_replicas=3)
    assert set(site.finds()) == {"wal_keep_unlimited"}


# ---- delivery ----


def test_delay_of_confirming(site):
    site.stream()
    site.finds("confirm_delay_short", arguments=("--confirm-delay", "10s"))
    site.finds("confirm_delay_window", arguments=("--confirm-delay", "150s", "--fencing", "off"))
    assert "fencing_off" in site.finds(arguments=("--fencing", "off"))


def stored(site, make_streamer):
    """A pipeline that has stored an event and was stopped."""
    streamer = make_streamer(site.postgres, site.nats, name=site.name, dbname=site.name).start()
    streamer.wait_for_log("ready")
    site.sql("insert into t values (1, 'a')")
    wait.until(lambda: site.nats.stream_messages(site.name) == 1)
    assert streamer.terminate() == 0


def test_slot_that_is_gone(site, make_streamer):
    stored(site, make_streamer)
    site.finds()
    assert waljet("slot", "drop", "--postgres", site.postgres.conninfo(site.name), "--slot", site.slot).returncode == 0
    findings = site.finds("resume_gap")
    assert "--accept-gap" in findings["resume_gap"]["fix"]


def test_stream_of_another_source(site, make_streamer):
    stored(site, make_streamer)
    findings = site.finds("resume_divergence", arguments=("--slot", f"{site.slot}_2"))
    assert "--accept-divergence" in findings["resume_divergence"]["fix"]


def test_another_writer(site, make_streamer):
    stored(site, make_streamer)
    with site.nats.client() as client:
        client.request(f"{site.name}.stray", "{}")
    findings = site.finds("foreign_messages")
    assert f"{site.name}.stray" in findings["foreign_messages"]["message"]


def test_record_of_a_newer_waljet(site, make_streamer):
    stored(site, make_streamer)
    message = site.nats.read_stream("KV_waljet")
    subject = next(one.subject for one in message if one.subject.startswith(f"$KV.waljet.{site.name}."))
    with site.nats.client() as client:
        client.request(subject, '{"version": 999}')
    site.finds("record_unreadable")
