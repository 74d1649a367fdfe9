"""Writes NIfTI files of every datatype, byte order, version, form and scaling, and beside each a text
with what nibabel says is in it: file, affine, shape, values in file order.

usage: nifti_matrix.py FOLDER
"""
import itertools
import pathlib
import sys

import nibabel
import numpy as np

folder = pathlib.Path(sys.argv[1])
angle = 0.3
turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
tilt = np.array([[1, 0, 0], [0, np.cos(-0.2), -np.sin(-0.2)], [0, np.sin(-0.2), np.cos(-0.2)]])
AFFINE = np.eye(4)
AFFINE[:3, :3] = turn @ tilt @ np.diag([-0.43, 0.43, 5.5])  # a left-handed one: qfac is -1
AFFINE[:3, 3] = [101.25, -87.5, 30.125]
TYPES = ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8"]
rng = np.random.default_rng(1)


def case(name, image_class, header_class, kind, order, form, scaling, shape=(4, 3, 2), ending=".nii"):
    dtype = np.dtype(order + kind)
    if dtype.kind == "f":
        array = rng.normal(size=shape).astype(dtype)
    else:
        info = np.iinfo(dtype)
        array = rng.integers(info.min, info.max, size=shape, dtype=kind, endpoint=True).astype(dtype)
    header = header_class(endianness=order)
    header.set_data_dtype(dtype)
    header.set_data_shape(shape)
    header.set_qform(AFFINE if form != "sform" else None, code=1 if form != "sform" else 0)
    header.set_sform(AFFINE if form != "qform" else None, code=1 if form != "qform" else 0)
    header.set_slope_inter(*scaling)
    path = folder / (name + ending)
    with nibabel.openers.Opener(str(path), "wb") as stream:
        header["vox_offset"] = 352 if image_class is nibabel.Nifti1Image else 544
        header.write_to(stream)
        stream.write(bytes(4))  # no extension
        stream.write(array.tobytes(order="F"))
    read = nibabel.load(path)
    values = np.asarray(read.dataobj, dtype=np.float64 if scaling[0] != 1 else None)
    with open(folder / (name + ".txt"), "w") as out:
        print(path.name, file=out)
        print(*(repr(float(v)) for v in read.affine.ravel()), file=out)
        print(*shape[:3], int(np.prod(shape[3:])), file=out)
        print(*(repr(v.item()) for v in values.ravel(order="F")), file=out)


versions = {"n1": (nibabel.Nifti1Image, nibabel.Nifti1Header), "n2": (nibabel.Nifti2Image, nibabel.Nifti2Header)}
for (v, classes), kind, order, form in itertools.product(versions.items(), TYPES, "<>", ["both", "qform", "sform"]):
    name = f"{v}-{kind}-{'little' if order == '<' else 'big'}-{form}"
    case(name, *classes, kind, order, form, (1, 0))
    if form == "both":
        case(name + "-scaled", *classes, kind, order, form, (0.37, -12.5))
for v, classes in versions.items():
    case(f"{v}-gz", *classes, "i2", "<", "both", (1, 0), ending=".nii.gz")
    case(f"{v}-4d", *classes, "i2", ">", "both", (2.5, 1), shape=(4, 3, 2, 3))
    case(f"{v}-5d", *classes, "f4", "<", "qform", (1, 0), shape=(4, 3, 2, 2, 3))
    case(f"{v}-2d", *classes, "u1", "<", "qform", (1, 0), shape=(4, 3, 1))
