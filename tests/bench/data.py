"""The data that is measured on, made once below the harness' own folder."""
import itertools
import json
import os
import shutil
import struct
import subprocess
import zipfile

LISTED_PATIENTS = 277
HEAD = 1 << 16  # bytes copied of a listed file; the rest is a hole that nobody reads


def glioma(places):
    """One real patient; see TRIVOX_TEST_DATA in docs/development.md."""
    path = os.path.join(places.test_data, "glioma")
    return path if os.path.isdir(path) else None


def phantom(places):
    """Two patients of full size whose sequences have unlike grids, and who moved between them."""
    return _phantoms(places, "phantom", 2, "full", 4)


def eight(places):
    return _phantoms(places, "eight", 8, "full", 7)


def pairs(places):
    """Three folders of fixed.nii (CE-T1WI), moving.nii (T2WI) and truth.json: points of the fixed head and
    where the same anatomy lies in the moving one."""
    def make(path):
        source = os.path.join(places.made, "pairs-phantom")
        shutil.rmtree(source, ignore_errors=True)
        _make_phantoms(places, source, 3, "full", 6)
        with open(os.path.join(source, "truth.json"), encoding="utf-8") as file:
            patients = json.load(file)["patients"]
        for patient in patients:
            folder = os.path.join(path, patient["id"])
            os.makedirs(folder)
            for name, sequence in (("fixed", "CE-T1WI"), ("moving", "T2WI")):
                _run(places.trivox, "convert", os.path.join(source, "data", "MRI-Segments", patient["id"],
                                                            sequence), os.path.join(folder, name + ".nii"))
            motion = {s["folder"]: s["reference_to_native"] for s in patient["sequences"]}["T2WI"]
            fixed = [_moved(patient["head_to_reference"], point) for point in _ball(70, 20)]
            with open(os.path.join(folder, "truth.json"), "w", encoding="utf-8") as file:
                json.dump({"fixed_ras_mm": fixed,
                           "moving_ras_mm": [_moved(motion, point) for point in fixed]}, file)
        shutil.rmtree(source)
    path = _made(os.path.join(places.made, "pairs"), make)
    return [os.path.join(path, name) for name in sorted(os.listdir(path))]


def volumes_mb(pair):
    """MB (10^6 bytes) of a pair's voxels as float32."""
    voxels = 0
    for name in ("fixed.nii", "moving.nii"):
        with open(os.path.join(pair, name), "rb") as file:
            x, y, z = struct.unpack("<3h", file.read(48)[42:48])  # NIfTI-1: dim[1..3]
        voxels += x * y * z
    return voxels * 4 / 1e6


def listing(places):
    """831 series: the phantom patients' files over and over. Every file has blocks and a length of
    its own, but only its head is stored, so that 5 GB of voxels need no disk."""
    source = os.path.join(phantom(places), "data", "MRI-Segments")

    def make(path):
        patients = sorted(os.listdir(source))
        for number in range(LISTED_PATIENTS):
            _copy_heads(os.path.join(source, patients[number % len(patients)]),
                        os.path.join(path, "data", "MRI-Segments", f"{number + 1:03d}"))
    return _made(os.path.join(places.made, "listing"), make)


def archive(places):
    """As many series in a ZIP archive, of small slices, since headers alone are read: two phantom
    patients over and over."""
    source = _phantoms(places, "small", 2, "tiny", 5)

    def make(path):
        folder = os.path.join(source, "data", "MRI-Segments")
        patients = [_files(os.path.join(folder, name)) for name in sorted(os.listdir(folder))]
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
            for number in range(LISTED_PATIENTS):
                for name, content in patients[number % len(patients)]:
                    file.writestr(f"data/MRI-Segments/{number + 1:03d}/{name}", content)
    return _made(os.path.join(places.made, "archive-831.zip"), make)


def _phantoms(places, name, patients, size, seed):
    return _made(os.path.join(places.made, name),
                 lambda path: _make_phantoms(places, path, patients, size, seed))


def _make_phantoms(places, path, patients, size, seed):
    _run(places.trivox, "phantom", path, "--patients", str(patients), "--size", size, "--seed", str(seed))


def _run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _moved(matrix, point):
    return [sum(m * p for m, p in zip(row, [*point, 1])) for row in matrix[:3]]


def _ball(radius, step):
    steps = range(-radius // step * step, radius + 1, step)
    return [point for point in itertools.product(steps, repeat=3) if sum(p * p for p in point) <= radius**2]


def _files(top):
    """[(name below `top`, content)], sorted."""
    found = []
    for folder, _, names in os.walk(top):
        for name in names:
            whole = os.path.join(folder, name)
            with open(whole, "rb") as file:
                found.append((os.path.relpath(whole, top), file.read()))
    return sorted(found)


def _copy_heads(source, target):
    for folder, _, names in os.walk(source):
        there = os.path.join(target, os.path.relpath(folder, source))
        os.makedirs(there)
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                head = file.read(HEAD)
                size = os.path.getsize(os.path.join(folder, name))
            with open(os.path.join(there, name), "wb") as file:
                file.write(head)
                file.truncate(size)


def _made(path, make):
    """`path`, made under another name first so that one that is there is whole."""
    if not os.path.exists(path):
        shutil.rmtree(path + ".partial", ignore_errors=True)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        make(path + ".partial")
        os.rename(path + ".partial", path)
    return path
