"""Times trivox and its peers in turn: `./run bench [NAME...]` calls this.

usage: bench.py --bin DIR --made DIR --test-data DIR --json FILE [--peers PYTHON] [--rounds N] [NAME...]

One line a row of rows.py whose name is, or begins with, a NAME: ours, the peer's, the ratio (above 1:
ours is better) as the median of the rounds with its smallest and largest. A round is ours, then the
peer's, both on the same single core unless the row says that ours has more. Standard library only.
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
import time

import answers
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
    cores: list  # that a row may have; the last is everybody's


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


def whole_process(command, cores):
    """(ms from start to end, MB (10^6 bytes) held at most) of a command bound to `cores`; the MB also by a
    process that it waited for, and not less than what this script itself holds, some 15 MB: the system counts
    what a process held before it became the command."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                               env=environment(), preexec_fn=lambda: os.sched_setaffinity(0, cores))
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    took = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise Absent(f"exit code {process.returncode}: {last_line(errors)}")
    return took * 1e3, usage.ru_maxrss * 1024 / 1e6


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


class Command:
    """One side of a row that is measured on whole processes."""

    def __init__(self, row, places, text, cores):
        self.row, self.cores, self.words = row, cores, shlex.split(text)
        self.out = os.path.join(places.made, "out")
        if self.words[0].endswith(".py"):
            if not places.peers:
                raise Absent("no Python with the peers")
            self.program, self.words = [places.peers, os.path.join(PEERS, self.words[0])], ["{data}"]
        else:
            name, *self.words = self.words
            self.program = [places.trivox if name == "trivox" else name]
            if shutil.which(self.program[0]) is None:
                raise Absent(f"{name} is not installed")

    def version(self):
        told = subprocess.run(self.program + ["--version"], capture_output=True, text=True, env=environment())
        if told.returncode != 0:
            raise Absent(last_line(told.stderr))
        return last_line(told.stdout).replace(" version:", "")

    def measure(self, paths):
        """(figure, answers): of several paths the time together, the most memory."""
        name = os.path.basename(self.program[-1])
        figures, found = [], []
        for path in paths:
            shutil.rmtree(self.out, ignore_errors=True)
            os.mkdir(self.out)
            took, held = whole_process(self.program + [word.format(data=path, out=self.out, peers=PEERS)
                                                       for word in self.words], self.cores)
            beside = self.row.beside(path) if self.row.beside else 0
            figures.append(held - beside if self.row.unit == table.MEMORY else took)
            if self.row.answer:
                try:
                    found.append(self.row.answer(path, self.out))
                except answers.Wrong as fault:
                    raise SystemExit(f"{self.row.name}: {name}: {fault}") from fault
        shutil.rmtree(self.out)
        return (max if self.row.unit == table.MEMORY else sum)(figures), found


def process_rounds(row, places, data, rounds):
    """The same for what is measured on whole processes."""
    paths = [data] if isinstance(data, str) else data
    ours, pairs = Command(row, places, "trivox " + row.ours, places.cores[-row.cores:]), []
    try:
        peer = Command(row, places, row.peer, places.cores[-1:])
        who = peer.version()
    except Absent as reason:
        peer, who = None, f"absent: {reason}"
    cold = 0 if row.unit == table.MEMORY else 1  # what comes first has the files read from disk
    for _ in range(cold + rounds):
        figure, found = ours.measure(paths)
        theirs = None
        if peer is not None:
            try:
                theirs, others = peer.measure(paths)
            except Absent as reason:
                peer, who = None, f"absent: {reason}"
            else:
                if found != others:
                    raise SystemExit(f"{row.name}: trivox made {found}, {who} {others}: not the same work")
        pairs.append((figure, theirs))
    return pairs[cold:], who


def measure(row, places, rounds):
    """One entry of bench.json."""
    if row.cores > len(places.cores):
        raise Absent(f"it needs {row.cores} cores, there is {len(places.cores)}")
    data = row.data(places)
    if data is None:
        raise Absent("its test data is not there (TRIVOX_TEST_DATA)")
    rounds_of = process_rounds if row.whole or row.unit == table.MEMORY else time_rounds
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
    ours = f"{entry['name']:<18} ours {figure(entry['ours']):>7} {entry['unit']}"
    if entry["ratio"] is None:
        return f"{ours}   peer {entry['peer_name']}"
    ratio, least, most = (f"{entry[key]:.{1 if entry['ratio'] >= 10 else 2}f}"
                          for key in ("ratio", "ratio_min", "ratio_max"))
    return (f"{ours}   {entry['peer_name']} {figure(entry['peer'])} {entry['unit']}   "
            f"{ratio} x ({least}-{most})")


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
                    peers=arguments.peers if os.path.exists(arguments.peers) else "",
                    cores=sorted(os.sched_getaffinity(0)))
    os.makedirs(places.made, exist_ok=True)

    cores = os.cpu_count()
    os.sched_setaffinity(0, places.cores[-1:])  # inherited by both sides
    version = subprocess.run([places.trivox, "--version"], capture_output=True, text=True, check=True)
    print(f"{version.stdout.strip()}; one core of {cores}, {processor()}; {arguments.rounds} rounds")
    entries = []
    for row in rows:
        print(f"  {row.name}: {row.does}")
    for row in rows:
        try:
            entries.append(measure(row, places, arguments.rounds))
        except Absent as reason:
            print(f"{row.name:<18} not measured: {reason}", flush=True)
            continue
        print(line_of(entries[-1]), flush=True)
    with open(arguments.json, "w", encoding="utf-8") as file:
        json.dump(entries, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    sys.exit(main())
