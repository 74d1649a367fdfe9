"""ctest `layering`: includes and links go one way, and torch stays at the edge.

usage: layering.py SOURCE_DIR BUILD_DIR
"""
import pathlib
import re
import subprocess
import sys

source, build = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
MAY_INCLUDE = {
    "transforms": {"transforms"},
    "loader": {"transforms", "loader"},
    "evaluate": {"transforms", "loader", "evaluate"},
    "models": {"transforms", "models"},
    "train": {"transforms", "loader", "evaluate", "models", "train"},
    "cli": {"transforms", "loader", "evaluate", "models", "train", "cli"},
}
# Of models/ and train/ the programs without torch may see the options alone, which know no torch.
TORCH_FREE = {"models/options.h", "train/options.h"}
TORCH_COMMANDS = {"main_torch.cpp", "train.cpp", "predict.cpp"}
faults = []
for layer, allowed in MAY_INCLUDE.items():
    for file in sorted((source / layer).rglob("*")):
        if file.suffix not in {".h", ".cpp"}:
            continue
        name = file.relative_to(source).as_posix()
        torch_free = (layer in {"transforms", "loader", "evaluate"} or name in TORCH_FREE
                      or (layer == "cli" and file.name not in TORCH_COMMANDS))
        for line in file.read_text().splitlines():
            match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
            if not match:
                continue
            quote, target = match.groups()
            top = target.split("/")[0]
            if quote == '"':
                if not (source / target).exists():
                    faults.append(f"{name}: \"{target}\" is not a path from the repository's root")
                elif top not in allowed:
                    faults.append(f"{name}: {layer} may not include {top} ({target})")
                elif torch_free and top in {"models", "train"} and target not in TORCH_FREE:
                    faults.append(f"{name}: includes {target}, which knows torch")
            elif torch_free and top in {"torch", "ATen", "c10"}:
                faults.append(f"{name}: includes <{target}>, but {layer} knows no torch")
linked = subprocess.run(["ldd", build / "bin" / "trivox"], capture_output=True, text=True, check=True)
faults += [f"bin/trivox links {line.split()[0]}" for line in linked.stdout.splitlines()
           if re.search(r"libtorch|libc10", line)]
print("\n".join(faults) or "includes and links go one way")
sys.exit(1 if faults else 0)
