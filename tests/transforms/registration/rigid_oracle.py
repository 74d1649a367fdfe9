"""Prints the matrix (RAS+ mm, row by row) of ITK's Euler3DTransform for each line of numbers on stdin: three
angles (radians), translation and centre, all in LPS."""
import sys

import numpy as np
import SimpleITK as sitk

LPS = np.diag([-1.0, -1, 1, 1])
for line in sys.stdin:
    p = [float(v) for v in line.split()]
    t = sitk.Euler3DTransform(p[6:9], *p[:3], p[3:6])
    m = np.eye(4)
    m[:3, 3] = t.TransformPoint((0, 0, 0))
    for i in range(3):
        m[:3, i] = np.array(t.TransformPoint(tuple(np.eye(3)[i]))) - m[:3, 3]
    print(*(repr(float(v)) for v in (LPS @ m @ LPS).ravel()))
