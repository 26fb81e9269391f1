"""What a part hands back: one measured quantity, round by round."""

import statistics
from dataclasses import dataclass, field


class NotVerified(Exception):
    """What arrived is not what was written: there is no number, the run has failed."""


@dataclass
class Result:
    """`values` has one number a round, in the order of the rounds; all results of a workload have as many, so that
    value n of one was measured beside value n of the other."""
    part: str  # "decoding"
    workload: str  # "orders"
    contestant: str  # "waljet lines"
    metric: str  # "CPU"
    unit: str  # "s"
    values: list = field(default_factory=list)

    @property
    def key(self):
        """Names it in bench/targets.py: part/workload/contestant/metric."""
        return "/".join((self.part, self.workload, self.contestant, self.metric))

    @property
    def median(self):
        return statistics.median(self.values)

    @property
    def low(self):
        return min(self.values)

    @property
    def high(self):
        return max(self.values)


def ratios_of(result, reference):
    """The result as a multiple of what was measured beside it: one ratio a round. Its metric is named "CPU ÷ null"."""
    metric = f"{result.metric} ÷ {reference.contestant}"
    values = [value / other for value, other in zip(result.values, reference.values, strict=True)]
    return Result(result.part, result.workload, result.contestant, metric, "", values)
