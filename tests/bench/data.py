"""The data that is measured on, made once below the harness' own folder."""
import os
import shutil
import subprocess
import zipfile

LISTED_PATIENTS = 277
HEAD = 1 << 16  # bytes copied of a listed file; the rest is a hole that nobody reads


def glioma(places):
    """One real patient; see TRIVOX_TEST_DATA in docs/development.md."""
    path = os.path.join(places.test_data, "glioma")
    return path if os.path.isdir(path) else None


def phantom(places):
    """Two patients of full size whose sequences have unlike grids."""
    return _made(os.path.join(places.made, "phantom"), lambda path: subprocess.run(
        [places.trivox, "phantom", path, "--patients", "2", "--size", "full", "--seed", "4"],
        check=True, stdout=subprocess.DEVNULL))


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
    source = _made(os.path.join(places.made, "small"), lambda path: subprocess.run(
        [places.trivox, "phantom", path, "--patients", "2", "--size", "tiny", "--seed", "5"],
        check=True, stdout=subprocess.DEVNULL))

    def make(path):
        folder = os.path.join(source, "data", "MRI-Segments")
        patients = [_files(os.path.join(folder, name)) for name in sorted(os.listdir(folder))]
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
            for number in range(LISTED_PATIENTS):
                for name, content in patients[number % len(patients)]:
                    file.writestr(f"data/MRI-Segments/{number + 1:03d}/{name}", content)
    return _made(os.path.join(places.made, "archive-831.zip"), make)


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
