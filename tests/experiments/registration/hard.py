"""Experiment `hard`: what a registration gets wrong. Each answer must be right (within 1 mm and accepted) or
flagged (rejected, or refused where a voxel is NaN)."""
import functools
import os
import re

import nibabel as nib
import numpy as np
import scipy.ndimage as ndi

import data
import images
import rigid
import simulate
import tables
from programs import OTHER_FRAME, Inputs, off_by
from tables import number

RIGHT_MM = 1.0
REFUSAL = "voxel value is not finite"
SIDES = {"default": {}, "wide": OTHER_FRAME}
TITLES = {"default": "one frame of reference", "wide": "frames that differ"}
FIGURES = ("shift_mm", "turn_deg", "inconsistency_mm", "overlap", "header_nats", "found_nats")
SPEC = {contrast: simulate.Spec(seed, contrast) for contrast, seed in data.HARD_SEEDS.items()}
BALL_MM = 25.0
THIRD = simulate.SLICES // 3


def in_ball():
    """Voxels of Colin27 within 25 mm of a place in the right hemisphere."""
    a = simulate.anatomy()
    centre = np.linalg.inv(a.affine) @ np.append(a.centre + [35, 10, 20], 1)
    square = sum((q - c) ** 2 for q, c in zip(np.ogrid[tuple(slice(n) for n in a.volume.shape)], centre[:3]))
    return square <= BALL_MM ** 2


def contrast_of(name):
    spec = SPEC[name]
    return (simulate.t2_like if name == "t2" else simulate.enhanced)(spec.seed + 1000)


def resected(name, value):
    return np.where(in_ball(), np.float32(value), contrast_of(name))


def ball_enhanced():
    return contrast_of("ce") + np.where(in_ball() & simulate.anatomy().head, np.float32(150), np.float32(0))


def many_spots():
    return simulate.enhanced(SPEC["ce"].seed + 1000, spots=150, gain=140)


SIMULATED = {  # name: (contrast, the moving anatomy)
    "plain, t2": ("t2", None),
    "plain, ce": ("ce", None),
    "resected to fluid, t2": ("t2", functools.partial(resected, "t2", 230)),
    "resected to fluid, ce": ("ce", functools.partial(resected, "ce", 25)),
    "resected to air, t2": ("t2", functools.partial(resected, "t2", 0)),
    "resected to air, ce": ("ce", functools.partial(resected, "ce", 0)),
    "150 spots of strong enhancement": ("ce", many_spots),
    "an enhancing ball of 25 mm radius": ("ce", ball_enhanced),
}


PLAIN = ("plain, t2", "plain, ce")
CHANGED_ANATOMY = tuple(name for name in SIMULATED if name not in PLAIN)
QUICK = (*PLAIN, "resected to fluid, t2", "resected to fluid, ce")


def cropped(first, count):
    def make(voxels, affine):
        new = affine.copy()
        new[:3, 3] += affine[:3, 2] * first
        return voxels[:, :, first:first + count], new
    return make


def reversed_along(*axes):
    """The voxels the other way round, the header as it was."""
    return lambda voxels, affine: (np.flip(voxels, axes), affine)


def filled(value):
    return lambda voxels, affine: (np.full_like(voxels, value), affine)


def noise(voxels, affine):
    rng = np.random.default_rng(1)
    return images.int16(np.hypot(*rng.normal(0, 200, (2, *voxels.shape)))), affine


def clouds(voxels, affine):
    """The head's outline, filled with what is no anatomy."""
    mask = images.body_mask(voxels)
    field = ndi.gaussian_filter(np.random.default_rng(1).normal(size=voxels.shape), (16, 16, 1.5))
    return images.int16(np.where(mask, 400 + 150 * field / field.std(), 20)), affine


