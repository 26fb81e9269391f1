"""What a source remembers in the KV bucket `waljet`."""

import base64
import json

from .natsclient import NatsError
from .postgres import lsn

BUCKET = "KV_waljet"
MESSAGE_NOT_FOUND = 10037


def read_record(nats, name="app"):
    """The record of the source of this name as a dict with its position as an integer, or None."""
    try:
        answer = nats.js_api(f"STREAM.MSG.GET.{BUCKET}", {"last_by_subj": f"$KV.waljet.{name}.*"})
    except NatsError as error:
        if error.code == MESSAGE_NOT_FOUND:
            return None
        raise
    record = json.loads(base64.b64decode(answer["message"]["data"]))
    record["position"] = lsn(record["position"])
    return record


def delete_record(nats, name="app"):
    """As `nats kv del` does: with a marker."""
    answer = nats.js_api(f"STREAM.MSG.GET.{BUCKET}", {"last_by_subj": f"$KV.waljet.{name}.*"})
    with nats.client() as client:
        client.js_publish(answer["message"]["subject"], b"", {"KV-Operation": "DEL"})
