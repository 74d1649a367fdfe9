"""Writes NIfTI files of every datatype, byte order, version, form and scaling, and what else writers
leave, and beside each a text with what nibabel says is in it: file, affine, shape, datatype, scaling,
values as stored, values scaled, both in file order.

usage: nifti_matrix.py FOLDER
"""
import gzip
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
RIGHT = AFFINE @ np.diag([-1, 1, 1, 1])
TYPES = ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8"]
rng = np.random.default_rng(1)


def values_of(dtype, shape):
    if dtype.kind == "f":
        return rng.normal(size=shape).astype(dtype)
    info = np.iinfo(dtype)
    array = rng.integers(info.min, info.max, size=shape, dtype=dtype.newbyteorder("="), endpoint=True)
    array.ravel()[:2] = info.min, info.max
    return array.astype(dtype)


def number(v):
    return "nan" if v != v else repr(v.item())


def case(name, version, kind, order="<", form="both", scaling=(1, 0), shape=(4, 3, 2), ending=".nii",
         packed=None, affine=AFFINE, extra=0, array=None, **fields):
    """packed: gzip, whatever the name says; extra: bytes of header extension; fields: set in the header
    last."""
    header_class = {"n1": nibabel.Nifti1Header, "n2": nibabel.Nifti2Header}[version]
    dtype = np.dtype(order + kind)
    array = values_of(dtype, shape) if array is None else array.astype(dtype)
    header = header_class(endianness=order)
    header.set_data_dtype(dtype)
    header.set_data_shape(shape)
    header.set_qform(affine if form != "sform" else None, code=1 if form != "sform" else 0)
    header.set_sform(affine if form != "qform" else None, code=1 if form != "qform" else 0)
    header.set_slope_inter(*scaling)
    header["vox_offset"] = (352 if version == "n1" else 544) + extra
    for field, value in fields.items():
        if isinstance(value, dict):
            for index, v in value.items():
                header[field][index] = v
        else:
            header[field] = value
    integer = {"<": "little", ">": "big"}[order]
    extension = extra.to_bytes(4, integer) + (6).to_bytes(4, integer) + b"x" * (extra - 8) if extra else b""
    content = header.binaryblock + bytes([extra > 0, 0, 0, 0]) + extension + array.tobytes(order="F")
    path = folder / (name + ending)
    path.write_bytes(gzip.compress(content) if packed or (packed is None and ending.endswith("gz"))
                     else content)
    # nibabel goes by the name; where that is wrong it is given the content.
    plain = path
    if packed is not None:
        plain = folder / (name + "-for-nibabel.nii")
        plain.write_bytes(content)
    read = nibabel.load(plain)
    assert read.shape == tuple(shape), (name, read.shape)
    slope, inter = read.dataobj.slope, read.dataobj.inter
    scaled = (slope, inter) != (1, 0)
    stored = read.dataobj.get_unscaled()
    values = np.asarray(read.dataobj, dtype=np.float64) if scaled else stored
    sizes = (tuple(shape) + (1, 1, 1))[:3]
    with open(folder / (name + ".txt"), "w") as out:
        print(path.name, file=out)
        print(*(repr(float(v)) for v in read.affine.ravel()), file=out)
        print(*sizes, int(np.prod(shape)) // int(np.prod(sizes)), file=out)
        print(dtype.newbyteorder("=").name, repr(float(slope)), repr(float(inter)), file=out)
        print(*map(number, np.asarray(stored).ravel(order="F")), file=out)
        print(*map(number, values.ravel(order="F")), file=out)


for v, kind, order, form in itertools.product(("n1", "n2"), TYPES, "<>", ["both", "qform", "sform"]):
    name = f"{v}-{kind}-{'little' if order == '<' else 'big'}-{form}"
    case(name, v, kind, order, form)
    case(name + "-scaled", v, kind, order, form, (0.37, -12.5))
    if form == "both":
        case(name + "-intercept", v, kind, order, form, (1, 3))
        case(name + "-negative-slope", v, kind, order, form, (-2, 0))
for v in ("n1", "n2"):
    case(f"{v}-gz", v, "i2", ending=".nii.gz")
    case(f"{v}-gz-named-nii", v, "i4", ending=".nii", packed=True)
    case(f"{v}-nii-named-gz", v, "u2", ending=".nii.gz", packed=False)
    case(f"{v}-slope-0", v, "i2", scl_slope=0, scl_inter=7)
    case(f"{v}-slope-nan", v, "i2", scl_slope=np.nan, scl_inter=np.nan)
    case(f"{v}-slope-infinite", v, "i2", scl_slope=np.inf, scl_inter=1)
    case(f"{v}-offset", v, "i2", extra=16)
    case(f"{v}-extension-gz", v, "f4", ">", extra=4096, ending=".nii.gz")
    case(f"{v}-4d", v, "i2", ">", scaling=(2.5, 1), shape=(4, 3, 2, 3))
    case(f"{v}-5d", v, "f4", form="qform", shape=(4, 3, 2, 2, 3))
    case(f"{v}-1d", v, "u1", form="sform", shape=(4,))
    case(f"{v}-2d", v, "u1", form="qform", shape=(4, 3))
    case(f"{v}-2d-without-thickness", v, "u1", form="qform", shape=(4, 3), pixdim={3: 0})
    case(f"{v}-one-slice", v, "u1", form="qform", shape=(4, 3, 1))
    case(f"{v}-one-slice-without-thickness", v, "u1", form="qform", shape=(4, 3, 1), pixdim={3: 0})
    for n in range(4, 8):
        case(f"{v}-3d-as-{n}d", v, "u1", shape=(4, 3, 2) + (1,) * (n - 3))
    case(f"{v}-dim-beyond-dim0", v, "u1", dim={4: 0, 5: -3, 6: 77})
    case(f"{v}-qfac-0", v, "i2", form="qform", affine=RIGHT, pixdim={0: 0})
    case(f"{v}-qfac-3", v, "i2", form="qform", affine=RIGHT, pixdim={0: 3})
    case(f"{v}-sform-without-pixdim", v, "i2", form="sform", pixdim={0: 0, 1: 0, 2: 0, 3: 0})
    for code in (2, 3, 4, 5):
        case(f"{v}-codes-{code}", v, "i2", qform_code=code, sform_code=code)
    case(f"{v}-intent-label", v, "u1", intent_code=1002, intent_p1=3)
    case(f"{v}-intent-vector", v, "f4", shape=(4, 3, 2, 1, 3), intent_code=1007)
    case(f"{v}-bitpix", v, "i2", bitpix=99)
    not_numbers = rng.normal(size=(4, 3, 2))
    not_numbers.ravel()[3], not_numbers.ravel()[5] = np.nan, np.inf
    case(f"{v}-nan", v, "f4", ">", array=not_numbers)
    case(f"{v}-nan-scaled", v, "f8", scaling=(2, 1), array=not_numbers)
    case(f"{v}-seconds", v, "i2", xyzt_units=2 + 8)
    case(f"{v}-no-unit", v, "i2", xyzt_units=0)
case("n2-wide", "n2", "u1", shape=(32768, 2, 1))