def with_nan(voxels, affine):
    out = voxels.astype(np.float32)
    out[out.shape[0] // 2, out.shape[1] // 2, out.shape[2] // 2] = np.nan
    return out, affine


def same(voxels, affine):
    return voxels, affine


# name: (what is done to the fixed image, to the moving one, whether there is a truth to be compared with)
CHANGED = {
    "lower third of the slices": (same, cropped(0, THIRD), True),
    "middle third of the slices": (same, cropped(THIRD, THIRD), True),
    "upper third of the slices": (same, cropped(2 * THIRD, THIRD), True),
    "a third in common: fixed lower, moving upper two thirds":
        (cropped(0, 2 * THIRD), cropped(THIRD, 2 * THIRD), True),
    "a sixth in common": (cropped(0, THIRD + 5), cropped(THIRD, 2 * THIRD), True),
    "nothing in common": (cropped(0, THIRD), cropped(2 * THIRD, THIRD), True),
    "4 slices, moving": (same, cropped(13, 4), True),
    "4 slices, fixed": (cropped(13, 4), same, True),
    "4 slices, both": (cropped(13, 4), cropped(13, 4), True),
    "1 slice, moving": (same, cropped(15, 1), True),
    "constant, moving, 0": (same, filled(0), False),
    "constant, moving, 1000": (same, filled(1000), False),
    "constant, fixed": (filled(0), same, False),
    "constant, both": (filled(0), filled(0), False),
    "one NaN, moving": (same, with_nan, False),
    "one NaN, fixed": (with_nan, same, False),
    "upside down: slices reversed": (same, reversed_along(2), False),
    "upside down: turned by 180 degrees about x": (same, reversed_along(1, 2), False),
    "front to back: turned by 180 degrees about z": (same, reversed_along(0, 1), False),
    "left to right mirrored": (same, reversed_along(0), False),
    "front to back mirrored": (same, reversed_along(1), False),
    "noise, moving": (same, noise, False),
    "noise, both": (noise, noise, False),
    "clouds in the head's outline": (same, clouds, False),
}


REFUSED = {name for name, (fixed, moving, _) in CHANGED.items() if with_nan in (fixed, moving)}


def stem(name, contrast):
    """Of a case's files: by its name and seed, so that none is taken for another's when the list changes."""
    return f"{re.sub('[^a-z0-9]+', '-', name.lower()).strip('-')}-{contrast}-{SPEC[contrast].seed}"


def pairs(context):
    """[(name, fixed, moving, truth, points)]"""
    folder = os.path.join(context.data, "hard")
    os.makedirs(folder, exist_ok=True)
    wanted = [(name, os.path.join(folder, stem(name, contrast))) for name, (contrast, _) in SIMULATED.items()
              if not context.quick or name in QUICK]
    data.of_workers(write_simulated, [(name, prefix) for name, prefix in wanted
                                      if not os.path.exists(prefix + "_truth.npz")])
    out, bases = [], {}
    for name, prefix in wanted:
        with np.load(prefix + "_truth.npz") as truth:
            one = (prefix + "_fixed.nii", prefix + "_moving.nii", truth["matrix"], truth["points"])
        bases.setdefault(SIMULATED[name][0], one)
        out.append((name, *one))
    for contrast, (fixed, moving, truth, points) in bases.items():
        for k, (name, (of_fixed, of_moving, has_truth)) in enumerate(CHANGED.items()):
            if context.quick and k % 4:
                continue
            files = []
            for role, path, change in (("fixed", fixed, of_fixed), ("moving", moving, of_moving)):
                made = os.path.join(folder, f"{stem(name, contrast)}_{role}.nii")
                files.append(path if change is same else made)
                if not os.path.exists(files[-1]):
                    images.save(files[-1], *change(*images.load(path)))
            inside = points
            if of_fixed is not same and has_truth:
                inside = within(files[0], points)
            out.append((f"{name}, {contrast}", *files, truth if has_truth else None, inside))
    return out


def within(path, points):
    """Those in the image's field of view."""
    image = nib.load(path)
    voxel = rigid.moved(np.linalg.inv(image.affine), points)
    return points[np.all((voxel >= -0.5) & (voxel <= np.array(image.shape) - 0.5), axis=1)]


def write_simulated(name, prefix):
    contrast, make = SIMULATED[name]
    simulate.write_pair(SPEC[contrast], prefix, make and make())


def run(context):
    rows = []
    for name, fixed, moving, truth, points in pairs(context):
        row = {"name": name, "has_truth": truth is not None}
        for side, settings in SIDES.items():
            answer = context.programs.register(f"hard: {name}", Inputs(fixed, moving), settings)
            row[side] = {
                "outcome": answer.get("outcome", "error"),
                "error": answer.get("error"), "reasons": answer.get("reasons", []),
                "mm": None if truth is None else off_by(answer, truth, points),
                "used_mm": None if truth is None else off_by(answer, truth, points, "transform"),
                **{field: answer.get(field) for field in FIGURES}}
            row[side]["holds"] = holds(row[side], name.rsplit(", ", 1)[0] in REFUSED)
        rows.append(row)
        if not all(row[side]["holds"] for side in SIDES):
            context.say(f"{name}: neither right nor flagged: " + "; ".join(
                f"{side} {row[side]['outcome']} {number(row[side]['used_mm'])} mm" for side in SIDES))
    held = sum(row[side]["holds"] for row in rows for side in SIDES)
    context.say(f"{held} of {len(SIDES) * len(rows)} are right or flagged")
    context.say(coverage(rows))
    return {"rows": rows}


def is_accepted(one):
    """At the right place."""
    return (one["outcome"] in ("refined", "header") and one["used_mm"] is not None
            and one["used_mm"] <= RIGHT_MM)


def holds(one, may_refuse=False):
    if one["outcome"] == "error":
        return may_refuse and REFUSAL in one["error"]
    return one["outcome"] == "rejected" or is_accepted(one)


def gates(result):
    """Of a program that rejects everything nothing would be wrong: some have to be accepted, too."""
    out = []
    for side, title in TITLES.items():
        accepted = {row["name"]: is_accepted(row[side]) for row in result["rows"]}
        out += [tables.none_of(f"neither right nor flagged, {title}",
                               [row["name"] for row in result["rows"] if not row[side]["holds"]]),
                tables.none_of(f"plain pairs that are not accepted within 1 mm, {title}",
                               [name for name in PLAIN if not accepted.get(name)]),
                tables.at_least(f"resected or enhanced, accepted within 1 mm, {title}",
                                tables.share(accepted[name] for name in CHANGED_ANATOMY if name in accepted),
                                50)]
    return out


def coverage(rows):
    able = [row for row in rows if row["has_truth"]]
    counts = [f"{sum(is_accepted(row[side]) for row in able)} ({title})" for side, title in TITLES.items()]
    return f"Of the {len(able)} cases whose truth is known, accepted within 1 mm are {' and '.join(counts)}."


def report(result):
    def cells(one):
        outcome = "refused" if one["outcome"] == "error" else one["outcome"]
        return [outcome + ("" if one["holds"] else " **wrong**"), number(one["mm"])]

    def why(one):
        return one["error"].rsplit(": ", 1)[-1] if one["error"] else "; ".join(one["reasons"])

    def line(row):
        return [row["name"], *cells(row["default"]), why(row["default"]), *cells(row["wide"])]
    rows = result["rows"]
    return coverage(rows) + "\n\n" + tables.table(
        ["case", "outcome", "found is off by, mm", "what is said", "frames differ: outcome", "off by, mm"],
        [line(row) for row in rows])
