"""What every peer's script does: measure one thing whenever it is told to, so that ours and the
peer's can take turns without counting the start of Python and its imports.

A script names its version, says how to do the thing once and how much work that was, and calls
`serve`. The protocol: one JSON line {"version", "work"} when ready, then for every line on standard
input one JSON line {"seconds"}, the median of as many runs as fill half a second.
"""
import json
import statistics
import sys
import time


def serve(version, once, least_seconds=0.5):
    """once: does the thing and returns its work, a number that trivox-bench must arrive at too."""
    answers = sys.stdout
    sys.stdout = sys.stderr  # what a library prints is no answer
    print(json.dumps({"version": version, "work": once()}), file=answers, flush=True)
    for _ in sys.stdin:
        runs = []
        while sum(runs) < least_seconds:
            start = time.perf_counter()
            once()
            runs.append(time.perf_counter() - start)
        print(json.dumps({"seconds": statistics.median(runs)}), file=answers, flush=True)
