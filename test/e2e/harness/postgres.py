"""A private PostgreSQL server."""

import functools
import os
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import psycopg2

from . import wait
from .paths import MODULE, PG_BIN, PG_CONFIG, ROOT
from .port import free_port
from .process import Process

SERVER_USER = "postgres" if os.geteuid() == 0 else None  # a server refuses to run as root
SIGNALS = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}
SETTINGS = {
    "wal_level": "logical",
    "max_wal_senders": 20,
    "max_replication_slots": 20,
    "max_prepared_transactions": 10,
    "fsync": "off",  # a killed server loses nothing by it; only a killed machine does
    "logging_collector": "off",
    "log_line_prefix": "%m [%p] %q%a %u@%d ",
}


def as_server_user(*command):
    """Runs a command as the user that servers run as."""
    prefix = []
    if SERVER_USER:
        prefix = ["setpriv", f"--reuid={SERVER_USER}", f"--regid={SERVER_USER}", "--init-groups", "--"]
    done = subprocess.run([*prefix, *map(str, command)], cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command[0]}: {done.stdout}{done.stderr}"
    return done.stdout


@functools.cache
def known_settings():
    listing = subprocess.check_output([PG_BIN / "postgres", "--describe-config"], text=True)
    return {line.split("\t")[0] for line in listing.splitlines()}


@functools.cache
def share_directory():
    return subprocess.check_output([PG_CONFIG, "--sharedir"], text=True).strip()


def server_version():
    """The major version, as in 15."""
    return int(re.search(r"\d+", subprocess.check_output([PG_BIN / "postgres", "-V"], text=True)).group())


def make_directory(prefix):
    """A temporary directory that the server's user may enter, with a path short enough for a Unix socket."""
    path = Path(tempfile.mkdtemp(prefix=prefix, dir="/tmp"))
    path.chmod(0o711)
    return path


class Template:
    """A data directory fresh from initdb; servers start from copies of it."""

    def __init__(self):
        self.directory = make_directory("waljet-template.")
        self.password = secrets.token_hex(16)
        if SERVER_USER:
            shutil.chown(self.directory, SERVER_USER)
        password_file = self.directory / "password"
        password_file.write_text(self.password)
        if SERVER_USER:
            shutil.chown(password_file, SERVER_USER)
        password_file.chmod(0o600)
        as_server_user(PG_BIN / "initdb", "-D", self.data, "-U", "postgres", "-E", "UTF8",
                       "--locale=C.UTF-8", "--no-sync", "--auth-local=trust", "--auth-host=scram-sha-256", f"--pwfile={password_file}")

    @property
    def data(self):
        return self.directory / "data"

    def remove(self):
        shutil.rmtree(self.directory)


