"""The benchmark itself, at a size at which no time means anything: that it runs, counts, and tells what it measured with."""

import json
import subprocess
import sys

import pytest
from harness.paths import ROOT

sys.path.append(str(ROOT / "bench"))

from measure import report  # noqa: E402
from measure.drain import LINES, NULL, verify  # noqa: E402
from measure.result import NotVerified, Result, ratios_of  # noqa: E402
from targets import judge  # noqa: E402
from workloads import ALL, Written  # noqa: E402

WORKLOAD = "small"
EVENTS = 2000


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """The file of results of one run."""
    out = tmp_path_factory.mktemp("bench")
    done = subprocess.run(["/usr/bin/python3", ROOT / "bench" / "run.py", "--only", "decoding", "--workloads", WORKLOAD,
                           "--sizes", "tiny", "--rounds", "1", "--out", out], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    [path] = out.glob("*.json")
    return json.loads(path.read_text())


def test_every_change_is_counted_for_every_plugin(results):
    raw = {each["contestant"]: each for each in results["raw"]}
    assert {"null", "waljet lines", "waljet frames", "pgoutput"} <= set(raw)
    assert raw.pop("null")["by_operation"] == {"c": 0, "u": 0, "d": 0, "other": 0}
    for figures in raw.values():
        assert figures["by_operation"] == {"c": EVENTS, "u": 0, "d": 0, "other": 0}
        assert figures["key_sums"] == {"c": EVENTS * (EVENTS + 1) // 2, "u": 0, "d": 0}
    assert len({figures["order"] for figures in raw.values()}) == 1
    assert raw["waljet frames"]["transactions"] == raw["pgoutput"]["transactions"] == EVENTS


def test_results_tell_what_they_were_measured_with(results):
    assert results["errors"] == []
    assert results["rounds"] == 1 and results["sizes"] == "tiny"
    assert {"cpu", "cores", "memory_mb", "kernel", "filesystem"} <= set(results["machine"])
    assert {"waljet", "commit", "dirty", "postgresql", "nats-server", "libnats", "wal2json"} <= set(results["versions"])
    assert results["settings"]["postgresql"]["autovacuum"] == "off"
    [cpu] = [each for each in results["results"] if each["contestant"] == "waljet lines" and each["metric"] == "CPU"]
    assert cpu["unit"] == "s" and len(cpu["values"]) == 1 and cpu["values"][0] > 0 and cpu["median"] == cpu["values"][0]
    [target] = results["targets"]
    assert target["key"] == "decoding/small/waljet lines/CPU ÷ pgoutput" and target["bound"] == 0.75
    assert target["verdict"] in ("met", "missed")


def test_what_is_missing_is_no_number():
    written = Written({"c": 3, "u": 1, "d": 0}, {"c": 6, "u": 2, "d": 0}, 1)

    def figures(c=3, key_sum=6, other=0):
        return {"by_operation": {"c": c, "u": 1, "d": 0, "other": other}, "key_sums": {"c": key_sum, "u": 2, "d": 0}}

    verify(figures(), LINES, written)
    for wrong in (figures(c=2), figures(key_sum=7), figures(other=1)):
        with pytest.raises(NotVerified):
            verify(wrong, LINES, written)
    with pytest.raises(NotVerified):
        verify(figures(), NULL, written)


def test_a_target_is_judged_by_the_median_and_never_dropped():
    result = Result("decoding", "small", "waljet lines", "CPU ÷ pgoutput", "", [0.7, 0.74, 0.9])
    [(target, found)] = judge([result], ["decoding"], ["small"], ALL)
    assert found is result and report.verdict(target, found) == "met"
    [(target, found)] = judge([], ["decoding"], ["small"], ALL)
    assert report.verdict(target, found) == "not measured"
    result.values[0] = 0.8
    assert report.verdict(target, result) == "missed"


def test_ratios_are_of_the_same_round():
    def cpu(contestant, *values):
        return Result("decoding", "orders", contestant, "CPU", "s", list(values))

    ratio = ratios_of(cpu("waljet lines", 2.0, 9.0, 3.0), cpu("null", 1.0, 3.0, 2.0))
    assert ratio.values == [2.0, 3.0, 1.5] and ratio.median == 2.0
    assert ratio.key == "decoding/orders/waljet lines/CPU ÷ null"
