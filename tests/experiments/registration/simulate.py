"""Pairs of thick-slice head MRI with known rigid motion, on unlike grids.

usage: simulate.py SEED PREFIX [--shift MM] [--turn DEG] [--contrast t2|ce] [--tilt DEG] [--neck]

Anatomy: Colin27 (Debian package mricron-data, 1 mm). Slice profile: a box of 5 mm every 5.5 mm. The moving
image has its own matrix, field of view, tilt and slice phase: on equal grids interpolation locks every
method to the header. `t2` is a non-monotonic map of T1 with structure of its own, so that one intensity does
not determine the other; `ce` adds focal enhancement. Bias field of +-20 %, Rician noise of 3 %.

Colin27 ends 72 mm below the origin, within the slices: a cut that no patient has, and that lies at another
part of a slice in either image. It draws every answer .1 to .2 mm towards the head. With --neck the
template's lowest slice goes on downward.
"""
import argparse
import dataclasses
import functools
import os

import nibabel as nib
import numpy as np
import scipy.ndimage as ndi

import images
import rigid

TEMPLATE = "/usr/share/mricron/templates/ch2.nii.gz"
SLICES, THICKNESS, PITCH = 30, 5.0, 5.5
DOWN = np.array([0, 0, -3.0])  # so that the head's lower part is in
NOISE, BIAS, WHITE = 0.03, 0.2, 254


@dataclasses.dataclass(frozen=True)
class Spec:
    seed: int
    contrast: str = "t2"
    shift_mm: float = 3
    turn_deg: float = 3
    tilt_deg: float = 8  # at most
    matrix: int = 432
    neck: bool = False


@dataclasses.dataclass(frozen=True)
class Anatomy:
    volume: np.ndarray
    affine: np.ndarray
    head: np.ndarray
    centre: np.ndarray  # of the head, mm


NECK_MM = 30


def with_neck(volume, affine):
    lowest = 2  # those below are dim
    new = affine.copy()
    new[:3, 3] += affine[:3, 2] * (lowest - NECK_MM)
    repeated = np.repeat(volume[:, :, lowest:lowest + 1], NECK_MM, axis=2)
    return np.concatenate([repeated, volume[:, :, lowest:]], axis=2), new


@functools.cache
def anatomy(neck=False):
    template = nib.load(TEMPLATE)
    volume = template.get_fdata(dtype=np.float32)
    mask = ndi.binary_fill_holes(ndi.binary_closing(ndi.gaussian_filter(volume, 1) > 18, iterations=3))
    labels, n = ndi.label(mask)
    head = labels == 1 + np.argmax(ndi.sum(mask, labels, range(1, n + 1)))
    centre = template.affine[:3, :3] @ np.array(ndi.center_of_mass(head)) + template.affine[:3, 3]
    if not neck:
        return Anatomy(volume, template.affine, head, centre)
    return Anatomy(*with_neck(volume, template.affine), with_neck(head, template.affine)[0], centre)


@functools.cache
def plain_t2(neck=False):
    volume, head = anatomy(neck).volume, anatomy(neck).head
    mapped = np.interp(volume, [0, 12, 25, 40, 60, 75, 90, 105, 115, 140, 180, 254],
                       [0, 14, 120, 230, 150, 125, 100, 70, 75, 110, 150, 190]).astype(np.float32)
    skin = np.clip((ndi.distance_transform_edt(head) - 2) / 2, 0, 1)  # no bright rim that T2 does not have
    plain = np.interp(volume, [0, 12, 60, 254], [0, 14, 90, 190])
    return skin * mapped + (1 - skin) * plain


def t2_like(seed, neck=False):
    mapped, head = plain_t2(neck), anatomy(neck).head
    field = ndi.gaussian_filter(np.random.default_rng(seed).normal(size=mapped.shape).astype(np.float32), 3)
    return np.where(head, mapped + 12 * field / field.std(), mapped).astype(np.float32)


def enhanced(seed, neck=False, spots=40, gain=70):
    """Balls of 3 to 9 mm radius."""
    volume, head = anatomy(neck).volume, anatomy(neck).head
    out, rng = volume.copy(), np.random.default_rng(seed)
    inside = np.argwhere(ndi.binary_erosion(head, iterations=8) & (volume > 40))
    for centre in inside[rng.choice(len(inside), spots, replace=False)]:
        box = tuple(slice(max(0, c - 12), c + 13) for c in centre)
        square = sum((q - c) ** 2 for q, c in zip(np.ogrid[box], centre))
        part = out[box]
        part += np.where(square[:part.shape[0], :part.shape[1], :part.shape[2]] < rng.uniform(3, 9) ** 2,
                         gain, 0)
    return out


