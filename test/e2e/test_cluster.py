"""Three nats-servers: the pipelined chain over leader deaths, hand-overs and followers that hang."""

from harness import wait
from harness.cluster import UNREACHABLE
from harness.pipeline import Pipeline

NODES = 3


def last_seq(app):
    """None while nobody leads."""
    try:
        return app.state()["last_seq"]
    except (*UNREACHABLE, TypeError):
        return None


def grown(app, count=300):
    begin = wait.until(lambda: last_seq(app), 60)
    wait.until(lambda: (last_seq(app) or 0) >= begin + count, 60, message=app.log_tail)


def step_down(app, cluster):
    cluster.step_down("app")
    grown(app)
    cluster.step_down("KV_waljet")


def kill_leader(app, cluster):
    cluster.leader("app").kill()
    grown(app)
    cluster.start()


def freeze_follower(app, cluster):
    follower = cluster.follower("app")
    follower.freeze()
    grown(app)
    follower.thaw()


def freeze_leader(app, cluster):
    """It wakes up in the belief that it leads."""
    leader = cluster.leader("app")
    leader.freeze()
    wait.until(lambda: cluster.leader("app") is not leader, 60, retry=UNREACHABLE)
    grown(app)
    leader.thaw()


def test_replicated_stream(postgres, make_cluster, make_streamer, full):
    """Everything is there once, in order: over hand-overs, leaders killed or frozen, followers frozen."""
    cluster = make_cluster()
    app = Pipeline(make_streamer, postgres, cluster, num_replicas=NODES)
    app.run()
    record = cluster.stream_info("KV_waljet")
    assert record["config"]["num_replicas"] == NODES
    faults = [step_down, kill_leader]
    if full:
        faults = 4 * [freeze_follower, step_down, freeze_leader, kill_leader]
    with app.numbers.writing(pause=0.02, sizes=(1, 20, 3, 100)):
        for fault in faults:
            grown(app)
            fault(app, cluster)
            cluster.wait_current("app", "KV_waljet")
        grown(app)
    for message in app.check():
        assert int(message.headers["Nats-Expected-Last-Sequence"]) == message.seq - 1
    confirmed, recorded = app.confirmed_position(), app.record()["position"]
    assert confirmed <= recorded
