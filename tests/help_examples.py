"""ctest `help_examples`: every command's --help ends with 0 and holds an example, and all of them run.

usage: help_examples.py SOURCE_DIR BIN_DIR

The examples of all commands follow each other in one folder, in the order of `trivox --help`: each
takes what those before it left. Training is cut short; nothing else is changed.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

source, binaries = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
SHORT = " --set train.epochs=1 --set feed.batches_per_epoch=2 --set train.validation_batches=1"
NEEDS_TORCH = {"train", "predict", "evaluate"}  # evaluate scores what predict wrote
environment = dict(os.environ, PATH=f"{binaries}:{os.environ['PATH']}")


def run(command, folder):
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", command], cwd=folder, env=environment,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        sys.exit(f"{command}\nexit code {done.returncode}:\n{done.stdout}")
    return done.stdout


with tempfile.TemporaryDirectory() as folder:
    os.symlink(source / "configs", pathlib.Path(folder) / "configs")
    commands = re.findall(r"^  (\w+) +\S", run("trivox --help", folder), re.M)
    assert {"phantom", "inspect", "convert", "preprocess", "feed", "train", "predict",
            "evaluate"} <= set(commands), commands
    for command in commands:
        if command in NEEDS_TORCH and not (binaries / "trivox-torch").exists():
            print(f"{command}: not tried, there is no trivox-torch")
            continue
        text = run(f"trivox {command} --help", folder)
        found = re.search(r"^Example.*:\n((?:  .+\n?)+)", text, re.M)
        lines = [line.strip() for line in found.group(1).splitlines()] if found else []
        if not lines or not all(line.startswith(f"trivox {command} ") for line in lines):
            sys.exit(f"trivox {command} --help has no example of its own: {lines}")
        for line in lines:
            print(line, flush=True)
            run(line + (SHORT if command == "train" else ""), folder)
    for made in "patient.html", "t2.nii.gz", "patches.png", "shards/manifest.json":
        assert (pathlib.Path(folder) / made).stat().st_size > 0, made
    assert not (binaries / "trivox-torch").exists() or (pathlib.Path(folder) / "scores/report.html").exists()
