"""A client of the replication protocol that keeps every byte a walsender sends: data, notices, errors and all."""

import socket
import struct

from .postgres import lsn_text


class WireError(Exception):
    """The server refused; the text has the fields of its error."""


class Wire:
    """One replication connection over the server's Unix socket. `received` holds all its bytes."""

    def __init__(self, postgres, dbname="postgres", user="postgres", timeout=60.0):
        self.received = bytearray()
        self.taken = 0
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(f"{postgres.socket}/.s.PGSQL.{postgres.port}")
        words = {"user": user, "database": dbname, "replication": "database", "client_encoding": "UTF8"}
        body = b"".join(word.encode() + b"\0" for pair in words.items() for word in pair) + b"\0"
        self.socket.sendall(struct.pack(">II", len(body) + 8, 196608) + body)
        self._until(b"Z")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def query(self, text):
        """Runs a command that ends with ReadyForQuery."""
        self._send(b"Q", text.encode() + b"\0")
        self._until(b"Z")

    def stream(self, slot, end, options):
        """Starts replication and returns the payloads, up to a position that the server says all was sent to."""
        quote = "'"
        listed = ", ".join(f'"{name}" {quote}{str(value).replace(quote, quote * 2)}{quote}' for name, value in options.items())
        self._send(b"Q", f"START_REPLICATION SLOT {slot} LOGICAL {lsn_text(0)} ({listed})".encode() + b"\0")
        self._until(b"W")
        payloads = []
        while True:
            body = self._until(b"d")
            if body[:1] == b"w":
                payloads.append(body[25:])
            elif body[:1] == b"k" and struct.unpack(">Q", body[1:9])[0] >= end:
                return payloads

    def _send(self, kind, body):
        self.socket.sendall(kind + struct.pack(">I", len(body) + 4) + body)

    def _until(self, wanted):
        """Takes messages up to one of this kind; returns its body."""
        while True:
            kind, body = self._message()
            if kind == b"E":
                raise WireError(body.replace(b"\0", b"\n").decode(errors="replace"))
            if kind == wanted:
                return body

    def _message(self):
        kind, size = struct.unpack(">cI", self._bytes(5))
        return kind, self._bytes(size - 4)

    def _bytes(self, size):
        while len(self.received) < self.taken + size:
            data = self.socket.recv(65536)
            if not data:
                raise WireError("the server closed the connection")
            self.received += data
        self.taken += size
        return bytes(self.received[self.taken - size:self.taken])
