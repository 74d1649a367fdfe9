"""Compares components and filled holes with SciPy. usage: components_oracle.py FOLDER NX NY NZ"""
import pathlib
import sys

import numpy as np
from scipy import ndimage

folder, size = pathlib.Path(sys.argv[1]), [int(n) for n in sys.argv[2:5]]
mask, largest, filled = [
    np.fromfile(folder / name, np.uint8).reshape(size[::-1]) for name in ("mask", "largest", "filled")]
labels, _ = ndimage.label(mask)
counts = np.bincount(labels.ravel())
counts[0] = 0
if not np.array_equal(largest, labels == counts.argmax()):
    sys.exit("the largest components differ")
if not np.array_equal(filled, np.stack([ndimage.binary_fill_holes(s) for s in mask])):
    sys.exit("the filled holes differ")
print("agree")
