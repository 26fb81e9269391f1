"""Free loopback ports, outside the range from which the kernel takes the ports of outgoing connections: a server that
is down for a while finds its port still free."""

import random
import socket


def free_port():
    for _ in range(100):
        port = random.SystemRandom().randrange(10000, 30000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise RuntimeError("no free port found")