def grid(matrix, fov_mm, tilt_deg, offset_mm):
    affine = np.eye(4)
    spacing = [fov_mm / matrix, fov_mm / matrix, PITCH]
    affine[:3, :3] = rigid.rotation([1.0, 0, 0], tilt_deg) @ np.diag(spacing)
    middle = (np.array([matrix, matrix, SLICES]) - 1) / 2
    affine[:3, 3] = anatomy().centre + offset_mm - affine[:3, :3] @ middle
    return affine, (matrix, matrix, SLICES)


def sliced(volume, own_affine, motion, affine, shape):
    """The moved anatomy through the slice profile, without noise."""
    to_voxel = np.linalg.inv(own_affine) @ np.linalg.inv(motion) @ affine
    out, steps = np.zeros(shape, np.float32), 9
    for s in (np.arange(steps) - (steps - 1) / 2) / steps * THICKNESS / PITCH:
        offset = to_voxel[:3, :3] @ np.array([0, 0, s]) + to_voxel[:3, 3]
        out += ndi.affine_transform(volume, to_voxel[:3, :3], offset=offset, output_shape=shape, order=1)
    return out / steps


def received(signal, seed):
    """With a coil's bias and noise."""
    rng = np.random.default_rng(seed)
    low = rng.normal(size=(4, 4, 3))
    bias = ndi.zoom(low, [n / k for n, k in zip(signal.shape, low.shape)], order=3, mode="nearest")
    signal = signal * (1 + BIAS * bias / np.abs(bias).max()).astype(np.float32)
    sd = NOISE * WHITE
    return np.sqrt((signal + rng.normal(0, sd, signal.shape)) ** 2 + rng.normal(0, sd, signal.shape) ** 2)


@functools.cache
def fixed(neck=False):
    """(signal, affine, indices of the head's voxels)."""
    own = anatomy(neck)
    affine, shape = grid(512, 220.0, 0.0, DOWN)
    to_voxel = np.linalg.inv(own.affine) @ affine
    head = ndi.affine_transform(own.head.astype(np.float32), to_voxel[:3, :3], offset=to_voxel[:3, 3],
                                output_shape=shape, order=1) > 0.5
    return sliced(own.volume, own.affine, np.eye(4), affine, shape), affine, np.argwhere(head)


def write_pair(spec, prefix, contrast=None):
    """PREFIX_fixed.nii, PREFIX_moving.nii (int16) and PREFIX_truth.npz: `matrix` (fixed to moving) and
    `points` (in the head, RAS+ mm). contrast: the moving anatomy, else spec's."""
    rng = np.random.default_rng(spec.seed)
    axis, direction = rng.normal(size=3), rng.normal(size=3)
    motion = rigid.about(anatomy().centre, rigid.rotation(axis, spec.turn_deg),
                         direction * spec.shift_mm / np.linalg.norm(direction))
    tilt = rng.uniform(-spec.tilt_deg, spec.tilt_deg) if spec.tilt_deg else 0.0
    moving_affine, moving_shape = grid(spec.matrix, 225.0, tilt, DOWN + rng.uniform(-2.75, 2.75, 3))
    signal, affine, head = fixed(spec.neck)
    if contrast is None:
        contrast = (t2_like if spec.contrast == "t2" else enhanced)(spec.seed + 1000, spec.neck)
    moving = sliced(contrast, anatomy(spec.neck).affine, motion, moving_affine, moving_shape)
    images.save(prefix + "_fixed.nii", images.int16(4 * received(signal, spec.seed * 10 + 1)), affine)
    images.save(prefix + "_moving.nii", images.int16(4 * received(moving, spec.seed * 10 + 2)), moving_affine)
    points = (head @ affine[:3, :3].T + affine[:3, 3])[rng.choice(len(head), images.POINTS, replace=False)]
    unfinished = os.path.join(os.path.dirname(prefix), f"unfinished-{os.path.basename(prefix)}.npz")
    np.savez(unfinished, matrix=motion, points=points)
    os.replace(unfinished, prefix + "_truth.npz")  # last: where it is, the pair is whole


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("seed", type=int)
    parser.add_argument("prefix")
    parser.add_argument("--contrast", choices=["t2", "ce"], default="t2")
    for name, value in {"shift": 3.0, "turn": 3.0, "tilt": 8.0}.items():
        parser.add_argument("--" + name, type=float, default=value)
    parser.add_argument("--neck", action="store_true")
    a = parser.parse_args()
    os.makedirs(os.path.dirname(os.path.abspath(a.prefix)), exist_ok=True)
    spec = Spec(a.seed, a.contrast, a.shift, a.turn, a.tilt, neck=a.neck)
    write_pair(spec, os.path.abspath(a.prefix))
    with np.load(os.path.abspath(a.prefix) + "_truth.npz") as truth:
        off = rigid.distance(truth["matrix"], np.eye(4), truth["points"])
    print(f"{a.prefix}: the header is off by {off:.2f} mm")


if __name__ == "__main__":
    main()
