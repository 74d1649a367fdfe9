"""ctest `line_width`: no line of C++ or Python is longer than .clang-format allows, in characters.

usage: line_width.py SOURCE_DIR
"""
import pathlib
import re
import sys

source = pathlib.Path(sys.argv[1])
limit = int(re.search(r"ColumnLimit: (\d+)", (source / ".clang-format").read_text()).group(1))
files = [file for layer in ("transforms", "loader", "evaluate", "models", "train", "cli", "tests")
         for file in sorted((source / layer).rglob("*")) if file.suffix in {".h", ".cpp", ".py"}]
assert len(files) > 100, f"only {len(files)} files below {source}"
faults = [f"{file.relative_to(source)}:{number}: {len(line)} characters, expected at most {limit}"
          for file in files for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
          if len(line) > limit]
print("\n".join(faults) or f"{len(files)} files, no line longer than {limit} characters")
sys.exit(1 if faults else 0)
