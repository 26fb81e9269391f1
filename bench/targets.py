"""What the numbers are judged by, each the median of the results of a run."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    key: str  # of a Result: part/workload/contestant/metric
    bound: float
    sense: str = "at most"  # or "at least"

    def met_by(self, value):
        return value <= self.bound if self.sense == "at most" else value >= self.bound


TARGETS = (
    Target("decoding/orders/waljet lines/CPU ÷ wal2json v2", 0.28),
    Target("decoding/orders/waljet lines/CPU ÷ pgoutput", 0.65),
    Target("decoding/orders/waljet lines/CPU ÷ null", 2.0),
    Target("decoding/small/waljet lines/CPU ÷ pgoutput", 0.75),
    Target("decoding/wide/waljet lines/CPU ÷ wal2json v2", 0.35),
    Target("decoding/narrow/waljet lines/memory growth", 1.0),
    Target("decoding/narrow/waljet frames/memory growth", 1.0),
    Target("delivery/orders/waljet event/events ÷ bare publisher", 0.75, "at least"),
    Target("delivery/narrow/waljet event/events ÷ bare publisher", 0.75, "at least"),
    Target("delivery/mixed/waljet event/events ÷ bare publisher", 0.75, "at least"),
    Target("delivery/small/waljet event/events ÷ bare publisher", 0.75, "at least"),
    Target("delivery/orders/waljet run/events ÷ bare publisher", 4.0, "at least"),
    Target("delivery/narrow/waljet run/events ÷ bare publisher", 4.0, "at least"),
    Target("delivery/orders/waljet event/streamer CPU ÷ nats-server", 0.8),
    Target("delivery/orders/waljet run/streamer CPU ÷ walsender", 0.3),
    Target("delivery/orders/waljet event/streamer peak RSS", 24),
    Target("delivery/orders/waljet run/streamer peak RSS", 24),
    Target("delivery/narrow/waljet event/streamer peak RSS", 24),
    Target("delivery/narrow/waljet run/streamer peak RSS", 24),
    Target("delivery/mixed/waljet event/streamer peak RSS", 24),
    Target("delivery/mixed/waljet run/streamer peak RSS", 24),
    Target("delivery/small/waljet event/streamer peak RSS", 24),
    Target("delivery/small/waljet run/streamer peak RSS", 24),
    Target("snapshot/orders/waljet event/rows ÷ bare publisher", 0.6, "at least"),
    Target("snapshot/orders/waljet run/rows ÷ bare publisher", 1.8, "at least"),
    Target("snapshot/orders/waljet event/streamer peak RSS", 48),
    Target("snapshot/orders/waljet run/streamer peak RSS", 48),
    Target("latency/idle/commit to stored/p50", 2),
    Target("latency/idle/commit to stored/p99", 8),
    Target("latency/load/commit to stored/p99", 50),
    Target("footprint/outage/waljet/streamer peak RSS", 24),
    Target("footprint/huge transaction/waljet/streamer peak RSS", 24),
    Target("footprint/huge transaction/waljet/walsender growth", 1.0),
    Target("footprint/start/waljet/to first event", 150),
    Target("footprint/streamer/waljet/stripped binary", 6),
    Target("source_cost/pgbench/waljet/TPS ÷ null", 0.95, "at least"),
)


def judge(results, parts, chosen, known):
    """Pairs of target and result, of the targets that the run was about: of its parts, and of the workloads `chosen` or places
    that are no workload of those `known`. A target without a result, of a part that failed or lacked something, has None."""
    by_key = {result.key: result for result in results}
    pairs = []
    for target in TARGETS:
        part, place, *_ = target.key.split("/")
        if part in parts and (place in chosen or place not in known):
            pairs.append((target, by_key.get(target.key)))
    return pairs
