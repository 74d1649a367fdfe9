"""Reads mutated files of one format and compares what is read with the oracle.

usage: run.py FORMAT trivox-read-each FOLDER [COUNT]

The mutants are the same in every run. Each is read in trivox-read-each; there must be
  - no crash, and no second of CPU time for one file;
  - no more memory than twice what is there: the file's bytes, those that it holds uncompressed, and its
    voxels as float32 where they were read; and 256 KiB, for buffers of a fixed size (more where the module
    says so);
  - an Error, or what the oracle reads. Where they differ for a reason that stands in the format's module
    (`allowed`), that is counted.
Every unmutated seed must be read.
"""
import collections
import importlib
import pathlib
import random
import re
import shutil
import sys

from compare import same
from reader import read_all

FIXED_BYTES = 256 << 10


def main():
    name, program, folder = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]) / sys.argv[1]
    count = int(sys.argv[4]) if len(sys.argv) > 4 else 2000
    fmt = importlib.import_module(f"{name}_mutants")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    seeds = fmt.seeds(folder)
    paths = {seed: fmt.write(folder, f"seed-{seed}", data) for seed, data in seeds.items()}
    names = sorted(seeds)
    for i in range(count):
        rng = random.Random(f"{name} {i}")
        seed = names[i % len(names)]
        paths[f"{i:04d}-{seed}"] = fmt.write(folder, f"{i:04d}-{seed}", fmt.mutate(seeds[seed], rng, seeds))
    answers = read_all(program, name, list(paths.values()), folder)

    counts, reasons, faults, slowest = collections.Counter(), collections.Counter(), [], 0
    for key, path in paths.items():
        read = answers.get(str(path), {"crash": "no answer"})
        if "crash" in read:
            faults.append(f"{path}: CRASH {read['crash']}")
            continue
        slowest = max(slowest, read["cpu_s"])
        there = max(fmt.bytes_there(path), 4 * read.get("count", 0))
        if read["peak"] > getattr(fmt, "MEMORY", 2) * there + getattr(fmt, "FIXED_BYTES", FIXED_BYTES):
            faults.append(f"{path}: {read['peak']} bytes of memory for {there} that are there "
                          f"({read.get('error', 'read')})")
        expected = fmt.oracle(path)  # a text: why the oracle does not read it
        if "error" in read:
            counts["refused, the oracle reads it" if isinstance(expected, dict) else "refused by both"] += 1
            if isinstance(expected, dict):
                reasons[re.sub(r"'.*'|[\d.]+", "#",
                               read["error"].rsplit("/", 1)[-1].split(": ", 1)[-1])[:100]] += 1
            if key in seeds:
                faults.append(f"{path}: unmutated, but refused: {read['error']}")
            continue
        why = same(read, expected) if isinstance(expected, dict) else f"the oracle refuses it: {expected}"
        allowed = why and fmt.allowed(path, read, expected)
        counts["read as the oracle does" if not why else f"allowed: {allowed}" if allowed else "DIFFERS"] += 1
        if why and not allowed:
            faults.append(f"{path}: {why}")
    for what, n in sorted(counts.items()):
        print(f"{n:5d} {what}")
    for what, n in reasons.most_common(8):
        print(f"      {n:5d} x {what}")
    print(f"      slowest {slowest:.3f} s of CPU time")
    accepted = counts["read as the oracle does"]
    if accepted < fmt.LEAST_ACCEPTED * len(paths):
        faults.append(f"only {accepted} of {len(paths)} are read, expected {fmt.LEAST_ACCEPTED:.0%}")
    print("\n".join(faults[:40]))
    if faults:
        print(f"{len(faults)} faults; the files stay in {folder}")
        sys.exit(1)
    shutil.rmtree(folder)


main()
