"""Runs a command on one core and prints what it took as JSON: wall_s, cpu_s, peak_mb (10^6 bytes), code.

usage: launch.py CORE OUTPUT_FILE COMMAND...     (its standard output goes to the file, its errors are ours)

A process of its own and of the standard library alone, because the system counts what a process held before
it became the command as that command's peak.
"""
import json
import os
import sys
import time

core, output, command = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
os.sched_setaffinity(0, {core})
file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
start = time.perf_counter()
child = os.posix_spawnp(command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, file, 1)])
_, status, usage = os.wait4(child, 0)
print(json.dumps({"wall_s": time.perf_counter() - start, "cpu_s": usage.ru_utime + usage.ru_stime,
                  "peak_mb": usage.ru_maxrss * 1024 / 1e6, "code": os.waitstatus_to_exitcode(status)}))
