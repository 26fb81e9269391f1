"""What a run asks of the plugin: one choice for each option that changes how a value looks."""

from dataclasses import dataclass

DECIMAL = ("precise", "double", "string")
TIME = ("adaptive", "adaptive_time_microseconds", "connect", "isostring", "microseconds", "nanoseconds")
INTERVAL = ("numeric", "string")
BINARY = ("bytes", "base64", "base64-url-safe", "hex")
HSTORE = ("json", "map")
PLACEHOLDERS = ("__debezium_unavailable_value", 'not "here"\\', "ausgelassen – 無い 😀")


@dataclass(frozen=True)
class RunOptions:
    """`identity` full: every table has REPLICA IDENTITY FULL; default: tables have keys, and any identity that shows them."""
    format: str
    identity: str
    decimal: str = "precise"
    time: str = "adaptive"
    interval: str = "numeric"
    binary: str = "bytes"
    hstore: str = "json"
    schemas: str = "off"
    unavailable_value: str = "__debezium_unavailable_value"
    partition_root: str = "off"

    @property
    def is_debezium(self):
        return self.format == "debezium"

    def for_plugin(self):
        """Option names and values as START_REPLICATION takes them."""
        chosen = {"format": self.format, "name": "app", "operations": "insert,update,delete,truncate",
                  "partition_root": self.partition_root}
        if self.is_debezium:
            for name in ("decimal", "time", "interval", "binary", "hstore", "schemas", "unavailable_value"):
                chosen[name] = getattr(self, name)
        return chosen


def draw(rng, format, identity, encoding, plain):
    """Random options; `plain`: the defaults."""
    if plain:
        return RunOptions(format, identity)
    partition_root = rng.choice(("off", "off", "on"))
    if format != "debezium":
        return RunOptions(format, identity, partition_root=partition_root)
    return RunOptions(format, identity, rng.choice(DECIMAL), rng.choice(TIME), rng.choice(INTERVAL), rng.choice(BINARY),
                      rng.choice(HSTORE), rng.choice(("off", "on")),
                      rng.choice(PLACEHOLDERS[:None if encoding == "UTF8" else 2]), partition_root)
