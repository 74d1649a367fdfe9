"""NIfTI images of one to seven dimensions, before and after `trivox convert`, pairs of .hdr and .img, and
images whose two forms lie apart.

usage: nifti_shapes.py write|check|pair|analyze|shift FOLDER

write: FOLDER/in/N.nii, and an empty FOLDER/out. check: that FOLDER/out/N.nii has the same shape, values,
steps and units. pair, analyze: FOLDER/pair.hdr and .img. shift: FOLDER/D.nii, whose qform lies D/100 mm
beside the sform, and prints the affine that nibabel takes of the first.
"""
import pathlib
import sys

import nibabel
import numpy as np

command, folder = sys.argv[1], pathlib.Path(sys.argv[2])
SHAPES = ((5,), (5, 6), (5, 6, 4), (5, 6, 4, 1), (5, 6, 4, 2, 3), (5, 6, 4, 1, 3), (5, 6, 4, 1, 3, 1, 1))
AFFINE = np.diag([2.0, 3, 4, 1])


STEPS = (2.0, 3, 4, 2.5, 0.25, 7, 1)


def values(shape):
    return np.arange(np.prod(shape), dtype=np.int16).reshape(shape)


if command == "pair":
    nibabel.save(nibabel.Nifti1Pair(values(SHAPES[2]), AFFINE), folder / "pair.img")
elif command == "analyze":
    nibabel.save(nibabel.AnalyzeImage(values(SHAPES[2]), AFFINE), folder / "pair.img")
elif command == "shift":
    for hundredths in 15, 25:
        image = nibabel.Nifti1Image(values((5, 6, 4)), AFFINE)
        image.set_sform(AFFINE, 1)
        moved = AFFINE.copy()
        moved[1, 3] += hundredths / 100
        image.set_qform(moved, 1)
        nibabel.save(image, folder / f"{hundredths}.nii")
    print(*nibabel.load(folder / "15.nii").affine.ravel())
elif command == "write":
    (folder / "in").mkdir(), (folder / "out").mkdir()
    for i, shape in enumerate(SHAPES):
        image = nibabel.Nifti1Image(values(shape), AFFINE)
        image.header.set_zooms(STEPS[:len(shape)])
        image.header.set_xyzt_units("mm", "msec" if len(shape) > 3 else None)
        nibabel.save(image, folder / "in" / f"{i}.nii")
else:
    for i, shape in enumerate(SHAPES):
        image = nibabel.load(folder / "out" / f"{i}.nii")
        assert image.shape == shape, (image.shape, shape)
        assert image.get_data_dtype() == np.int16 and (np.asanyarray(image.dataobj) == values(shape)).all()
        assert np.abs(image.affine - AFFINE).max() < 1e-6
        was = nibabel.load(folder / "in" / f"{i}.nii").header
        assert image.header.get_zooms() == was.get_zooms() == STEPS[:len(shape)]
        assert image.header.get_xyzt_units() == was.get_xyzt_units()
