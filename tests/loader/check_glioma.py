"""Compares a float32 shard of the glioma series, not cropped, with a SimpleITK and NumPy reading.

usage: check_glioma.py SHARD SERIES_FOLDER CHANNEL
CHANNEL is the reference: no interpolation touched it. Voxels must lie within 1e-3 standard
deviations, voxel centres within 1e-3 mm of SimpleITK's coordinates.
"""
import sys

import numpy as np
import SimpleITK as sitk
import webdataset as wds

shard, folder, name = sys.argv[1:]
sample = next(iter(wds.WebDataset(shard, shardshuffle=False).decode()))
meta = sample["json"]
index = [channel["name"] for channel in meta["channels"]].index(name)
channel = meta["channels"][index]
assert channel["alignment"] == "reference", channel["alignment"]

names = sitk.ImageSeriesReader.GetGDCMSeriesFileNames(folder)
peer = sitk.ReadImage(names, sitk.sitkFloat64)
voxels = sitk.GetArrayFromImage(peer)
affine = np.array(meta["grid"]["affine"])
size = meta["grid"]["size"]
if [int(n) for n in peer.GetSize()] != size:
    sys.exit(f"size {size}, SimpleITK {peer.GetSize()}")

# Slices may run either way: the world position of each voxel says which of SimpleITK's it is.
lps_to_ras = np.diag([-1, -1, 1])
worst_mm = 0
for corner in np.ndindex(2, 2, 2):
    voxel = [c * (n - 1) for c, n in zip(corner, size)]
    ras = affine[:3, :3] @ voxel + affine[:3, 3]
    found = np.array(peer.TransformPhysicalPointToContinuousIndex((lps_to_ras @ ras).tolist()))
    if corner == (0, 0, 0):
        first = found
    worst_mm = max(worst_mm, np.linalg.norm(
        lps_to_ras @ np.array(peer.TransformContinuousIndexToPhysicalPoint(np.round(found).tolist())) - ras))
assert worst_mm < 1e-3, worst_mm
if first[2] > 0.5:
    voxels = voxels[::-1]

normalisation = channel["normalisation"]
expected = (voxels - normalisation["mean"]) / normalisation["standard_deviation"]
found = sample["image.npy"][index]
assert found.dtype == np.float32
worst = np.abs(found - expected).max()
assert worst < 1e-3, worst
inside = found[expected > np.median(expected)]
assert 0 < inside.std() < 3, inside.std()
print(f"equal within {worst:.1e} standard deviations and {worst_mm:.1e} mm")
