"""The parts of the benchmark that deliver, at a size at which no time means anything: they run, verify what arrived, draw."""

import json
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest
from harness.paths import ROOT

sys.path.append(str(ROOT / "bench"))

import flamegraph  # noqa: E402
import latency  # noqa: E402
import rig  # noqa: E402
from measure.result import NotVerified  # noqa: E402
from workloads import Written  # noqa: E402

EVENTS = 14_000  # of the workload `orders` at this size


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """The file of results of one run."""
    out = tmp_path_factory.mktemp("bench")
    done = subprocess.run(["/usr/bin/python3", ROOT / "bench" / "run.py", "--only", "delivery,latency", "--workloads", "orders",
                           "--sizes", "tiny", "--rounds", "1", "--out", out], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    [path] = out.glob("*.json")
    return json.loads(path.read_text())


def test_every_event_is_stored_by_both_publishers(results):
    raw = {each["contestant"]: each for each in results["raw"] if each["part"] == "delivery"}
    assert raw["waljet event"]["messages"] == raw["bare publisher"]["messages"] == EVENTS
    if "waljet run" in raw:
        assert raw["waljet run"]["messages"] == raw["bare publisher, groups"]["messages"] < EVENTS
    assert {"walsender", "client", "nats-server"} == set(raw["waljet event"]["cpu"])


def test_latency_has_every_transaction(results):
    [raw] = [each for each in results["raw"] if each["part"] == "latency"]
    assert len(raw["idle, commit to stored, ms"]) == latency.IDLE_TRANSACTIONS["tiny"]
    assert all(value > 0 for value in raw["idle, commit to stored, ms"] + raw["load, commit to stored, ms"])


def test_percentiles_are_values_that_were_seen():
    values = list(range(1, 1001))
    assert [latency.percentile(values, percent) for percent in (50, 99, 100)] == [500, 990, 1000]
    assert latency.percentile([7], 50) == latency.percentile([7], 99) == 7


def test_what_is_missing_in_the_stream_is_no_number():
    written = Written({"c": 2, "u": 1, "d": 0}, {"c": 3, "u": 2, "d": 0}, 1)

    def sums(c=2, key_sum=3, **more):
        return {"events": c + 1, "operations": {"c": {"count": c, "sum": key_sum}, "u": {"count": 1, "sum": 2}, **more}}

    rig.verify(sums(), written)
    for wrong in (sums(c=1), sums(c=3), sums(key_sum=4), sums(d={"count": 1, "sum": 1}), {**sums(), "events": 4}):
        with pytest.raises(NotVerified):
            rig.verify(wrong, written)


PERF_SCRIPT = """waljet
\t    55d0 waljet::Sink::put(char const*, unsigned long)+0x1c (/usr/bin/waljet)
\t    55d1 (anonymous namespace)::run(int)+0x2 (/usr/bin/waljet)
\t    7f00 [unknown] (/usr/lib/libnats.so.3)

waljet
\t    55d1 (anonymous namespace)::run(int)+0x3 (/usr/bin/waljet)
\t    7f00 [unknown] (/usr/lib/libnats.so.3)

"""


def test_stacks_are_folded_and_drawn():
    stacks, objects = flamegraph.fold(PERF_SCRIPT.splitlines())
    assert stacks == {("[libnats.so.3]", "run", "waljet::Sink::put"): 1, ("[libnats.so.3]", "run"): 1}
    assert objects["run"] == "/usr/bin/waljet"
    assert " 50.00% 100.00%  run  (waljet)" in flamegraph.top_table(stacks, objects)
    picture = ElementTree.fromstring(flamegraph.svg(stacks, objects, "a < b"))
    hints = [title.text for title in picture.iter("{http://www.w3.org/2000/svg}title")]
    assert hints == ["all (2 samples, 100.00%)", "[libnats.so.3] (2 samples, 100.00%)", "run (2 samples, 100.00%)",
                     "waljet::Sink::put (1 samples, 50.00%)"]
