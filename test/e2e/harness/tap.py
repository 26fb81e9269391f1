"""A TCP link that keeps every byte a server sends."""

import socket
import threading


class Tap:
    """Passes connections to self.port on 127.0.0.1 on to `port`; `received` holds all that came back."""

    def __init__(self, port):
        self.target = ("127.0.0.1", port)
        self.received = bytearray()
        self._lock = threading.Lock()
        self._ends = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def remove(self):
        _close(self._listener)
        for end in self._ends:
            _close(end)

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(self.target)
            except OSError:  # removed
                return
            self._ends += [client, server]
            for source, sink, keeps in ((client, server, False), (server, client, True)):
                threading.Thread(target=self._pass, args=(source, sink, keeps), daemon=True).start()

    def _pass(self, source, sink, keeps):
        try:
            while data := source.recv(1 << 16):
                if keeps:
                    with self._lock:
                        self.received += data
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:  # one end is gone: so is the other
            _close(source)
            _close(sink)


def _close(end):
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    end.close()
