"""Reads every real file at hand and compares it with readers that are not ours.

usage: real_files.py trivox-read-each FOLDER SOURCE_DIR

Real files are those of the shared data (some of hippocampus), and the test files that the packages pydicom
and nibabel carry. Each series is read; size and voxels must be those of the oracles, and the eight corners
within 1e-3 mm. Oracles: nibabel and SimpleITK for NIfTI; SimpleITK, dcm2niix and pydicom's voxels for DICOM.
What is refused stands in REFUSED with its reason.
"""
import collections
import gzip
import itertools
import os
import pathlib
import re
import shutil
import subprocess
import sys

import nibabel
import numpy as np
import pydicom
import SimpleITK as sitk

from reader import read_all
from refused_files import REFUSED

MM = 1e-3
LEAST_NIFTIS, LEAST_SERIES = 6, 100  # of the packages alone
program, work = sys.argv[1], pathlib.Path(sys.argv[2])
data = pathlib.Path(os.environ.get("TRIVOX_TEST_DATA", sys.argv[3] + "/../shared/data"))
DCM2NIIX = pathlib.Path(sys.executable).parent / "dcm2niix"
sitk.ProcessObject.SetGlobalWarningDisplay(False)
pydicom.config.logger.setLevel("CRITICAL")


def sources():
    """(name, file) of everything that may be an image."""
    roots = {"pydicom": pathlib.Path(pydicom.__file__).parent / "data",
             "nibabel": pathlib.Path(nibabel.__file__).parent}
    if data.is_dir():
        roots["data"] = data
    for label, root in roots.items():
        for file in sorted(root.rglob("*")):
            name = f"{label}/{file.relative_to(root).as_posix()}"
            if file.is_file():
                yield name, file


def is_dicom(content):
    return content[128:132] == b"DICM" or content[:4] in (b"\2\0\0\0", b"\10\0\0\0", b"\10\0\5\0",
                                                          b"\10\0\10\0",
                                                          b"\0\10\0\5", b"\10\0\10\1", b"\10\0\20\0",
                                                          b"\10\0\26\0")


def collect():
    """NIfTI files by name, and DICOM series by name: those files of one folder that share a UID."""
    niftis, series = {}, {}
    for name, file in sources():
        if re.search(r"\.nii(\.gz)?$", name):
            niftis[name] = file
            continue
        content = file.read_bytes()
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
        if not is_dicom(content):
            continue
        folder, short = name.rsplit("/", 1)
        uid = ""
        if "dicomdirtests/" in name or "glioma/" in name:  # the others are single images
            uid = str(pydicom.dcmread(file, stop_before_pixels=True, force=True).get("SeriesInstanceUID", ""))
        series.setdefault(f"{folder}/*{uid[-6:]}" if uid else name, []).append((short, content))
    return niftis, series


def corners(affine, size):
    voxels = np.array([[*c, 1] for c in itertools.product(*[(0, n - 1) for n in size])])
    return voxels @ np.asarray(affine).T[:, :3]


def by_simpleitk(read):
    """(affine in RAS+ mm, values as channels, z, y, x) of a SimpleITK image."""
    image = read()
    values = sitk.GetArrayFromImage(image)
    direction = np.array(image.GetDirection())
    n = int(round(len(direction) ** .5))
    if n == 2:
        raise ValueError("two dimensions")
    affine = np.eye(4)
    affine[:3, :3] = direction.reshape(n, n)[:3, :3] * np.array(image.GetSpacing()[:3])
    affine[:3, 3] = image.GetOrigin()[:3]
    affine[:2] *= -1
    if image.GetNumberOfComponentsPerPixel() > 1:
        raise ValueError("several values a voxel")
    return affine, values.reshape(-1, *values.shape[-3:])


def lies_in_space(folder):
    """Whether pydicom finds voxels of one component with a position among a folder's files."""
    for file in folder.iterdir():
        d = pydicom.dcmread(file, force=True)
        placed = "ImagePositionPatient" in d or "PerFrameFunctionalGroupsSequence" in d
        if placed and "PixelData" in d and d.get("SamplesPerPixel", 1) == 1:
            return True
    return False


def by_nibabel(file):
    image = nibabel.load(file)
    values = np.asarray(image.dataobj)
    values = values.reshape(*values.shape, *[1] * (5 - values.ndim)).T
    return image.affine, values.reshape(-1, *values.shape[-3:])


def differs(read, affine, values, exact=True):
    """Nothing, or in what a reading differs; the axes may run otherwise where `exact` is false."""
    ours = read["values"].reshape(read["shape"])
    if ours.shape[0] != values.shape[0]:
        return f"{ours.shape[0]} channels, {values.shape[0]} expected"
    mine = corners(np.array(read["affine"]).reshape(4, 4), ours.shape[:0:-1])
    # An image of one slice has four corners: what lies between slices cannot be told.
    best = "size"
    for flips in itertools.product((1, -1), repeat=3) if not exact else [(1, 1, 1)]:
        turned = values[:, ::flips[2], ::flips[1], ::flips[0]]
        other = np.array(affine, float)
        for axis, n in enumerate(values.shape[:0:-1]):
            if flips[axis] < 0:
                other[:3, 3] += other[:3, axis] * (n - 1)
                other[:3, axis] *= -1
        if turned.shape != ours.shape:
            return f"size {ours.shape}, expected {turned.shape}"
        apart = np.abs(corners(other, values.shape[:0:-1]) - mine).max()
        if apart > MM:
            best = f"corners {apart:.4f} mm apart" if exact else "corners"
            continue
        if np.allclose(ours, turned, rtol=1e-6, atol=1e-6, equal_nan=True):
            return None
        best = f"voxels, {(~np.isclose(ours, turned, rtol=1e-6, equal_nan=True)).mean():.0%} of them"
    return best


