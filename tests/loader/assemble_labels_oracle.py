"""Label policies by their definition in NumPy.

usage: assemble_labels_oracle.py POLICY MASKS COUNT REFERENCE OUT: MASKS holds COUNT masks of uint8 one after
the other, 255 where a mask does not see a voxel. OUT: the label, uint8.
"""
import sys

import numpy as np

policy, masks, count, reference, out = sys.argv[1:]
masks = np.fromfile(masks, np.uint8).reshape(int(count), -1)
order = [int(reference)] + [i for i in range(len(masks)) if i != int(reference)]
masks = masks[order]
seen = masks != 255
foreground = seen & (masks != 0)
# Of every voxel the first mask that has foreground there, the reference first.
first = np.take_along_axis(masks, foreground.argmax(0)[None], 0)[0]
if policy == "union":
    label = np.where(foreground.any(0), first, 0)
elif policy == "intersection":
    label = np.where(foreground.any(0) & (foreground.sum(0) == seen.sum(0)), first, 0)
else:
    label = np.zeros(masks.shape[1])
    for value in range(1, 255):
        label[2 * (masks == value).sum(0) > seen.sum(0)] = value
label[~seen.any(0)] = 255
label.astype(np.uint8).tofile(out)
