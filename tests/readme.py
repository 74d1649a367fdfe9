"""ctest `readme`: the shell and Python blocks of README.md, docs/shards.md and docs/layouts.md run as they
stand, in order.

usage: readme.py SOURCE_DIR BIN_DIR   (./run itself is excepted; the C++ block is compiled by CMake)
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

source, binaries = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
pages = "".join((source / page).read_text() for page in ("README.md", "docs/shards.md", "docs/layouts.md"))
blocks = re.findall(r"^```(\w+)\n(.*?)^```", pages, re.S | re.M)
have_torch = (binaries / "trivox-torch").exists()
ran = 0
with tempfile.TemporaryDirectory() as folder:
    os.symlink(source / "configs", pathlib.Path(folder) / "configs")
    environment = dict(os.environ, PATH=f"{binaries}:{os.environ['PATH']}")
    for language, text in blocks:
        if language == "sh" and "./run" in text:
            continue
        if language == "sh":
            lines = [l for l in text.splitlines() if have_torch
                     or not re.match(r"trivox (train|predict|evaluate)", l)]
            command = ["bash", "-euxo", "pipefail", "-c", "\n".join(lines)]
        elif language == "python":
            command = [sys.executable, "-c", text]
        else:
            continue
        print(text, flush=True)
        subprocess.run(command, cwd=folder, env=environment, check=True)
        ran += 1
    if have_torch and (binaries / "readme-example").exists():
        subprocess.run([binaries / "readme-example", "shards"], cwd=folder, check=True)
        assert (pathlib.Path(folder) / "report" / "report.html").exists()
assert ran >= 6, f"only {ran} blocks ran"
