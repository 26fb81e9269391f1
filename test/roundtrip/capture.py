"""Takes events out of a slot: by SQL functions or by a walsender."""

import re
import subprocess

from harness.paths import PG_BIN

ENVELOPE_TIMES = re.compile(rb'"op":"[cudt]","ts_ms":\d+,"ts_us":\d+,"ts_ns":\d+\}+$')


def by_function(server, dbname, slot, options, settings, peek):
    """Lines, from a session with these settings; the functions give an event a row.

    `peek`: looks first without taking, and has to see the same.
    """
    words = [word for pair in options.items() for word in pair]
    connection = server.connect(dbname, client_encoding="UTF8")
    try:
        with connection.cursor() as cursor:
            for name, value in settings.items():
                cursor.execute("select set_config(%s, %s, false)", (name, value))
            seen = _call(cursor, "peek", slot, words) if peek else None
            lines = _call(cursor, "get", slot, words)
    finally:
        connection.close()
    if peek and [_untimed(line) for line in seen] != [_untimed(line) for line in lines]:
        raise AssertionError("looked at twice, the slot shows different events")
    return lines


def _call(cursor, verb, slot, words):
    cursor.execute(f"select data from pg_logical_slot_{verb}_changes(%s, null, null, variadic %s::text[])", (slot, words))
    lines = [row[0].encode() for row in cursor.fetchall()]
    if any(b"\n" in line for line in lines):
        raise AssertionError("an event on two lines")
    return lines


def by_walsender(server, dbname, slot, options):
    """Lines, as pg_recvlogical writes them."""
    end = server.execute("select pg_current_wal_insert_lsn()")[0][0]
    words = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
    command = [PG_BIN / "pg_recvlogical", "-d", server.conninfo(dbname), "-S", slot, "--start", "-f", "-", "--endpos", end,
               "--no-loop", *words]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    if done.returncode != 0:
        raise AssertionError(f"pg_recvlogical: {done.stderr.decode(errors='replace')}")
    return done.stdout.removesuffix(b"\n").split(b"\n") if done.stdout else []


def _untimed(line):
    """Without the time at which the event was written."""
    return ENVELOPE_TIMES.sub(b"", line)
