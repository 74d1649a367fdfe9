"""The harness itself, with programs that only pretend: what it prints and writes. Takes no argument."""
import contextlib
import io
import json
import os
import stat
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import bench
import rows

FAKE_BENCH = """#!{python}
import json
run = {{"run_type": "iteration", "real_time": 2.0, "time_unit": "ms", "work": 50.0}}
print(json.dumps({{"benchmarks": [run, run, run, {{"run_type": "aggregate", "real_time": 9.0}}]}}))
"""
FAKE_TRIVOX = """#!{python}
import sys
print("trivox 1.2.3" if "--version" in sys.argv else bytearray(50_000_000)[7])
"""
FAKE_PEER = """
import sys, time
sys.path.insert(0, {peers!r})
from serve import serve
def once():
    print("chatter that is no answer")
    time.sleep(0.01)
    return {work}
serve("Peer 4.5", once, least_seconds=0.03)
"""
FAKE_HEAVY = """
import sys
print("Heavy 6.7") if "--version" in sys.argv else bytearray(400_000_000)
"""


def write(path, text, executable=False):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    if executable:
        os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)


def run(folder, table, peers=sys.executable, names=()):
    bench.table.ROWS = table
    bench.PEERS = folder
    sys.argv = ["bench.py", "--bin", folder, "--made", os.path.join(folder, "made"), "--test-data", folder,
                "--json", os.path.join(folder, "bench.json"), "--peers", peers, "--rounds", "3", *names]
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        bench.main()
    with open(os.path.join(folder, "bench.json"), encoding="utf-8") as file:
        return out.getvalue(), {entry["name"]: entry for entry in json.load(file)}


with tempfile.TemporaryDirectory() as folder:
    write(os.path.join(folder, "trivox-bench"), FAKE_BENCH.format(python=sys.executable), True)
    write(os.path.join(folder, "trivox"), FAKE_TRIVOX.format(python=sys.executable), True)
    for name, work in (("good.py", 50), ("other_work.py", 51)):
        write(os.path.join(folder, name), FAKE_PEER.format(peers=os.path.join(HERE, "peers"), work=work))
    write(os.path.join(folder, "missing.py"), "import a_module_that_is_not_there\n")
    write(os.path.join(folder, "heavy.py"), FAKE_HEAVY)

    def here(places):
        return folder

    good = rows.Row("good", "something", here, "x", "good.py")
    table = [
        good,
        rows.Row("good-rate", "something", here, "x", "good.py", rows.RATE),
        rows.Row("missing", "something", here, "x", "missing.py"),
        rows.Row("no-data", "something", lambda places: None, "x", "good.py"),
        rows.Row("memory", "something", here, "--out {out}", "heavy.py", rows.MEMORY),
    ]
    text, entries = run(folder, table)
    assert text.startswith("trivox 1.2.3; one core of "), text
    assert list(entries) == ["good", "good-rate", "missing", "memory"], entries
    keys = {"name", "ours", "peer", "peer_name", "unit", "ratio", "ratio_min", "ratio_max"}
    assert all(set(entry) == keys for entry in entries.values()), entries
    made = entries["good"]
    assert made["ours"] == 2.0 and made["unit"] == "ms" and made["peer_name"] == "Peer 4.5", made
    # The peer sleeps 10 ms, so that it takes 5 times as long, a little more on a busy machine.
    assert 10 <= made["peer"] and 5 <= made["ratio_min"] <= made["ratio"] <= made["ratio_max"], made
    rate = entries["good-rate"]  # 50 files in 2 ms and in at least 10 ms
    assert rate["ours"] == 25000 and rate["peer"] <= 5000 and rate["ratio_min"] >= 5, rate
    assert entries["missing"]["peer"] is None and entries["missing"]["ratio"] is None, entries["missing"]
    assert "No module named 'a_module_that_is_not_there'" in entries["missing"]["peer_name"]
    # The pretended trivox holds 50 MB, the peer 400 MB.
    memory = entries["memory"]
    assert 50 < memory["ours"] < 150 and 400 < memory["peer"] and memory["peer_name"] == "Heavy 6.7", memory
    assert "no-data          not measured: its test data is not there (TRIVOX_TEST_DATA)" in text, text

    text, entries = run(folder, table, peers="", names=["good"])
    assert list(entries) == ["good", "good-rate"], entries
    assert entries["good"]["peer_name"] == "absent: no Python with the peers", entries["good"]
    assert "good             ours     2.0 ms   peer absent: no Python with the peers" in text, text

    for wrong, message in (([rows.Row("differs", "something", here, "x", "other_work.py")],
                            "differs: trivox did 50, Peer 4.5 51: not the same work"),
                           ([good], "no row nothing; there are: good")):
        try:
            run(folder, wrong, names=["nothing"] if wrong == [good] else ())
        except SystemExit as stop:
            assert str(stop) == message, stop
        else:
            raise AssertionError(message)
print("the harness prints and writes what it should")
