"""Checks with nibabel and SimpleITK the files that nifti_test wrote.

usage: nifti_check_written.py FOLDER
"""
import pathlib
import sys

import nibabel
import numpy as np
import SimpleITK as sitk

folder = pathlib.Path(sys.argv[1])
truth = np.loadtxt(folder / "truth.txt").reshape(2, 4, 4)
LPS = np.diag([-1.0, -1, 1, 1])


def itk_affine(image):
    affine = np.eye(4)
    affine[:3, :3] = np.array(image.GetDirection()).reshape(3, 3) * np.array(image.GetSpacing())
    affine[:3, 3] = image.GetOrigin()
    return LPS @ affine


def corners(affine, shape):
    grid = np.array(np.meshgrid(*[[0, n - 1] for n in shape], indexing="ij")).reshape(3, -1)
    return (affine @ np.vstack([grid, np.ones(grid.shape[1])]))[:3]


def near(a, b, shape, mm, what):
    distance = np.linalg.norm(corners(a, shape) - corners(b, shape), axis=0).max()
    assert distance < mm, f"{what}: {distance} mm"


ramp = np.arange(60).reshape(3, 4, 5).T * 0.5 - 7
for name in ["both.nii", "both.nii.gz"]:
    image = nibabel.load(folder / name)
    assert image.header["sform_code"] == 1 and image.header["qform_code"] == 1
    assert (np.asarray(image.dataobj) == ramp).all()
    assert (image.get_sform() == truth[0].astype(np.float32)).all(), "sform is not exact to float32"
    near(image.get_qform(), truth[0], image.shape, 0.05, name)
    itk = sitk.ReadImage(str(folder / name))
    near(itk_affine(itk), truth[0], image.shape, 1e-3, name)
    assert (sitk.GetArrayFromImage(itk).T == ramp).all()

image = nibabel.load(folder / "qform.nii")
header = image.header
assert header["qform_code"] == 1 and header["sform_code"] == 0
assert not header["srow_x"].any() and not header["srow_y"].any() and not header["srow_z"].any()
assert image.get_data_dtype() == np.uint8
near(image.affine, truth[0], image.shape, 0.05, "qform.nii by nibabel")
itk = sitk.ReadImage(str(folder / "qform.nii"))
near(itk_affine(itk), truth[0], image.shape, 0.05, "qform.nii by SimpleITK")
assert sitk.GetArrayFromImage(itk)[2, 1, 4] == 3 and sitk.GetArrayFromImage(itk).sum() == 3

image = nibabel.load(folder / "sheared.nii")
assert image.header["qform_code"] == 0, "a qform cannot hold shear"
near(image.affine, truth[1], image.shape, 1e-4, "sheared.nii")

image = nibabel.load(folder / "channels.nii.gz")
assert image.shape == (5, 4, 3, 2)
assert (np.asarray(image.dataobj) == np.moveaxis(np.arange(120).reshape(2, 3, 4, 5).T, 3, 3) * 0.5 - 7).all()
print("as written")
