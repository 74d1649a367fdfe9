"""Writes the inputs that libFuzzer starts from: the seeds of the mutation run.

usage: corpus.py TARGET FOLDER
"""
import importlib
import pathlib
import sys

target, folder = sys.argv[1], pathlib.Path(sys.argv[2])
folder.mkdir(parents=True, exist_ok=True)
COMPRESSED = {"rle", "jpeg", "jpegls", "j2k"}
seeds = importlib.import_module(f"{target.split('_')[0]}_mutants").seeds(folder)
if target == "dicom":
    series = importlib.import_module("dicom_series_mutants").seeds(folder)
    seeds |= {name: data for name, data in series.items() if name.startswith("enhanced")}
for name, data in seeds.items():
    if target.startswith("dicom") and (name in COMPRESSED) != (target == "dicom_compressed"):
        continue
    (folder / name).write_bytes(data)
