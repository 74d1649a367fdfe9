"""Times trivox and its peers in turn: `./run bench [NAME...]` calls this.

usage: bench.py --bin DIR --made DIR --test-data DIR --json FILE [--peers PYTHON] [--rounds N] [NAME...]

One line a row of rows.py whose name is, or begins with, a NAME: ours, the peer's, the ratio (above 1:
ours is better) as the median of the rounds with its smallest and largest. A round is ours, then the
peer's, both on the same single core. Standard library only.
"""
import argparse
import dataclasses
import json
import os
import re
import shlex
import shutil
import statistics
import subprocess
import sys

import rows as table

HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = os.path.join(HERE, "peers")


@dataclasses.dataclass
class Places:
    bench: str  # trivox-bench
    trivox: str
    made: str  # where data is made
    test_data: str
    peers: str  # Python of the peers; empty: none


class Absent(Exception):
    """A side that cannot be measured, with the reason."""


def environment():
    """One thread for everybody, and no work-around that would slow a peer down."""
    one = dict(os.environ)
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "PYTHONPATH"):
        one.pop(name, None)
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS",
                 "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS"):
        one[name] = "1"
    return one


def last_line(text):
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no reason given"


class Peer:
    """A peer's script, started once and kept; see peers/serve.py."""

    def __init__(self, places, script, data):
        if not places.peers:
            raise Absent("no Python with the peers")
        self.errors = open(os.path.join(places.made, "peer.log"), "w+", encoding="utf-8")
        self.process = subprocess.Popen([places.peers, os.path.join(PEERS, script), data], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.errors, env=environment())
        ready = self._answer()
        self.version, self.work = ready["version"], ready["work"]

    def _answer(self):
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            self.errors.seek(0)
            raise Absent(last_line(self.errors.read()))
        return json.loads(line)

    def measure(self):
        """Seconds for the work."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self._answer()["seconds"]

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.errors.close()


def measure_ours(places, name, data):
    """(seconds, work) by Google Benchmark: the median of its repetitions."""
    done = subprocess.run([places.bench, name, data, "--benchmark_format=json", "--benchmark_min_time=0.1",
                           "--benchmark_repetitions=5"],
                          capture_output=True, text=True, env=environment())
    if done.returncode != 0:
        raise Absent(last_line(done.stderr))
    runs = [run for run in json.loads(done.stdout)["benchmarks"] if run["run_type"] == "iteration"]
    for run in runs:
        if run.get("error_occurred"):
            raise Absent(run["error_message"])
    per_second = {"ms": 1e3, "us": 1e6, "ns": 1e9, "s": 1}[runs[0]["time_unit"]]
    return statistics.median(run["real_time"] for run in runs) / per_second, round(runs[0]["work"])


def peak_mb(command):
    """MB (10^6 bytes) that a command held at most, or a process that it waited for. Not less than what this
    script itself holds, some 15 MB: the system counts what a process held before it became the command."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                               env=environment())
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise Absent(last_line(errors))
    return usage.ru_maxrss * 1024 / 1e6


def time_rounds(row, places, data, rounds):
    """[(ours, peer's or None)] in the row's unit, and who the peer is or why there is none."""
    def in_unit(seconds, work):
        return work / seconds if row.unit == table.RATE else seconds * 1e3
    try:
        peer = Peer(places, row.peer, data)
        who = peer.version
    except Absent as reason:
        peer, who = None, f"absent: {reason}"
    pairs = []
    try:
        for _ in range(rounds):
            seconds, work = measure_ours(places, row.ours, data)
            if peer is None:
                pairs.append((in_unit(seconds, work), None))
                continue
            if work != peer.work:
                raise SystemExit(f"{row.name}: trivox did {work}, {who} {peer.work}: not the same work")
            pairs.append((in_unit(seconds, work), in_unit(peer.measure(), work)))
    finally:
        if peer is not None:
            peer.close()
    return pairs, who


