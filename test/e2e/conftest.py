"""Fixtures: servers for one test each, removed after it; of a failed test the logs are kept under build/e2e/."""

import os
import random
import re
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from harness import wait  # noqa: E402
from harness.cluster import NatsCluster  # noqa: E402
from harness.nats import NatsServer  # noqa: E402
from harness.nkeys import Certificates  # noqa: E402
from harness.paths import LOGS, WALJET  # noqa: E402
from harness.postgres import PostgresServer, Standby, Template  # noqa: E402
from harness.proxy import Proxy  # noqa: E402
from harness.snapshots import OPERATIONS, SnapshotPipeline  # noqa: E402
from harness.streamer import Streamer  # noqa: E402

FULL = os.environ.get("WALJET_FULL") == "1"  # make test-full: the full sizes


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    item.stash.setdefault(_failed, False)
    if report.failed:
        item.stash[_failed] = True


_failed = pytest.StashKey()


@pytest.fixture(scope="session")
def full():
    """Whether to run at full size."""
    return FULL


@pytest.fixture
def seed():
    """Printed, so that a failed test can be repeated."""
    seed = os.environ.get("WALJET_SEED") or str(random.randrange(10**6))
    print(f"WALJET_SEED={seed}")
    return seed


@pytest.fixture(scope="session")
def template():
    template = Template()
    yield template
    template.remove()


@pytest.fixture
def servers(request):
    """Keeps what has a remove(); ends all of it after the test, the last first."""
    kept = []
    yield kept
    if request.node.stash.get(_failed, False):
        _keep_logs(kept, re.sub(r"[^\w.-]+", "_", request.node.name))
    errors = []
    for server in reversed(kept):
        try:
            server.remove()
        except Exception as error:  # noqa: BLE001: the others are to be removed all the same
            errors.append(error)
    assert not errors, errors


def _keep_logs(servers, test):
    target = LOGS / test
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    logs = [server.process.log for server in servers if hasattr(server, "process")]
    for number, log in enumerate(logs):
        if log.exists():
            shutil.copyfile(log, target / f"{number}-{log.name}")


@pytest.fixture
def make_postgres(servers, template):
    """make_postgres(setting=value, …): a running server."""
    def make(**settings):
        server = PostgresServer(template, **settings)
        servers.append(server)
        return server.start()
    return make


@pytest.fixture
def other_postgres(servers):
    """A running server with a system identifier of its own."""
    template = Template()
    servers.append(template)
    server = PostgresServer(template)
    servers.append(server)
    return server.start()


@pytest.fixture
def make_standby(servers):
    """make_standby(primary, setting=value, …): stops the primary, copies it, starts both; the standby streams."""
    def make(primary, **settings):
        primary.stop()
        standby = Standby(primary, **settings)
        servers.append(standby)
        primary.start()
        standby.start()
        wait.until(standby.is_streaming, 30, message=standby.process.log_tail)
        return standby
    return make


@pytest.fixture
def make_proxy(servers):
    """make_proxy(server): a Proxy in front of a PostgreSQL or NATS server of the test."""
    def make(server):
        proxy = Proxy(server.port)
        servers.append(proxy)
        return proxy
    return make


@pytest.fixture
def make_nats(servers):
    """make_nats(config="", jetstream=True): a running server."""
    def make(*arguments, **options):
        server = NatsServer(*arguments, **options)
        servers.append(server)
        return server.start()
    return make


@pytest.fixture
def make_cluster(servers):
    """make_cluster(config=""): three running servers that form a cluster, as one NatsCluster."""
    def make(*arguments, **options):
        cluster = NatsCluster(*arguments, **options)
        servers.extend(cluster.nodes)
        return cluster.start()
    return make


@pytest.fixture
def postgres(make_postgres):
    return make_postgres()


@pytest.fixture
def nats(make_nats):
    return make_nats()


@pytest.fixture
def certificates(tmp_path):
    directory = tmp_path / "certificates"
    directory.mkdir()
    return Certificates(directory)


@pytest.fixture(scope="session")
def waljet_binary():
    assert WALJET.exists(), "build waljet first: make"
    return WALJET


@pytest.fixture
def make_streamer(servers, waljet_binary):
    """make_streamer(postgres, nats, "--flag", …): a Streamer, not started."""
    def make(*arguments, **options):
        streamer = Streamer(*arguments, binary=waljet_binary, **options)
        servers.append(streamer)
        return streamer
    return make


@pytest.fixture
def make_app(postgres, nats, make_streamer):
    """make_app("--flag", …): a SnapshotPipeline, not started, of a server of its own."""
    def make(*arguments, **options):
        return SnapshotPipeline(make_streamer, postgres, nats, *OPERATIONS, *arguments, **options)
    return make
