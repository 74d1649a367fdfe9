"""Compares a NIfTI file that `trivox convert` wrote with the DICOM files it came from, as pydicom,
SimpleITK and dcm2niix read them: type, scaling, every voxel by its place in the world, and the corners.

usage: convert_oracle.py FILE.nii.gz FOLDER
"""
import pathlib
import subprocess
import sys
import tempfile

import nibabel
import numpy as np
import pydicom
import SimpleITK as sitk

LPS = np.diag([-1.0, -1, 1, 1])
image = nibabel.load(sys.argv[1])
stored = image.dataobj.get_unscaled()
slope, inter = image.dataobj.slope, image.dataobj.inter
files = []
for path in sorted(pathlib.Path(sys.argv[2]).rglob("*")):
    if path.is_file():
        try:
            files.append((path, pydicom.dcmread(path)))
        except pydicom.errors.InvalidDicomError:
            pass
assert len(files) == image.shape[2], (len(files), image.shape)

used = set()
for path, data in files:
    pixels = data.pixel_array
    row, column = np.array(data.ImageOrientationPatient, float).reshape(2, 3)
    down, along = (float(v) for v in data.PixelSpacing)
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1] = row * along, column * down
    affine[:3, 2], affine[:3, 3] = np.cross(row, column), np.array(data.ImagePositionPatient, float)
    ends = np.array([[0, 0, 0, 1], [pixels.shape[1] - 1, 0, 0, 1], [0, pixels.shape[0] - 1, 0, 1]], float).T
    voxel = np.linalg.inv(image.affine) @ LPS @ affine @ ends
    assert np.abs(voxel - np.round(voxel)).max() < 0.05, (path, voxel)
    voxel = np.round(voxel).astype(int)
    k = voxel[2, 0]
    assert (voxel[2] == k).all() and k not in used
    used.add(k)
    assert voxel[:2, 0].tolist() == [0, 0] and voxel[:2, 1].tolist() == [pixels.shape[1] - 1, 0]
    expected = pixels.T
    if data.PhotometricInterpretation == "MONOCHROME1":
        low = -(1 << data.BitsStored - 1) if data.PixelRepresentation else 0
        expected = low + (low + (1 << data.BitsStored) - 1) - expected.astype(np.int64)
    assert (np.asarray(stored[:, :, k]) == expected).all(), f"{path}: voxels differ"
    assert stored.dtype == pixels.dtype, (stored.dtype, pixels.dtype)
    assert np.isclose(slope, float(data.get("RescaleSlope", 1)), rtol=1e-6)
    assert np.isclose(inter, float(data.get("RescaleIntercept", 0)), rtol=1e-6)

reader = sitk.ImageSeriesReader()
names = {}
for series in reader.GetGDCMSeriesIDs(sys.argv[2]):
    names[series] = reader.GetGDCMSeriesFileNames(sys.argv[2], series)
assert len(names) == 1
reader.SetFileNames(*names.values())
itk = reader.Execute()
affine = np.eye(4)
affine[:3, :3] = np.array(itk.GetDirection()).reshape(3, 3) * np.array(itk.GetSpacing())
affine[:3, 3] = itk.GetOrigin()


def corners(an_affine, shape):
    ends = np.array(np.meshgrid(*[[0, n - 1] for n in shape], indexing="ij")).reshape(3, -1)
    return (an_affine @ np.vstack([ends, np.ones(8)]))[:3]


def distance(a, b, shape):
    return np.linalg.norm(corners(a, shape) - corners(b, shape), axis=0).max()


d = distance(image.affine, LPS @ affine, image.shape)
assert d < 1e-3, f"{d} mm from SimpleITK"

dcm2niix = pathlib.Path(sys.executable).parent / "dcm2niix"
assert dcm2niix.exists(), f"{dcm2niix} is absent: it is one of the oracles"
with tempfile.TemporaryDirectory() as out:
    subprocess.run([dcm2niix, "-z", "n", "-f", "out", "-o", out, sys.argv[2]], check=True,
                   stdout=subprocess.DEVNULL)
    other = nibabel.as_closest_canonical(nibabel.load(next(pathlib.Path(out).glob("*.nii"))))
    ours = nibabel.as_closest_canonical(image)
    assert other.shape == ours.shape
    assert np.allclose(other.get_fdata(), ours.get_fdata(), rtol=1e-6), "voxels differ from dcm2niix"
    d = distance(other.affine, ours.affine, ours.shape)
    # It takes the distance of slices from two of them, whose positions are rounded to .001 mm.
    assert d < 5e-3, f"{d} mm from dcm2niix"
print(f"agree: {len(files)} slices")
