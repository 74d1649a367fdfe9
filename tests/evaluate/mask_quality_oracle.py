"""Compares mask_quality and compare_masks with SciPy and NumPy.

usage: mask_quality_oracle.py FILE.json   (a list of cases: the mask, its grid, what was found)
"""
import json
import sys

import numpy as np
from scipy import ndimage

cases = json.load(open(sys.argv[1]))
for case in cases:
    mask = np.array(case["mask"], np.uint8).reshape(case["size"][::-1]).T  # x, y, z
    affine = np.array(case["affine"])
    found = case["found"]
    axis = case["slice_axis"]
    ml = abs(np.linalg.det(affine[:3, :3])) / 1000
    by_slice = np.moveaxis(mask, axis, 0)
    assert [l["value"] for l in found["labels"]] == [v for v in np.unique(mask) if v]
    for label in found["labels"]:
        here = by_slice == label["value"]
        labelled = np.flatnonzero(here.any(axis=(1, 2)))
        assert label["voxels"] == here.sum()
        assert np.isclose(label["ml"], here.sum() * ml)
        assert label["slices"] == [labelled[0] + 1, labelled[-1] + 1]
        between = set(range(labelled[0], labelled[-1] + 1))
        assert label["skipped"] == [k + 1 for k in sorted(between - set(labelled))]
        lone = [k + 1 for k in labelled if k - 1 not in labelled and k + 1 not in labelled]
        assert label["lone"] == (lone if len(labelled) > 1 and labelled[0] != labelled[-1] else [])
        parts, n = ndimage.label(mask == label["value"], np.ones((3, 3, 3)))
        sizes = np.bincount(parts.ravel())[1:]
        assert sorted((i["voxels"] for i in label["islands"]),
                      reverse=True) == sorted(sizes, reverse=True)[1:]
        assert [i["voxels"] for i in label["islands"]] == sorted(sizes, reverse=True)[1:]
        centres = [affine[:3, :3] @ c + affine[:3, 3]
                   for c in ndimage.center_of_mass(parts > 0, parts, np.arange(1, n + 1))]
        for island in label["islands"]:
            i = int(np.argmin([np.linalg.norm(c - island["centre_mm"]) for c in centres]))
            assert np.allclose(centres[i], island["centre_mm"]) and sizes[i] == island["voxels"]
            at = np.flatnonzero((np.moveaxis(parts, axis, 0) == i + 1).any(axis=(1, 2)))
            assert island["slices"] == [at[0] + 1, at[-1] + 1]
            assert np.isclose(island["ml"], sizes[i] * ml)
    any_label = by_slice > 0
    filled = np.stack([ndimage.binary_fill_holes(s) for s in any_label]) & ~any_label
    expected = [[k + 1, ndimage.label(s)[1], int(s.sum())] for k, s in enumerate(filled) if s.any()]
    assert found["holes_in_plane"] == expected, (found["holes_in_plane"], expected)
    inside = ndimage.binary_fill_holes(any_label) & ~any_label
    assert found["holes_3d"] == [ndimage.label(inside)[1], int(inside.sum())]
    faces = {}
    names = [("left", "right"), ("posterior", "anterior"), ("inferior", "superior")]
    for a in range(3):
        for end in (0, 1):
            n = int((np.take(mask, -end, axis=a) > 0).sum())
            world = int(np.argmax(abs(affine[:3, a])))
            name = names[world][int((affine[world, a] > 0) == bool(end))]
            name = name if a != axis else ("first slice", "last slice")[end]
            if n:
                faces[name] = n
    assert dict(found["edge"]) == faces, (found["edge"], faces)
print("agree on", len(cases))
