"""Snapshots over encrypted connections alone: to PostgreSQL, each of them, and to NATS, with a login."""

import shutil
import ssl
from functools import partial

import psycopg2
import pytest

from harness.postgres import SERVER_USER
from harness.snapshots import SnapshotPipeline, simple_tables
from harness.streamer import waljet


@pytest.fixture
def strict_postgres(postgres, certificates):
    """Over TCP it answers in TLS alone."""
    for name in ("server.pem", "server.key"):
        shutil.copyfile(certificates[name], postgres.data / name)
        (postgres.data / name).chmod(0o600)
        if SERVER_USER:
            shutil.chown(postgres.data / name, SERVER_USER)
    (postgres.data / "pg_hba.conf").write_text("local all all trust\nhostssl all,replication all 127.0.0.1/32 scram-sha-256\n")
    postgres.configure(ssl="on", ssl_cert_file="server.pem", ssl_key_file="server.key")
    with pytest.raises(psycopg2.OperationalError, match="pg_hba.conf"):
        psycopg2.connect(postgres.uri() + "?sslmode=disable")
    return postgres


@pytest.fixture
def strict_nats(make_nats, certificates):
    return make_nats(f"""tls {{ cert_file: "{certificates['server.pem']}", key_file: "{certificates['server.key']}" }}
                         authorization {{ user: "u", password: "s3cret" }}""",
                     login={"user": "u", "pass": "s3cret"}, tls=ssl.create_default_context(cafile=certificates.ca))


@pytest.mark.parametrize("how", ["initial", "on demand"])
def test_all_is_encrypted(strict_postgres, strict_nats, make_streamer, certificates, how):
    simple_tables(strict_postgres, "t", rows=500)
    env = {"WALJET_SINK_TLS_CA": str(certificates.ca), "WALJET_SINK_AUTH_USER": "u", "WALJET_SINK_AUTH_PASSWORD": "s3cret"}
    uri = f"{strict_postgres.uri()}?sslmode=verify-full&sslrootcert={certificates.ca}"
    app = SnapshotPipeline(partial(make_streamer, env=env), strict_postgres, strict_nats)
    app.run(*(("--snapshot", "initial") if how == "initial" else ()), postgres=uri)
    if how == "on demand":
        done = waljet("snapshot", "--tables", "t", "--postgres", uri, "--nats", strict_nats.url, "--name", "app", env=env)
        assert done.returncode == 0, f"{done.stderr}\n{app.log_tail()}"
    app.complete()
    app.write(10)
    rebuilt = app.check_rebuilt(strict=True)
    assert (rebuilt.rows, rebuilt.events) == (500, 10)
    rebuilt.messages.check_ends()
    app.stop()
