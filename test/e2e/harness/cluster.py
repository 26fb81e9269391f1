"""Three nats-servers that form a cluster: for streams with replicas, leaders that die, step-downs."""

import signal

from . import wait
from .nats import NatsServer
from .natsclient import NatsClient, NatsError
from .port import free_port

UNREACHABLE = (OSError, NatsError, LookupError)  # of a node that is down, of a request while no leader is there
LEADER_TIMEOUT = 60.0


class Node(NatsServer):
    """One server of the cluster; start() waits until it listens, not until the cluster has a leader."""

    def __init__(self, cluster, number, config):
        super().__init__(config)
        self.cluster = cluster
        self.number = number
        self.name = f"n{number}"
        self.route_port = free_port()

    def _write_config(self):
        others = [node for node in self.cluster.nodes if node is not self]
        routes = ", ".join(f'"nats-route://127.0.0.1:{node.route_port}"' for node in others)
        (self.directory / "nats.conf").write_text("\n".join([
            f"listen: 127.0.0.1:{self.port}",
            f"server_name: {self.name}",
            f'jetstream {{ store_dir: "{self.directory}/store" }}',
            f"cluster {{ name: c, listen: 127.0.0.1:{self.route_port}, routes: [{routes}] }}",
            self.config, ""]))

    def is_ready(self):
        """Whether it answers, with or without a leader of the cluster."""
        try:
            self.client(timeout=1.0).close()
            return True
        except (OSError, NatsError):
            return False

    def log_tail(self):
        return f"{self.name}: {self.process.log_tail(5)}"


class NatsCluster:
    """Names, ports and stores stay the same over stop, kill and start of a node.

    `config` is more text for each node's configuration file. Nodes are told by number (0, 1, …) in nodes[], or by role:
    leader(stream), follower(stream). Requests go to any node that answers.
    """

    def __init__(self, config="", size=3):
        self.nodes = []
        for number in range(size):
            self.nodes.append(Node(self, number, config))

    @property
    def url(self):
        return ",".join(node.url for node in self.nodes)

    @property
    def process(self):
        """For logs: that of the first node."""
        return self.nodes[0].process

    # ---- life ----

    def start(self, timeout=60.0):
        """Starts every node that is not running; returns when the cluster has a leader and takes requests."""
        for _ in range(5):
            for node in self.nodes:
                if not node.process.alive():
                    node._write_config()
                    node.process.start()
            wait.until(lambda: all(node.is_ready() or not node.process.alive() for node in self.nodes), timeout,
                       message=self.log_tail)
            if all(node.process.alive() for node in self.nodes):
                return self.wait_ready(timeout)
            self._change_ports()
        raise AssertionError(f"the cluster did not start:\n{self.log_tail()}")

    def _change_ports(self):
        """After somebody took one of the ports, before the first start has succeeded."""
        assert any("address already in use" in node.process.log_tail() for node in self.nodes), self.log_tail()
        for node in self.nodes:
            node.kill()
            node.port, node.route_port = free_port(), free_port()

    def wait_ready(self, timeout=LEADER_TIMEOUT):
        """Waits until JetStream answers: a majority of the nodes has a leader for the cluster's own state."""
        wait.until(lambda: "error" not in self.js_api("INFO", check=False), timeout, interval=0.1,
                   message=self.log_tail, retry=UNREACHABLE)
        return self

    def stop(self):
        for node in self.nodes:
            node.stop()

    def kill(self):
        """kill -9 of all nodes."""
        for node in self.nodes:
            node.kill()

    def remove(self):
        for node in self.nodes:
            node.remove()

    def log_tail(self):
        return "\n".join(node.log_tail() for node in self.nodes)

    # ---- roles ----

    def node(self, name):
        return next(node for node in self.nodes if node.name == name)

    def leader(self, stream, timeout=LEADER_TIMEOUT):
        """The node that leads the stream; waits for one."""
        name = wait.until(lambda: self._cluster_info(stream).get("leader"), timeout, interval=0.05,
                          message=self.log_tail, retry=UNREACHABLE)
        return self.node(name)

    def follower(self, stream):
        """Some node that has a copy of the stream and does not lead it."""
        leader = self.leader(stream)
        replicas = {replica["name"] for replica in self._cluster_info(stream)["replicas"]}
        return next(node for node in self.nodes if node is not leader and node.name in replicas)

    def _cluster_info(self, stream):
        info = self.stream_info(stream)
        return info["cluster"] if info else {}

    def wait_current(self, *streams, timeout=LEADER_TIMEOUT):
        """Waits until each stream has a leader and copies that are up to date."""
        def current(stream):
            info = self._cluster_info(stream)
            replicas = info.get("replicas", [])
            return info.get("leader") and all(replica["current"] and not replica.get("offline") for replica in replicas)
        for stream in streams:
            wait.until(lambda: current(stream), timeout, interval=0.1, retry=UNREACHABLE,  # noqa: B023: ends here
                       message=lambda: f"{stream} is current\n{self.log_tail()}")  # noqa: B023

    def step_down(self, stream):
        """Asks the stream's leader to hand over until another node leads, which is returned."""
        old = self.leader(stream)
        for _ in range(20):
            self.js_api(f"STREAM.LEADER.STEPDOWN.{stream}", check=False)
            try:
                return wait.until(lambda: (node := self.leader(stream)) is not old and node, 3, retry=UNREACHABLE)
            except wait.Timeout:
                continue  # none of the others was current
        raise AssertionError(f"{old.name} goes on leading {stream}\n{self.log_tail()}")

    # ---- JetStream, each in a connection of its own to a node that answers ----

    def client(self, timeout=3.0):
        """A NatsClient to some node that answers; close it, or use it in a with statement. Without a leader requests
        get no answer at all: hence the short timeout."""
        for node in self.nodes:
            try:
                with node.client(timeout=1.0):
                    pass
                return NatsClient("127.0.0.1", node.port, timeout)
            except (OSError, NatsError):
                continue
        raise ConnectionError("no node answers")

    js_api = NatsServer.js_api
    stream_create = NatsServer.stream_create
    stream_info = NatsServer.stream_info
    stream_messages = NatsServer.stream_messages

    def read_stream(self, name, start=1):
        """What the stream holds, tried again while a leader is missing."""
        result = []

        def read():
            with self.client() as client:
                result[:] = client.read_stream(name, start)
            return True
        wait.until(read, LEADER_TIMEOUT, interval=0.5, message=self.log_tail, retry=UNREACHABLE)
        return result

    def signal_all(self, number):
        for node in self.nodes:
            node.process.signal(number)

    def freeze(self):
        self.signal_all(signal.SIGSTOP)

    def thaw(self):
        self.signal_all(signal.SIGCONT)
