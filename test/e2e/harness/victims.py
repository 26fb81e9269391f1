"""Who may die while a snapshot goes on: VICTIMS[name](app) kills it, and starts it again where nobody else does."""

import os
import signal

import psycopg2

from . import wait
from .snapshots import READERS


def kill_streamer(app):
    app.kill()
    app.start()


def kill_walsender(app):
    app.postgres.execute("select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'walsender'")


def kill_reader(app):
    app.postgres.execute(f"select pg_terminate_backend(pid) from pg_stat_activity where {READERS}")


def kill_reader_hard(app):
    """kill -9 of a backend: the server restarts. Of none where the last one has just ended."""
    readers = app.readers()
    if not readers:
        return
    restarts = "reinitializing"
    before = len(app.postgres.process.log_lines(restarts))
    try:
        os.kill(readers[0], signal.SIGKILL)
    except ProcessLookupError:
        return
    app.postgres.process.wait_for_log(restarts, 30, before + 1)  # until then it may take connections still
    wait.until(lambda: app.postgres.execute("select 1"), 30, retry=(psycopg2.Error,))


def kill_nats(app):
    app.nats.kill()
    app.nats.start()


def kill_postgres(app):
    app.postgres.restart("immediate")


VICTIMS = {"streamer": kill_streamer, "walsender": kill_walsender, "reader": kill_reader, "reader, hard": kill_reader_hard,
           "nats": kill_nats, "postgres": kill_postgres}
