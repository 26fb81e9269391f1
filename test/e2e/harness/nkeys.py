"""Keys and certificates for NATS, made by openssl: nkeys, credentials of an account, a CA with server and client."""

import base64
import json
import subprocess

PREFIXES = {"O": 14 << 3, "A": 0, "U": 20 << 3}
SEED_PREFIX = 18 << 3


def _openssl(*arguments, data=None):
    return subprocess.run(["openssl", *map(str, arguments)], input=data, capture_output=True, check=True).stdout


def _crc16(data):
    crc = 0
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc


def _encode(data):
    return base64.b32encode(data + _crc16(data).to_bytes(2, "little")).decode().rstrip("=")


def _base64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


class KeyPair:
    """Of an operator (O), account (A) or user (U); files go into `directory`."""

    def __init__(self, kind, directory):
        prefix = PREFIXES[kind]
        self.file = directory / f"{kind}-{len(list(directory.iterdir()))}.pem"
        self.file.write_bytes(_openssl("genpkey", "-algorithm", "ed25519"))
        private = _openssl("pkey", "-in", self.file, "-outform", "DER")[-32:]
        public = _openssl("pkey", "-in", self.file, "-pubout", "-outform", "DER")[-32:]
        self.seed = _encode(bytes([SEED_PREFIX | prefix >> 5, (prefix & 31) << 3]) + private)
        self.public = _encode(bytes([prefix]) + public)

    def sign(self, text):
        message = self.file.with_suffix(".message")
        message.write_text(text)
        return _openssl("pkeyutl", "-sign", "-rawin", "-inkey", self.file, "-in", message)

    def token(self, kind, name, subject, **claims):
        """A JWT about the key `subject`, signed by this one."""
        claims = {"jti": name, "iat": 1, "iss": self.public, "name": name, "sub": subject,
                  "nats": {**claims, "type": kind, "version": 2}}
        parts = [_base64url(json.dumps(part).encode())
                 for part in ({"typ": "JWT", "alg": "ed25519-nkey"}, claims)]
        signed = ".".join(parts)
        return f"{signed}.{_base64url(self.sign(signed))}"


class OperatorSetup:
    """An operator, its system account, and an account with JetStream and one user.

    `config` is for nats-server, `credentials` the text of the user's file.
    """

    def __init__(self, directory):
        operator, system, account, user = (KeyPair(kind, directory) for kind in "OAAU")
        limits = {"subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": True, "conn": -1,
                  "leaf": -1}
        storage = {"mem_storage": -1, "disk_storage": -1, "streams": -1, "consumer": -1}
        tokens = {system.public: operator.token("account", "system", system.public, limits=limits),
                  account.public: operator.token("account", "app", account.public, limits={**limits, **storage})}
        preloaded = "\n".join(f"  {key}: {token}" for key, token in tokens.items())
        self.config = (f"operator: {operator.token('operator', 'operator', operator.public)}\n"
                       f"system_account: {system.public}\n"
                       f"resolver: MEMORY\nresolver_preload {{\n{preloaded}\n}}")
        token = account.token("user", "waljet", user.public, pub={}, sub={}, subs=-1, data=-1, payload=-1)
        self.credentials = (f"-----BEGIN NATS USER JWT-----\n{token}\n------END NATS USER JWT------\n\n"
                            f"-----BEGIN USER NKEY SEED-----\n{user.seed}\n------END USER NKEY SEED------\n")


class Certificates:
    """A CA (ca.pem) and what it has signed for 127.0.0.1: server.pem, client.pem, each with its .key."""

    def __init__(self, directory):
        self.directory = directory
        self.ca = directory / "ca.pem"
        _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                 "-subj", "/CN=waljet test CA", "-keyout", directory / "ca.key", "-out", self.ca)
        for name in ("server", "client"):
            self._issue(name)

    def _issue(self, name):
        request = _openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                           "-subj", f"/CN={name}", "-keyout", self.directory / f"{name}.key")
        extensions = self.directory / f"{name}.ext"
        extensions.write_text("subjectAltName=IP:127.0.0.1\n")
        certificate = _openssl("x509", "-req", "-days", "2", "-CA", self.ca, "-CAkey", self.directory / "ca.key",
                               "-CAcreateserial", "-extfile", extensions, data=request)
        (self.directory / f"{name}.pem").write_bytes(certificate)

    def __getitem__(self, name):
        return self.directory / name
