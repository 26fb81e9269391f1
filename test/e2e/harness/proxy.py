"""A TCP proxy whose link can be cut, delayed, narrowed or turned into a black hole while it runs."""

import random
import selectors
import socket
import struct
import threading
import time
from collections import deque
from dataclasses import dataclass

CHUNK = 1 << 18
QUEUED_MAX = 4 << 20  # bytes under way in one direction; beyond, the sender is kept waiting
UP, DOWN = "up", "down"  # from client to server, from server to client


class Proxy:
    """`with Proxy(port) as proxy:` passes proxy.port on 127.0.0.1 on to `port`, until told otherwise.

    One thread of its own serves all connections. Each method returns when its fault is in force; heal() ends them all.
    A held direction is as if the cable were pulled: nothing gets through, not even the end of a connection, and what
    was sent meanwhile goes on at heal().
    """

    def __init__(self, target_port, target_host="127.0.0.1"):
        self.target = (target_host, target_port)
        self.port = 0
        self._faults = _Faults()
        self._selector = selectors.DefaultSelector()
        self._links = set()
        self._orphans = []  # ends whose other end is gone without their being told
        self._commands = deque()
        self._wake, self._woken = socket.socketpair()
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._listener = None
        self._listen()
        self._closed = False
        self._thread = threading.Thread(target=self._run, daemon=True, name=f"proxy {self.port}")
        self._thread.start()

    # ---- faults ----

    def cut(self, keep_server=False):
        """Resets all connections; with keep_server only towards the client: the server notices nothing until heal()."""
        self._do(lambda: self._cut(keep_server))

    def cut_late(self, seconds):
        """Resets all connections towards the client and lets new ones pass; what the clients of the old ones had sent
        and was held back reaches the server so much later, as packets of a broken path may; hold("up") collects it."""
        self._do(lambda: self._cut_late(seconds))

    def late(self):
        """How many old connections still have something to deliver."""
        return sum(isinstance(link, _LateLink) and bool(link.data) for link in list(self._links))

    def refuse(self):
        """New connections are refused; those that exist go on."""
        self._do(self._stop_listening)

    def hold(self, *directions):
        """Forwards nothing in these directions ("up", "down"; both where none is given); connections are accepted."""
        assert set(directions) <= {UP, DOWN}
        self._do(lambda: self._change(held=self._faults.held | set(directions or (UP, DOWN))))

    def delay(self, seconds, jitter=0.0):
        """What passes arrives so much later, in each direction, and up to `jitter` more."""
        self._do(lambda: self._change(delay=seconds, jitter=jitter))

    def limit(self, bytes_per_second):
        """At most so much passes, in each direction of each connection."""
        self._do(lambda: self._change(rate=bytes_per_second))

    def heal(self):
        self._do(self._heal)

    def connections(self):
        """How many there are now."""
        return len(self._links)

    # ---- life ----

    def close(self):
        if not self._closed:
            self._do(self._end)
            self._thread.join()
            self._wake.close()

    remove = close

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # ---- the thread ----

    def _do(self, command):
        """Runs the command in the proxy's thread, where everything else happens."""
        assert not self._closed
        done = threading.Event()
        self._commands.append((command, done))
        self._wake.send(b"x")
        assert done.wait(20), "the proxy's thread does not answer"

    def _run(self):
        while not self._closed:
            for key, events in self._selector.select(self._patience()):
                if key.fileobj is self._woken:
                    self._obey()
                elif key.fileobj is self._listener:
                    self._accept()
                elif key.data in self._links:  # not dropped by an earlier event
                    key.data.serve(key.fileobj, events)
            now = time.monotonic()
            for link in [link for link in self._links if link.next_due() <= now]:
                link.flush()
        self._selector.close()
        self._woken.close()

    def _patience(self):
        """Seconds until a delayed chunk is due; None: for ever."""
        due = min((link.next_due() for link in self._links), default=float("inf"))
        return None if due == float("inf") else max(0.0, due - time.monotonic())

    def _obey(self):
        self._woken.recv(4096)
        while self._commands:
            command, done = self._commands.popleft()
            command()
            done.set()

    def _listen(self):
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", self.port))
        self._listener.listen(64)
        self._listener.setblocking(False)
        self.port = self._listener.getsockname()[1]
        self._selector.register(self._listener, selectors.EVENT_READ)

    def _stop_listening(self):
        if self._listener:
            self._selector.unregister(self._listener)
            self._listener.close()
            self._listener = None

    def _accept(self):
        try:
            client, _ = self._listener.accept()
        except OSError:  # gone again
            return
        self._links.add(_Link(self, client))

    def _cut(self, keep_server):
        for link in list(self._links):
            if isinstance(link, _Link):
                link.drop(keep=(link.server,) if keep_server else ())

    def _cut_late(self, seconds):
        for link in list(self._links):
            if isinstance(link, _Link) and link.connected:
                self._links.add(_LateLink(self, *link.take_apart(), time.monotonic() + seconds))
        self._heal()

    def _change(self, **faults):
        for name, value in faults.items():
            setattr(self._faults, name, value)
        for link in list(self._links):
            link.flush()

    def _heal(self):
        self._forget_orphans()
        for link in self._links:
            link.hurry()
        self._change(held=set(), delay=0.0, jitter=0.0, rate=0)
        if not self._listener:
            self._listen()

    def _end(self):
        self._stop_listening()
        for link in list(self._links):
            link.drop()
        self._forget_orphans()
        self._closed = True

    def _forget_orphans(self):
        for end in self._orphans:
            _reset(end)
        self._orphans.clear()


