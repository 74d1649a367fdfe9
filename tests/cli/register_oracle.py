"""SimpleITK moves an image by a transform file, and compares with what trivox wrote.

usage: register_oracle.py FIXED MOVING TRANSFORM APPLIED
"""
import sys

import numpy as np
import SimpleITK as sitk

fixed, moving = (sitk.ReadImage(name, sitk.sitkFloat32) for name in sys.argv[1:3])
transform = sitk.ReadTransform(sys.argv[3])
applied = sitk.ReadImage(sys.argv[4])
assert applied.GetPixelID() == sitk.sitkFloat32, applied.GetPixelIDTypeAsString()
assert applied.GetSize() == fixed.GetSize(), (applied.GetSize(), fixed.GetSize())
for corner in ((0, 0, 0), tuple(n - 1 for n in fixed.GetSize())):
    distance = np.subtract(applied.TransformIndexToPhysicalPoint(corner),
                           fixed.TransformIndexToPhysicalPoint(corner))
    assert np.linalg.norm(distance) < 1e-3, distance
expected = sitk.GetArrayFromImage(sitk.Resample(moving, fixed, transform, sitk.sitkBSpline, 0.0))
inside = sitk.Image(moving.GetSize(), sitk.sitkUInt8) + 1
inside.CopyInformation(moving)
inside = sitk.GetArrayFromImage(sitk.Resample(inside, fixed, transform, sitk.sitkNearestNeighbor, 0)) == 1
found = sitk.GetArrayFromImage(applied)
spread = expected[inside].std()
# At the very edge of the field of view the two may disagree whether a voxel lies in it.
error = np.sort(np.abs(found - expected)[inside] / spread)
assert error[int(0.999 * len(error))] < 1e-3, error[-20:]
assert inside.mean() > 0.8
outside = found[~inside]
if outside.size > 1000:
    assert np.mean(outside == np.median(outside)) > 0.95, "one value lies beyond the field of view"
print("agree over %d voxels, %.2g at most" % (inside.sum(), error[-1]))
