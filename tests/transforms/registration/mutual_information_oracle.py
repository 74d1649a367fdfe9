"""Mutual information (nats) by its definition, in double precision, and prints it.

usage: mutual_information_oracle.py FIXED_BINS MOVING_BINS: files of float32, of each sample the fixed image's
bin and the moving image's place among the bins. Fixed window: a box; moving window: a cubic B-spline.
"""
import sys

import numpy as np
from scipy.interpolate import BSpline

BINS = 32
fixed = np.fromfile(sys.argv[1], np.float32).astype(int)
moving = np.fromfile(sys.argv[2], np.float32).astype(np.float64)
window = BSpline.basis_element([-2, -1, 0, 1, 2], extrapolate=False)
joint = np.zeros((BINS, BINS))
for b in range(BINS):
    weight = np.nan_to_num(window(b - moving))
    joint[:, b] = np.bincount(fixed, weight, BINS)
joint /= joint.sum()
outer = joint.sum(1, keepdims=True) * joint.sum(0, keepdims=True)
there = joint > 0
print(repr(float((joint[there] * np.log(joint[there] / outer[there])).sum())))
