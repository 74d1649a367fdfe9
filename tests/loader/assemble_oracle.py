"""Compares an assembled sample with a SimpleITK, SciPy and NumPy reading of the same folders, which
share one grid, so that nothing is interpolated.

usage: assemble_oracle.py CASE_FOLDER IMAGE SIZE(3) AFFINE(16)
IMAGE is raw float32, C x D x H x W, z-scored. AFFINE: voxel to RAS+ mm.
"""
import sys

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

folder, image = sys.argv[1:3]
numbers = [float(a) for a in sys.argv[3:]]
size, affine = [int(n) for n in numbers[:3]], np.array(numbers[3:]).reshape(4, 4)
sample = np.fromfile(image, np.float32).reshape(3, *size[::-1])
for channel, name in zip(sample, ("T1WI", "T2WI", "CE-T1WI")):
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(f"{folder}/{name}"))
    volume = reader.Execute()
    raw = sitk.GetArrayFromImage(volume).astype(float)
    # Half of Otsu's threshold, the largest component, filled slice by slice.
    counts, edges = np.histogram(raw, 256)
    below = np.cumsum(counts)[:-1].astype(float)
    above = below[-1] + counts[-1] - below
    sums = np.cumsum(counts * np.arange(256))
    between = below * above * (sums[:-1] / below - (sums[-1] - sums[:-1]) / above) ** 2
    threshold = raw.min() + (edges[np.argmax(between) + 1] - raw.min()) / 2
    labels, _ = ndimage.label(raw > threshold)
    body = labels == np.argmax(np.bincount(labels.ravel())[1:]) + 1
    body = np.stack([ndimage.binary_fill_holes(s) for s in body])
    expected = (raw - raw[body].mean()) / raw[body].std()
    # The sample's first and last voxel, in ITK's LPS, lie on voxels of the series: that is the crop.
    ends = []
    for voxel in (np.zeros(3), np.array(size) - 1):
        world = affine[:3, :3] @ voxel + affine[:3, 3]
        at = np.array(volume.TransformPhysicalPointToContinuousIndex((world * [-1, -1, 1]).tolist()))
        if np.abs(at - at.round()).max() > 1e-2:
            sys.exit(f"{name}: voxel {voxel} lies at {at} of the series")
        ends.append(at.round().astype(int))
    (x, y, z), (x_end, y_end, z_end) = ends[0], ends[1] + 1
    error = np.abs(expected[z:z_end, y:y_end, x:x_end] - channel).max()
    if not error < 1e-3:
        sys.exit(f"{name}: values differ by up to {error} standard deviations")
    outside = body.copy()
    outside[z:z_end, y:y_end, x:x_end] = False
    if name == "CE-T1WI" and outside.any():
        sys.exit("the crop cuts the body")
print("agree")
