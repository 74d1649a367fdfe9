"""Compares a resampled volume with SciPy's splines, axis by axis, mirrored at the edges.

usage: resample_oracle.py NAME ORDERS SOURCE_SIZE(3) SOURCE_AFFINE(16) TARGET_SIZE(3) TARGET_AFFINE(16)
NAME.source and NAME.result are raw float32, x fastest. ORDERS: spline order along z, y, x.
"""
import sys

import numpy as np
from scipy import ndimage

name, orders = sys.argv[1], [int(c) for c in sys.argv[2]]
numbers = [float(a) for a in sys.argv[3:]]
source_size, target_size = [int(n) for n in numbers[0:3]], [int(n) for n in numbers[19:22]]
source_affine = np.array(numbers[3:19]).reshape(4, 4)
target_affine = np.array(numbers[22:38]).reshape(4, 4)
source = np.fromfile(name + ".source", np.float32).reshape(source_size[::-1]).astype(float)
result = np.fromfile(name + ".result", np.float32).reshape(target_size[::-1])

# Against aliasing: each source axis beside the target axis most nearly parallel.
steps, axes = target_affine[:3, :3], source_affine[:3, :3]
for i in range(3):
    along = np.abs(axes[:, i] @ (steps / np.linalg.norm(steps, axis=0)))
    ratio = np.linalg.norm(steps[:, np.argmax(along)]) / np.linalg.norm(axes[:, i])
    if ratio > 1.25:
        source = ndimage.gaussian_filter1d(source, np.sqrt((ratio**2 - 1) / 12), axis=2 - i, mode="mirror")

grid = np.stack(np.meshgrid(*[np.arange(n) for n in target_size], indexing="ij"), -1)
voxel = np.linalg.inv(source_affine) @ target_affine
position = (grid @ voxel[:3, :3].T + voxel[:3, 3]).reshape(-1, 3)  # x, y, z
size = np.array(source_size)
seen = ((position > -0.5 - 1e-6) & (position < size - 0.5
                                    + 1e-6)).all(1).reshape(target_size).transpose(2, 1, 0)
clear = ((np.abs(position + 0.5) > 2e-4) & (np.abs(position - size + 0.5) > 2e-4)).all(1)
clear = clear.reshape(target_size).transpose(2, 1, 0)
if not np.array_equal(seen[clear], (result != -1000)[clear]):
    sys.exit("the fields of view differ")

# An axis of order 1 keeps its edge value beyond the last centre, so clamping the position is exact.
for i in range(3):
    if orders[2 - i] == 1:
        position[:, i] = np.clip(position[:, i], 0, size[i] - 1)
# Tensor product: coefficients per axis, then weights per axis (SciPy has one order for all axes).
coefficients = source
for axis in range(3):
    if orders[axis] == 3 and source.shape[axis] > 1:
        coefficients = ndimage.spline_filter1d(coefficients, 3, axis=axis, mode="mirror")


def taps(p, order, n):
    """Indices and weights of the basis functions around p; n samples, mirrored."""
    low = np.floor(p).astype(int)
    t = p - low
    if order == 1:
        indices, weights = [low, low + 1], [1 - t, t]
    else:
        indices = [low + k for k in (-1, 0, 1, 2)]
        weights = [(1 - t) ** 3 / 6, 2 / 3 - t**2 + t**3 / 2,
                   2 / 3 - (1 - t) ** 2 + (1 - t) ** 3 / 2, t**3 / 6]
    period = max(2 * n - 2, 1)
    folded = [np.minimum(np.mod(i, period), (period - np.mod(i, period)) if n > 1 else 0) for i in indices]
    return folded, weights


(zi, zw), (yi, yw), (xi, xw) = [taps(position[:, 2 - a], orders[a], source.shape[a]) for a in range(3)]
expected = np.zeros(len(position))
for z, wz in zip(zi, zw):
    for y, wy in zip(yi, yw):
        for x, wx in zip(xi, xw):
            expected += wz * wy * wx * coefficients[z, y, x]
if set(orders) == {3} and min(source.shape) > 1:  # where SciPy does it all, it must say the same
    whole = ndimage.map_coordinates(source, position[:, ::-1].T, order=3, mode="mirror")
    inside = seen.transpose(2, 1, 0).ravel()
    if np.abs(whole - expected)[inside].max() > 1e-9:
        sys.exit("this oracle differs from map_coordinates")
expected = expected.reshape(target_size).transpose(2, 1, 0)
error = np.abs(expected - result)[seen & clear].max()
if seen.sum() < 20 or error > 2e-5:
    sys.exit(f"largest error {error:.3g} over {seen.sum()} voxels")
print("agree")
