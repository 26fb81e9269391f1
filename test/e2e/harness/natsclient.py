"""A small NATS client: enough of the protocol to publish, request, and read a whole stream fast."""

import json
import secrets
import socket
from collections import deque
from typing import NamedTuple

# Of one pull, about: a server drops a client that is behind by 64 MiB, or takes nothing for 10 s. It is not told how many
# bytes, since a pull that is filled to the byte ends without a word.
PULL_BYTES = 4 << 20
PULL_MESSAGES = 500


class NatsError(Exception):
    """An error of the server (-ERR), or of the JetStream API: then with its err_code."""

    def __init__(self, text, code=0):
        super().__init__(text)
        self.code = code


class Message(NamedTuple):
    """A message as delivered."""
    subject: str
    reply: str
    headers: dict  # name: value; of a repeated name the last one; the status line is under ""
    body: bytes


class Stored(NamedTuple):
    """A message of a stream."""
    seq: int
    subject: str
    headers: dict
    body: bytes


class NatsClient:
    """One connection, to be used by one thread; encrypted with `tls`, an ssl.SSLContext."""

    def __init__(self, host, port, timeout=10.0, tls=None, **connect_options):
        self.timeout = timeout
        self.socket = socket.create_connection((host, port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = bytearray()
        self.position = 0
        self.next_sid = 1
        self.queues = {}  # sid: messages that arrived while another one was awaited
        self.info = json.loads(self._line()[5:])
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname=host)
        options = {"verbose": False, "pedantic": False, "headers": True, "no_responders": True, "lang": "python",
                   "version": "1", "protocol": 1, **connect_options}
        self._send(b"CONNECT " + json.dumps(options).encode() + b"\r\n")
        self.ping()

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # ---- core ----

    def publish(self, subject, body=b"", headers=None, reply=""):
        body = body.encode() if isinstance(body, str) else body
        reply = f" {reply}" if reply else ""
        if headers:
            lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            head = f"NATS/1.0\r\n{lines}\r\n".encode()
            size = len(head) + len(body)
            self._send(f"HPUB {subject}{reply} {len(head)} {size}\r\n".encode() + head + body + b"\r\n")
        else:
            self._send(f"PUB {subject}{reply} {len(body)}\r\n".encode() + body + b"\r\n")

    def subscribe(self, subject):
        """Returns the subscription's number, for next() and unsubscribe()."""
        sid = self.next_sid
        self.next_sid += 1
        self.queues[sid] = deque()
        self._send(f"SUB {subject} {sid}\r\n".encode())
        return sid

    def unsubscribe(self, sid):
        self._send(f"UNSUB {sid}\r\n".encode())
        del self.queues[sid]

    def next(self, sid, timeout=None):
        """The next message of a subscription; TimeoutError when none comes."""
        self.socket.settimeout(self.timeout if timeout is None else timeout)
        while not self.queues[sid]:
            self._receive()
        return self.queues[sid].popleft()

    def ping(self):
        """Returns when the server has processed everything sent so far."""
        self._send(b"PING\r\n")
        while self._receive() != "PONG":
            pass

    def request(self, subject, body=b"", headers=None, timeout=None):
        inbox = _inbox()
        sid = self.subscribe(inbox)
        self.publish(subject, body, headers, inbox)
        answer = self.next(sid, timeout)
        self.unsubscribe(sid)
        if answer.headers.get("", "").startswith("503"):
            raise NatsError(f"no responders on {subject}", 503)
        return answer

    # ---- JetStream ----

    def js_api(self, subject, request=None, check=True):
        """Calls $JS.API.<subject> and returns the answer; an error raises NatsError unless check=False."""
        body = b"" if request is None else json.dumps(request).encode()
        answer = json.loads(self.request(f"$JS.API.{subject}", body).body)
        if check and "error" in answer:
            raise NatsError(f"{subject}: {answer['error'].get('description')}", answer["error"].get("err_code", 0))
        return answer

    def js_publish(self, subject, body=b"", headers=None):
        """Publishes and waits; returns the acknowledgement."""
        answer = json.loads(self.request(subject, body, headers).body)
        if "error" in answer:
            raise NatsError(answer["error"].get("description"), answer["error"].get("err_code", 0))
        return answer

    def stream_create(self, name, subjects, **config):
        return self.js_api(f"STREAM.CREATE.{name}", {"name": name, "subjects": subjects, "storage": "file", **config})

    def stream_info(self, name):
        try:
            return self.js_api(f"STREAM.INFO.{name}")
        except NatsError as error:
            if error.code == 10059:  # stream not found
                return None
            raise

    def iterate_stream(self, name, start=1):
        """What the stream holds now from sequence `start` on: yields Stored in order, however much it is."""
        state = self.js_api(f"STREAM.INFO.{name}")["state"]
        last = state["last_seq"]
        if state["messages"] == 0 or start > last:
            return
        consumer = self.js_api(f"CONSUMER.CREATE.{name}", {
            "stream_name": name,
            "config": {"deliver_policy": "by_start_sequence", "opt_start_seq": start, "ack_policy": "none",
                       "inactive_threshold": 60_000_000_000, "mem_storage": True}})["name"]
        inbox = _inbox()
        sid = self.subscribe(inbox)
        batch = max(1, min(PULL_MESSAGES, PULL_BYTES * state["messages"] // state["bytes"]))
        pull = json.dumps({"batch": batch, "no_wait": True})
        sequence = 0
        try:
            while sequence < last:
                self.publish(f"$JS.API.CONSUMER.MSG.NEXT.{name}.{consumer}", pull, reply=inbox)
                for _ in range(batch):
                    message = self.next(sid)
                    status = message.headers.get("", "")
                    if status.startswith("409"):  # the consumer has another leader
                        break
                    if status:  # 404: nothing more; what is missing before `last` was deleted
                        return
                    sequence = _stream_sequence(message.reply)
                    if sequence <= last:
                        yield Stored(sequence, message.subject, message.headers, message.body)
                    if sequence >= last:
                        break
        finally:
            self.unsubscribe(sid)
            self.js_api(f"CONSUMER.DELETE.{name}.{consumer}")

    def read_stream(self, name, start=1):
        """The same as a list."""
        return list(self.iterate_stream(name, start))

    # ---- the wire ----

    def _send(self, data):
        self.socket.sendall(data)

    def _fill(self):
        if self.position > 1 << 20:
            del self.buffer[:self.position]
            self.position = 0
        data = self.socket.recv(1 << 18)
        if not data:
            raise ConnectionError("nats-server closed the connection")
        self.buffer += data

    def _line(self):
        while (end := self.buffer.find(b"\r\n", self.position)) < 0:
            self._fill()
        line = self.buffer[self.position:end].decode()
        self.position = end + 2
        return line

    def _bytes(self, size):
        while len(self.buffer) < self.position + size + 2:
            self._fill()
        data = bytes(self.buffer[self.position:self.position + size])
        self.position += size + 2
        return data

    def _receive(self):
        """Reads one protocol line, queues a message, answers a ping; returns the line's first word."""
        line = self._line()
        words = line.split()
        if words[0] == "MSG":  # MSG subject sid [reply] size
            self._queue(words, {}, self._bytes(int(words[-1])))
        elif words[0] == "HMSG":  # HMSG subject sid [reply] header-size total-size
            data = self._bytes(int(words[-1]))
            head = int(words[-2])
            self._queue(words[:-1], _parse_headers(data[:head]), data[head:])
        elif words[0] == "PING":
            self._send(b"PONG\r\n")
        elif words[0] == "-ERR":
            raise NatsError(line[5:])
        return words[0]

    def _queue(self, words, headers, body):
        queue = self.queues.get(int(words[2]))
        if queue is not None:
            queue.append(Message(words[1], words[3] if len(words) == 5 else "", headers, body))


def _inbox():
    return f"_INBOX.{secrets.token_hex(8)}"


def _parse_headers(data):
    lines = data.decode().split("\r\n")
    headers = {}
    if len(lines[0]) > 8:  # "NATS/1.0 404 No Messages"
        headers[""] = lines[0][8:].strip()
    for line in lines[1:]:
        if line:
            name, _, value = line.partition(":")
            headers[name] = value.strip()
    return headers


def _stream_sequence(reply):
    """Of the reply subject $JS.ACK.[domain.account.]stream.consumer.delivered.STREAM_SEQUENCE.…"""
    tokens = reply.split(".")
    return int(tokens[5] if len(tokens) == 9 else tokens[7])
