"""What nibabel reads: affine, shape, sum of the values and sum weighted by their place in the file.

usage: nifti_summary.py FILE
"""
import sys

import nibabel
import numpy as np

image = nibabel.load(sys.argv[1])
values = image.get_fdata(dtype=np.float64).ravel(order="F")
print(*(repr(float(v)) for v in image.affine.ravel()))
print(*image.shape)
print(repr(float(values.sum())), repr(float((values * np.arange(values.size)).sum())))