@dataclass
class _Faults:
    held: set = None
    delay: float = 0.0
    jitter: float = 0.0
    rate: int = 0  # bytes a second; 0: no limit

    def __post_init__(self):
        self.held = set()

    def due(self, after, size):
        """When `size` bytes that arrive now may go on, not before those due at `after`; 0: at once."""
        if not (self.delay or self.jitter or self.rate):
            return after
        start = max(after, time.monotonic() + self.delay + random.random() * self.jitter)
        return start + (size / self.rate if self.rate else 0.0)

    def chunk(self):
        return 4096 if self.rate else CHUNK

    def queued_max(self):
        return max(8192, self.rate // 4) if self.rate else QUEUED_MAX


class _Flow:
    """One direction of a link: what was read from `source` and is not yet written to `sink`."""

    def __init__(self, name, source, sink):
        self.name = name
        self.source = source
        self.sink = sink
        self.queue = deque()  # (time from which it may be written, bytes; none: the end)
        self.queued = 0
        self.last_due = 0.0
        self.ended = False  # the source was read to its end

    def read(self, faults):
        try:
            data = self.source.recv(faults.chunk())
        except BlockingIOError:
            return
        self.last_due = faults.due(self.last_due, len(data))
        self.queue.append((self.last_due, data))
        self.queued += len(data)
        self.ended = not data

    def write(self, now):
        while self.queue:
            due, data = self.queue[0]
            if due > now:
                return
            if data:
                try:
                    sent = self.sink.send(data)
                except BlockingIOError:
                    return
                self.queued -= sent
                if sent < len(data):
                    self.queue[0] = (due, data[sent:])
                    return
            else:
                self.sink.shutdown(socket.SHUT_WR)
            self.queue.popleft()

    def hurry(self):
        """Everything is due now."""
        self.last_due = 0.0
        self.queue = deque((0.0, data) for _, data in self.queue)


class _Link:
    """A client's connection and the one to the server that belongs to it."""

    def __init__(self, proxy, client):
        self.proxy = proxy
        self.faults = proxy._faults
        self.client = client
        self.server = socket.socket()
        self.connected = False
        self.watched = {}  # socket: events it is registered for
        for end in (self.client, self.server):
            end.setblocking(False)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.flows = (_Flow(UP, self.client, self.server), _Flow(DOWN, self.server, self.client))
        self.server.connect_ex(proxy.target)
        self._watch()

    def serve(self, end, events):
        try:
            if end is self.server and not self.connected:
                error = end.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if error:
                    raise OSError(error, "connect")
                self.connected = True
            elif events & selectors.EVENT_READ:
                next(flow for flow in self.flows if flow.source is end).read(self.faults)
        except OSError:
            self._broken(end)
            return
        self.flush()

    def flush(self):
        """Writes what is due and can be written."""
        now = time.monotonic()
        for flow in self.flows:
            try:
                if self._open(flow):
                    flow.write(now)
            except OSError:
                self._broken(flow.sink)
                return
        if all(flow.ended and not flow.queue for flow in self.flows):
            self.drop()
        else:
            self._watch()

    def hurry(self):
        for flow in self.flows:
            flow.hurry()

    def next_due(self):
        """When the first chunk that waits for its time, not for its socket, may go on."""
        return min((flow.queue[0][0] for flow in self.flows
                    if flow.queue and self._open(flow) and not self.watched.get(flow.sink, 0) & selectors.EVENT_WRITE),
                   default=float("inf"))

    def take_apart(self):
        """Resets the client; returns the server's end and what was on its way there."""
        up = self.flows[0]
        try:
            while not up.ended:
                data = self.client.recv(CHUNK)
                up.queue.append((0.0, data))
                up.ended = not data
        except OSError:  # nothing more
            pass
        self.drop(keep=(self.server,))
        self.proxy._orphans.remove(self.server)
        return self.server, b"".join(data for _, data in up.queue)

    def drop(self, keep=()):
        """Resets both ends; those in `keep` stay open, unread."""
        for end in (self.client, self.server):
            self._register(end, 0)
            if end in keep:
                self.proxy._orphans.append(end)
            else:
                _reset(end)
        self.proxy._links.discard(self)

    def _broken(self, end):
        """A socket failed: the other end is told, unless what would tell it is held back."""
        told = next(flow for flow in self.flows if flow.source is end)
        self.drop(keep=(told.sink,) if told.name in self.faults.held else ())

    def _open(self, flow):
        return self.connected and flow.name not in self.faults.held

    def _watch(self):
        """Registers each socket for what can be done with it now."""
        now = time.monotonic()
        events = dict.fromkeys((self.client, self.server), 0)
        for flow in self.flows:
            if self._open(flow):
                if not flow.ended and flow.queued < self.faults.queued_max():
                    events[flow.source] |= selectors.EVENT_READ
                if flow.queue and flow.queue[0][0] <= now:
                    events[flow.sink] |= selectors.EVENT_WRITE
        if not self.connected:
            events[self.server] = selectors.EVENT_WRITE
        for end, wanted in events.items():
            self._register(end, wanted)

    def _register(self, end, events):
        before = self.watched.get(end, 0)
        self.watched[end] = events
        if events == before:
            return
        if not events:
            self.proxy._selector.unregister(end)
        elif before:
            self.proxy._selector.modify(end, events, self)
        else:
            self.proxy._selector.register(end, events, self)


class _LateLink:
    """The rest of a connection whose client is gone: what it had sent is delivered at a given time, then the end."""

    def __init__(self, proxy, server, data, due):
        self.proxy = proxy
        self.server = server
        self.data = data
        self.due = due
        proxy._selector.register(server, selectors.EVENT_READ, self)

    def serve(self, end, events):
        try:
            if events & selectors.EVENT_READ and not end.recv(CHUNK):
                self.drop()
            elif events & selectors.EVENT_WRITE:
                self.due = 0.0
                self.flush()
        except OSError:
            self.drop()

    def flush(self):
        if time.monotonic() < self.due:
            return
        try:
            self.data = self.data[self.server.send(self.data):]
        except BlockingIOError:
            pass
        except OSError:
            self.drop()
            return
        self.due = float("inf")  # the socket tells when more can be written, or that the server has ended as well
        self.proxy._selector.modify(self.server, selectors.EVENT_READ | selectors.EVENT_WRITE * bool(self.data), self)
        if not self.data:
            self.server.shutdown(socket.SHUT_WR)

    def hurry(self):
        """It comes when it comes."""

    def next_due(self):
        return self.due

    def drop(self):
        self.proxy._selector.unregister(self.server)
        self.proxy._links.discard(self)
        _reset(self.server)


def _reset(end):
    """Closes with RST, as a cut does."""
    try:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    except OSError:
        pass
    end.close()