def memory_rounds(row, places, data, rounds):
    """The same for what is measured on whole processes."""
    out = os.path.join(places.made, "out")
    command = [places.trivox] + [part.format(data=data, out=out) for part in shlex.split(row.ours)]
    peer = [places.peers, os.path.join(PEERS, row.peer), data]
    who, pairs = "absent: no Python with the peers", []
    for _ in range(rounds):
        shutil.rmtree(out, ignore_errors=True)
        ours, theirs = peak_mb(command), None
        if places.peers:
            try:
                theirs = peak_mb(peer)
                who = version_of(peer)
            except Absent as reason:
                who = f"absent: {reason}"
        pairs.append((ours, theirs))
    shutil.rmtree(out, ignore_errors=True)
    return pairs, who


def version_of(peer):
    return subprocess.run(peer[:2] + ["--version"], capture_output=True, text=True, check=True,
                          env=environment()).stdout.strip()


def measure(row, places, rounds):
    """One entry of bench.json."""
    data = row.data(places)
    if data is None:
        raise Absent("its test data is not there (TRIVOX_TEST_DATA)")
    rounds_of = memory_rounds if row.unit == table.MEMORY else time_rounds
    pairs, who = rounds_of(row, places, data, rounds)
    better = (lambda ours, peer: ours / peer) if row.unit == table.RATE else (lambda ours, peer: peer / ours)
    ratios = [better(ours, peer) for ours, peer in pairs if peer is not None]
    return {
        "name": row.name,
        "ours": statistics.median(ours for ours, _ in pairs),
        "peer": statistics.median(peer for _, peer in pairs) if ratios else None,
        "peer_name": who,
        "unit": row.unit,
        "ratio": statistics.median(ratios) if ratios else None,
        "ratio_min": min(ratios) if ratios else None,
        "ratio_max": max(ratios) if ratios else None,
    }


def figure(value):
    return f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def line_of(entry):
    ours = f"{entry['name']:<16} ours {figure(entry['ours']):>7} {entry['unit']}"
    if entry["ratio"] is None:
        return f"{ours}   peer {entry['peer_name']}"
    return (f"{ours}   {entry['peer_name']} {figure(entry['peer'])} {entry['unit']}   "
            f"{entry['ratio']:.1f} x ({entry['ratio_min']:.1f}-{entry['ratio_max']:.1f})")


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        found = re.search(r"^model name\s*:\s*(.*)$", file.read(), re.MULTILINE)
    return found.group(1) if found else "unknown processor"


def chosen(names):
    rows = [row for row in table.ROWS
            if not names or any(row.name == name or row.name.startswith(name + "-") for name in names)]
    unknown = [name for name in names
               if not any(row.name == name or row.name.startswith(name + "-") for row in table.ROWS)]
    if unknown:
        raise SystemExit(f"no row {unknown[0]}; there are: {' '.join(row.name for row in table.ROWS)}")
    return rows


def main():
    parser = argparse.ArgumentParser()
    for option in ("--bin", "--made", "--test-data", "--json"):
        parser.add_argument(option, required=True)
    parser.add_argument("--peers", default="")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    rows = chosen(arguments.names)
    places = Places(bench=os.path.join(arguments.bin, "trivox-bench"),
                    trivox=os.path.join(arguments.bin, "trivox"), made=arguments.made,
                    test_data=arguments.test_data,
                    peers=arguments.peers if os.path.exists(arguments.peers) else "")
    os.makedirs(places.made, exist_ok=True)

    cores = os.cpu_count()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # inherited by both sides
    version = subprocess.run([places.trivox, "--version"], capture_output=True, text=True, check=True)
    print(f"{version.stdout.strip()}; one core of {cores}, {processor()}; {arguments.rounds} rounds")
    entries = []
    for row in rows:
        print(f"  {row.name}: {row.does}")
    for row in rows:
        try:
            entries.append(measure(row, places, arguments.rounds))
        except Absent as reason:
            print(f"{row.name:<16} not measured: {reason}", flush=True)
            continue
        print(line_of(entries[-1]), flush=True)
    with open(arguments.json, "w", encoding="utf-8") as file:
        json.dump(entries, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    sys.exit(main())
