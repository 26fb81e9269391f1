"""Waiting for a condition: the only place of the test code that sleeps."""

import time


class Timeout(AssertionError):
    pass


def until(condition, timeout=10.0, interval=0.02, message="", retry=()):
    """Calls condition() until it is true and returns its value; Timeout after `timeout` seconds.

    `message` is a string or a function that tells what was seen. Exceptions of the types in `retry` count as false.
    """
    deadline = time.monotonic() + timeout
    while True:
        error = None
        try:
            value = condition()
            if value:
                return value
        except retry as caught:
            value, error = None, caught
        if time.monotonic() >= deadline:
            text = message() if callable(message) else message
            raise Timeout(f"not within {timeout:g} s: {text or condition} (last: {error or value!r})")
        time.sleep(interval)


def always(condition, duration, interval=0.05, message=""):
    """Checks that condition() stays true for `duration` seconds."""
    deadline = time.monotonic() + duration
    while time.monotonic() < deadline:
        assert condition(), f"became false: {message or condition}"
        time.sleep(interval)


def pause(seconds):
    """Lets time pass where the test is about time (an outage of so long); to wait for something, use until()."""
    time.sleep(seconds)
