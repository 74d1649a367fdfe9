"""ctest `consumer`: a project that adds this one by add_subdirectory configures, sees its targets and
compiles.

usage: consumer.py SOURCE_DIR CMAKE TORCH_ROOT   (TORCH_ROOT may be empty)

It is not linked: that would build every library a second time.
"""
import pathlib
import subprocess
import sys
import tempfile

source, cmake, torch = sys.argv[1:4]
torch_option = f"-DTORCH_ROOT={torch}" if torch else "-DTRIVOX_TORCH=OFF"
with tempfile.TemporaryDirectory() as folder:
    subprocess.run([cmake, "-S", pathlib.Path(source) / "tests" / "install", "-B", folder, "-G", "Ninja",
                    f"-DTRIVOX_SOURCE={source}", torch_option], check=True)
    subprocess.run([cmake, "--build", folder, "--target", "CMakeFiles/consumer.dir/main.cpp.o"], check=True)
    targets = subprocess.run([cmake, "--build", folder, "--target", "help"], check=True,
                             capture_output=True, text=True).stdout
    assert ("trivox-torch:" in targets) == bool(torch), targets
