"""ctest `torch_optional`: the build leaves trivox-torch out, loudly, where there is no LibTorch, and trivox
says so.

usage: torch_optional.py SOURCE_DIR BIN_DIR CMAKE GENERATOR TORCH_ROOT   (TORCH_ROOT may be empty)

All configurations share one build folder, so that what one finds must not leak into the next.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

source, binaries, cmake, generator, torch = sys.argv[1:6]
faults = []


def run(command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    return done.returncode, " ".join(done.stdout.replace("***", "").split())


def expect(what, outcome, succeeds, *texts):
    code, output = outcome
    if (code == 0) != succeeds or any(t not in output for t in texts):
        faults.append(f"{what}: exit code {code}, expected {texts} in:\n{output}\n")


with tempfile.TemporaryDirectory() as folder:
    environment = {k: v for k, v in os.environ.items() if k != "TORCH_ROOT"}

    def configure(*options):
        return run([cmake, "-S", source, "-B", f"{folder}/build", "-G", generator, "-UTORCH_ROOT",
                    "-DTRIVOX_TESTS=OFF", *options], env=environment)

    if torch:
        expect("LibTorch", configure(f"-DTORCH_ROOT={torch}"), True, f"in {torch}")
    nowhere = f"{folder}/nowhere"
    expect("TORCH_ROOT without LibTorch", configure(f"-DTORCH_ROOT={nowhere}"), False,
           f"TORCH_ROOT is {nowhere}", "expected a torch folder")
    old = pathlib.Path(folder) / "old"
    (old / "include/torch/csrc/api/include/torch").mkdir(parents=True)
    (old / "include/torch/csrc/api/include/torch/torch.h").touch()
    (old / "include/torch/csrc/api/include/torch/version.h").write_text(
        "#define TORCH_VERSION_MAJOR 2\n#define TORCH_VERSION_MINOR 1\n#define TORCH_VERSION_PATCH 0\n")
    (old / "lib").mkdir()
    for name in "torch_cpu", "c10":
        (old / "lib" / f"lib{name}.so").touch()
    expect("LibTorch that is too old", configure(f"-DTORCH_ROOT={old}"), False,
           f"TORCH_ROOT is {old}", "version '2.1.0'", "version >= 2.7")
    # An interpreter that imports nothing.
    expect("no LibTorch", configure("-DLibTorch_PYTHON=/bin/false"), True,
           "LibTorch >= 2.7 was not found: trivox-torch is NOT built")
    expect("LibTorch not wanted", configure("-DTRIVOX_TORCH=OFF"), True, "TRIVOX_TORCH is OFF")

    alone = pathlib.Path(folder) / "bin"
    alone.mkdir()
    shutil.copy(pathlib.Path(binaries) / "trivox", alone / "trivox")
    for command in "train", "predict":
        outcome = run([alone / "trivox", command, "--help"])
        expect(f"trivox {command} alone", outcome, False, f"{alone}/trivox-torch is not there",
               f"'{command}' cannot run", "TORCH_ROOT")
        if outcome[0] != 1:
            faults.append(f"trivox {command} alone: exit code {outcome[0]}, expected 1")
    expect("trivox phantom alone", run([alone / "trivox", "phantom", "--help"]), True, "trivox phantom")
print("\n".join(faults) or "without LibTorch the build and the program say so")
sys.exit(1 if faults else 0)
