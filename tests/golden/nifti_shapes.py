"""NIfTI images of one to seven dimensions, before and after `trivox convert`, and a pair of .hdr and .img.

usage: nifti_shapes.py write|check|pair FOLDER

write: FOLDER/in/N.nii, and an empty FOLDER/out. check: that FOLDER/out/N.nii has the same shape and values.
"""
import pathlib
import sys

import nibabel
import numpy as np

command, folder = sys.argv[1], pathlib.Path(sys.argv[2])
SHAPES = ((5, 6), (5, 6, 4), (5, 6, 4, 1), (5, 6, 4, 2, 3), (5, 6, 4, 1, 3), (5, 6, 4, 1, 3, 1, 1))
AFFINE = np.diag([2.0, 3, 4, 1])


def values(shape):
    return np.arange(np.prod(shape), dtype=np.int16).reshape(shape)


if command == "pair":
    nibabel.save(nibabel.Nifti1Pair(values(SHAPES[1]), AFFINE), folder / "pair.img")
elif command == "write":
    (folder / "in").mkdir(), (folder / "out").mkdir()
    for i, shape in enumerate(SHAPES):
        nibabel.save(nibabel.Nifti1Image(values(shape), AFFINE), folder / "in" / f"{i}.nii")
else:
    for i, shape in enumerate(SHAPES):
        image = nibabel.load(folder / "out" / f"{i}.nii")
        assert image.shape == shape, (image.shape, shape)
        assert image.get_data_dtype() == np.int16 and (np.asanyarray(image.dataobj) == values(shape)).all()
        assert np.abs(image.affine - AFFINE).max() < 1e-6