class PostgresServer:
    """Listens on a Unix socket (no password) and on 127.0.0.1 (user postgres with self.password).

    waljet.so is found through dynamic_library_path and allowed by output_plugin_libraries where the server knows it;
    CREATE EXTENSION waljet works.
    """

    def __init__(self, template, **settings):
        self.directory = make_directory("waljet-pg.")
        self.data = self.directory / "data"
        self.library = self.directory / "lib"
        self.socket = self.directory / "s"
        self.port = free_port()
        self.password = template.password
        self.library.mkdir(mode=0o755)
        self.socket.mkdir(mode=0o700)  # the socket asks for no password
        if SERVER_USER:
            shutil.chown(self.socket, SERVER_USER)
        _copy(template.data, self.data)
        self.install_module(MODULE)
        _install_extension(self.library)
        self.settings = dict(SETTINGS, listen_addresses="127.0.0.1", unix_socket_directories=self.socket,
                             dynamic_library_path=f"$libdir:{self.library}")
        # Up to 17 it is Debian's PostgreSQL that can look elsewhere for extensions.
        if "extension_control_path" in known_settings():
            self.settings["extension_control_path"] = f"{self.library}{share_directory()}:$system"
        elif "extension_destdir" in known_settings():
            self.settings["extension_destdir"] = self.library
        if "output_plugin_libraries" in known_settings():
            self.settings["output_plugin_libraries"] = "pgoutput, test_decoding, waljet"
        self.settings.update(settings)
        self._write_settings()
        self.process = None
        self._make_process()

    def _make_process(self):
        self.process = Process([PG_BIN / "postgres", "-D", self.data, "-p", self.port], self.directory / "postgres.log",
                               user=SERVER_USER, death_signal="INT")

    def install_module(self, module):
        """Puts a copy of the plugin where the server finds it; backends that have loaded the old one keep it."""
        if module.exists():
            target = self.library / "waljet.so"
            fresh = self.library / "fresh"
            shutil.copyfile(module, fresh)
            fresh.chmod(0o644)
            fresh.rename(target)

    # ---- settings ----

    def _write_settings(self):
        text = ""
        for name, value in self.settings.items():
            if value is not None:
                text += f"{name} = '" + str(value).replace("'", "''") + "'\n"
        path = self.data / "postgresql.auto.conf"
        path.write_text(text)
        if SERVER_USER:
            shutil.chown(path, SERVER_USER, SERVER_USER)

    def configure(self, **settings):
        """Changes settings; None removes one. Those that a reload can change are in force when this returns."""
        self.settings.update(settings)
        self._write_settings()
        if self.process.alive():
            before = self.execute("select pg_conf_load_time()")[0][0]
            self.execute("select pg_reload_conf()")
            wait.until(lambda: self.execute("select pg_conf_load_time()")[0][0] > before)

    # ---- life ----

    def start(self, timeout=60.0):
        for _ in range(5):
            self.process.start()
            up = wait.until(lambda: "up" if self.is_ready() else "" if self.process.alive() else "dead", timeout,
                            interval=0.05, message=lambda: f"PostgreSQL starts:\n{self.process.log_tail()}")
            if up == "up":
                return self
            assert "could not create any TCP/IP sockets" in self.process.log_tail(), self.process.log_tail()
            self.port = free_port()  # somebody took it meanwhile
            self._make_process()
        raise AssertionError(f"PostgreSQL did not start:\n{self.process.log_tail()}")

    def is_ready(self):
        done = subprocess.run([PG_BIN / "pg_isready", "-q", "-h", self.socket, "-p", str(self.port)], check=False)
        return done.returncode == 0

    def stop(self, mode="fast", timeout=30.0):
        """Returns the seconds that it took."""
        if not self.process.alive():
            return 0.0
        _, seconds = self.process.end(SIGNALS[mode], timeout)
        return seconds

    def restart(self, mode="fast", timeout=60.0):
        self.stop(mode)
        self.start(timeout)

    def kill(self):
        """kill -9 of the whole server, as by a power cut."""
        children = _children(self.process.pid)
        self.process.kill()
        for pid in children:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        wait.until(lambda: not any(_running(pid) for pid in children), message="backends end")

    def save(self):
        """Copies the data directory, slots included, of the stopped server; returns the copy's path for restore()."""
        assert not self.process.alive(), "stop the server first"
        saved = Path(tempfile.mkdtemp(prefix="saved.", dir=self.directory)) / "data"
        _copy(self.data, saved)
        return saved

    def restore(self, saved):
        """Puts a saved data directory in the place of the stopped server's."""
        assert not self.process.alive(), "stop the server first"
        shutil.rmtree(self.data)
        _copy(saved, self.data)
        self._write_settings()

    def remove(self):
        if self.process.alive():
            self.process.thaw()
            try:
                self.stop("immediate")
            except wait.Timeout:
                self.kill()
        shutil.rmtree(self.directory)

    # ---- clients ----

    def conninfo(self, dbname="postgres", user="postgres", **more):
        """A libpq connection string for the Unix socket."""
        words = {"host": self.socket, "port": self.port, "dbname": dbname, "user": user, **more}
        return " ".join(f"{name}='" + re.sub(r"(['\\])", r"\\\1", str(value)) + "'" for name, value in words.items())

    def uri(self, dbname="postgres", user="postgres", password=None):
        """A URI for TCP on the loopback, password included."""
        return f"postgresql://{user}:{password or self.password}@127.0.0.1:{self.port}/{dbname}"

    def connect(self, dbname="postgres", user="postgres", tcp=False, autocommit=True, **more):
        """A psycopg2 connection; close it."""
        where = self.uri(dbname, user) if tcp else self.conninfo(dbname, user)
        connection = psycopg2.connect(where, **more)
        connection.autocommit = autocommit
        return connection

    def execute(self, sql, parameters=None, dbname="postgres", user="postgres"):
        """Runs SQL in a connection of its own, statements committed one by one; returns the last one's rows, if any."""
        connection = self.connect(dbname, user)
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, parameters)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def psql(self, script, dbname="postgres", user="postgres", check=True):
        """Runs a script through psql; returns the finished process (stdout, stderr, returncode)."""
        command = [PG_BIN / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", self.conninfo(dbname, user)]
        done = subprocess.run(command, input=script, capture_output=True, text=True, check=False)
        assert not check or done.returncode == 0, done.stderr
        return done

    def create_database(self, name, options=""):
        self.execute(f'create database "{name}" {options}')
        return name

    # ---- replication ----

    def timeline(self):
        return int(self.execute("select substring(pg_walfile_name(pg_current_wal_lsn()), 1, 8)")[0][0], 16)

    def wal_lsn(self):
        return lsn(self.execute("select pg_current_wal_lsn()")[0][0])

    def slot(self, name):
        """The row of pg_replication_slots as a dict with positions as integers, or None."""
        rows = self.execute("""select row_to_json(s) from pg_replication_slots s where slot_name = %s""", (name,))
        if not rows:
            return None
        row = rows[0][0]
        for column in ("restart_lsn", "confirmed_flush_lsn"):
            row[column] = lsn(row[column])
        return row


class Standby(PostgresServer):
    """A physical standby made from the files of a stopped primary, logical slots included, as they were then.

    It streams from the primary once both run. The slots do not move on with those of the primary.
    """

    def __init__(self, primary, **settings):
        assert not primary.process.alive(), "stop the primary first: its files are copied"
        super().__init__(primary, **{"primary_conninfo": primary.conninfo(), **settings})
        signal_file = self.data / "standby.signal"
        signal_file.touch()
        if SERVER_USER:
            shutil.chown(signal_file, SERVER_USER)

    def is_streaming(self):
        return self.execute("select count(*) from pg_stat_wal_receiver where status = 'streaming'")[0][0] == 1

    def wait_for(self, primary, timeout=30.0):
        """Waits until everything that the primary has logged is replayed here."""
        end = primary.wal_lsn()
        wait.until(lambda: lsn(self.execute("select pg_last_wal_replay_lsn()")[0][0]) >= end, timeout,
                   message=self.process.log_tail)

    def disconnect(self):
        """From now on it receives nothing."""
        self.configure(primary_conninfo="")
        wait.until(lambda: self.execute("select count(*) from pg_stat_wal_receiver")[0][0] == 0, 30,
                   message=self.process.log_tail)

    def promote(self):
        """Makes it a primary with a timeline of its own."""
        assert self.execute("select pg_promote(true, 60)")[0][0], self.process.log_tail()


def lsn(text):
    """'1/2A' as an integer; None stays None."""
    if text is None:
        return None
    high, low = text.split("/")
    return int(high, 16) << 32 | int(low, 16)


def lsn_text(number):
    return f"{number >> 32:X}/{number & 0xFFFFFFFF:X}"


def _install_extension(directory):
    """Puts the extension's files into a directory as into pg_config's tree."""
    target = Path(f"{directory}{share_directory()}") / "extension"
    target.mkdir(parents=True)
    for file in [ROOT / "waljet.control", *(ROOT / "sql").glob("*.sql")]:
        shutil.copyfile(file, target / file.name)
        (target / file.name).chmod(0o644)


def _copy(source, target):
    subprocess.run(["cp", "-a", "--reflink=auto", source, target], check=True)


def _children(parent):
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[1]) == parent:
            found.append(int(path.parent.name))
    return found


def _running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False
