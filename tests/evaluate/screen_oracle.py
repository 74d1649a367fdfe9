"""usage: screen_oracle.py FILE

Lines of FILE: folder, slice, row, column, voxel x y z, world x y z (RAS+ mm), value. Exits 0 where SimpleITK
finds the same value and the same place for every voxel, and where x (LPS, to the patient's left) grows to the
right of the screen and y (LPS, to posterior) downward.
"""
import collections
import sys

import numpy as np
import SimpleITK as sitk

images, slices = {}, collections.defaultdict(dict)
faults = []
for line in open(sys.argv[1]):
    folder, index, row, column, voxel, world, value = line.rstrip("\n").split("\t")
    if folder not in images:
        reader = sitk.ImageSeriesReader()
        reader.SetFileNames(reader.GetGDCMSeriesFileNames(folder))
        images[folder] = reader.Execute()
    image = images[folder]
    voxel = [float(v) for v in voxel.split()]
    lps = np.array(image.TransformContinuousIndexToPhysicalPoint(voxel))
    ours = np.array([float(v) for v in world.split()]) * [-1, -1, 1]
    if np.abs(lps - ours).max() > 1e-2:
        faults.append(f"{folder} {voxel}: world {ours}, SimpleITK {lps}")
    theirs = image.GetPixel(*(round(v) for v in voxel))
    if abs(theirs - float(value)) > 1e-3 * max(1, abs(theirs)):
        faults.append(f"{folder} {voxel}: value {value}, SimpleITK {theirs}")
    slices[folder, index][float(row), float(column)] = lps
for key, points in slices.items():
    rows, columns = (sorted({p[i] for p in points}) for i in (0, 1))
    for row in rows:
        if not np.all(np.diff([points[row, c][0] for c in columns]) > 0):
            faults.append(f"{key}: the patient's left is not on the right")
    for column in columns:
        if not np.all(np.diff([points[r, column][1] for r in rows]) > 0):
            faults.append(f"{key}: posterior is not down")
print(len(slices), "slices of", len(images), "series", *faults, sep="\n")
sys.exit(1 if faults or len(images) != 3 else 0)