def dicom_voxels(files):
    """What pydicom reads, in the order of the slices, and what trivox says of MONOCHROME1."""
    images = [pydicom.dcmread(f, force=True) for f in sorted(files)]
    if len(images) > 1:
        normal = np.cross(*np.array(images[0].ImageOrientationPatient, float).reshape(2, 3))
        images.sort(key=lambda d: normal @ np.array(d.ImagePositionPatient, float))
    out = []
    for d in images:
        if "TransferSyntaxUID" not in d.file_meta:
            d.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2" + ("" if d.is_implicit_VR else
                                                                   ".1" if d.is_little_endian else ".2")
        values = d.pixel_array.astype(float)
        if d.PhotometricInterpretation == "MONOCHROME1":
            values = (-1 if d.PixelRepresentation else (1 << d.BitsStored) - 1) - values
        slope = getattr(d, "RescaleSlope", 1)
        out.append(values * float(1 if slope is None else slope)
                   + float(getattr(d, "RescaleIntercept", 0) or 0))
    out = np.array(out)
    return out.reshape(1, -1, *out.shape[-2:])


def dicom_oracles(name, folder):
    """(oracle, differs(read)) of each that reads the series."""
    files = sorted(folder.iterdir())

    def itk():
        reader = sitk.ImageSeriesReader()
        ordered = reader.GetGDCMSeriesFileNames(str(folder)) if len(files) > 1 else [str(files[0])]
        reader.SetFileNames(ordered)
        return reader.Execute()

    try:
        affine, values = by_simpleitk(itk)
        yield "SimpleITK", lambda read: differs(read, affine, values)
    except (RuntimeError, ValueError):
        pass
    out = work / "dcm2niix"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    subprocess.run([DCM2NIIX, "-b", "n", "-z", "n", "-f", "%s", "-o", out, folder], capture_output=True)
    made = list(out.glob("*.nii"))
    if len(made) == 1:
        turned = by_nibabel(made[0])
        yield "dcm2niix", lambda read: differs(read, *turned, exact=False)
    try:
        voxels = dicom_voxels(files)
        yield "pydicom", lambda read: differs(read, np.array(read["affine"]).reshape(4, 4), voxels)
    except Exception:  # whatever pydicom and its plugins throw
        pass


def nifti_oracles(name, file):
    try:
        first = by_nibabel(file)
        yield "nibabel", lambda read: differs(read, *first)
        second = by_simpleitk(lambda: sitk.ReadImage(str(file)))
        yield "SimpleITK", lambda read: differs(read, *second)
    except (RuntimeError, ValueError, nibabel.filebasedimages.ImageFileError):
        pass


def main():
    if not data.is_dir() and "TRIVOX_REQUIRE_DATA" in os.environ:
        sys.exit("test data (TRIVOX_TEST_DATA) is absent")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    niftis, series = collect()
    folders = {}
    for i, (name, files) in enumerate(sorted(series.items())):
        folders[name] = work / f"series-{i:03d}"
        folders[name].mkdir()
        for short, content in files:
            (folders[name] / short.removesuffix(".gz")).write_bytes(content)
    readings = read_all(program, "nifti", niftis.values(), work, 60)
    readings |= read_all(program, "dicom", folders.values(), work, 60)
    counts, faults = collections.Counter(), []
    for name, path in [*niftis.items(), *folders.items()]:
        read = readings.get(str(path), {"crash": "no answer"})
        reason = next((text for pattern, text in REFUSED.items() if re.fullmatch(pattern, name)), None)
        if "crash" in read:
            verdict = "DIFFERS: a crash: " + read["crash"]
        elif "error" in read:
            said = read["error"].removeprefix(str(path)).lstrip("/: ")
            fine = reason in said if reason is not None else name in folders and not lies_in_space(path)
            listed = "not listed" if reason is None else "listed otherwise"
            verdict = f"refused: {said}" if fine else f"DIFFERS: refused, {listed}: {said}"
        else:
            oracles = dict((nifti_oracles if name in niftis else dicom_oracles)(name, path))
            found = {oracle: difference(read) for oracle, difference in oracles.items()}
            bad = {oracle: why for oracle, why in found.items() if why}
            good = [oracle for oracle in found if oracle not in bad]
            # Readers differ among themselves, dcm2niix and SimpleITK by thousandths of a millimetre: one of
            # them must agree in everything. Voxels must be pydicom's.
            fine = any(oracle != "pydicom" for oracle in good) and "pydicom" not in bad
            verdict = f"{'agrees with' if fine else 'DIFFERS: agrees with'} {', '.join(good) or 'none'}"
            verdict += "".join(f"; {oracle}: {why}" for oracle, why in bad.items())
            if reason is not None:
                verdict += " (listed as refused: take it off the list)"
        counts[re.split(r"[: ]", verdict)[0]] += 1
        print(f"{name}: {verdict}")
        if verdict.startswith("DIFFERS"):
            faults.append(name)
    print(", ".join(f"{n} {what}" for what, n in sorted(counts.items())))
    # The packages' test files are no API: where they move, nothing would be compared.
    for what, found, least in [("NIfTI files", niftis, LEAST_NIFTIS),
                               ("DICOM series", folders, LEAST_SERIES)]:
        if len(found) < least:
            faults.append(f"only {len(found)} {what} were found, expected {least}")
    names = [*niftis, *folders]
    for pattern in REFUSED:
        fits = any(re.fullmatch(pattern, name) for name in names)
        if not fits and (data.is_dir() or not pattern.startswith("data/")):
            faults.append(f"refused_files.py: {pattern} fits no file")
    print("\n".join(faults))
    shutil.rmtree(work)
    sys.exit(1 if faults else 0)


main()
