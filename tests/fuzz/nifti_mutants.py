"""NIfTI-1 and -2 images of few voxels; the oracle is nibabel."""
import gzip
import io
import logging
import math
import struct
import warnings
import zlib

import nibabel
import numpy as np

from compare import same
from mutate import INTERESTING, mutate_bytes

warnings.simplefilter("ignore")
logging.getLogger("nibabel").setLevel(logging.CRITICAL + 1)
nibabel.imageglobals.logger.setLevel(logging.CRITICAL + 1)
LEAST_ACCEPTED = 0.2


def seed(cls, dtype, endian="<", q=1, s=1, scaling=None, shape=(7, 6, 5), extension=False):
    rng = np.random.default_rng(3)
    values = rng.integers(0, 100, shape).astype(np.dtype(dtype).newbyteorder(endian))
    affine = np.array([[-0.96, 0.56, 0, 30.5], [0.28, 1.92, 0, -20.25], [0, 0, 5.5, 7.125], [0, 0, 0, 1]])
    header = cls.header_class(endianness=endian)
    header.set_data_dtype(values.dtype)
    image = cls(values, affine, header)
    image.set_qform(affine if q else None, code=q)
    image.set_sform(affine if s else None, code=s)
    image.header.set_xyzt_units("mm", "sec")
    if extension:
        image.header.extensions.append(nibabel.nifti1.Nifti1Extension("comment", b"a word about the image"))
    if scaling:
        image.header.set_slope_inter(*scaling)
        image.header["scl_slope"], image.header["scl_inter"] = scaling
    data = bytearray(image.to_bytes())
    if scaling:
        at, kind = (112, "f") if cls is nibabel.Nifti1Image else (176, "d")
        data[at:at + 2 * struct.calcsize(kind)] = struct.pack(endian + 2 * kind, *scaling)
    return bytes(data)


def seeds(folder):
    one, two = nibabel.Nifti1Image, nibabel.Nifti2Image
    out = {
        "int16": seed(one, "i2"),
        "float32big": seed(one, "f4", ">"),
        "uint8": seed(one, "u1", s=0),
        "scaled": seed(one, "i2", q=0, scaling=(1.5, -7)),
        "channels": seed(one, "u2", shape=(4, 3, 5, 2)),
        "extension": seed(one, "i4", extension=True),
        "float64": seed(two, "f8"),
        "two": seed(two, "i2", ">", scaling=(0.25, 3)),
        "plain": seed(one, "u1", q=0, s=0),
    }
    out["gz"] = gzip.compress(out["int16"], mtime=0)
    out["twogz"] = gzip.compress(out["two"], mtime=0)
    return out


def write(folder, name, data):
    path = folder / (name + (".nii.gz" if data[:2] == b"\x1f\x8b" else ".nii"))
    path.write_bytes(data)
    return path


ONE = {"sizeof_hdr": (0, "i"), "dim0": (40, "h"), "dim1": (42, "h"), "dim2": (44, "h"), "dim3": (46, "h"),
       "dim4": (48, "h"), "dim5": (50, "h"), "dim7": (54, "h"), "datatype": (70, "h"), "bitpix": (72, "h"),
       "pixdim0": (76, "f"), "pixdim1": (80, "f"), "pixdim2": (84, "f"), "pixdim3": (88, "f"),
       "vox_offset": (108, "f"), "scl_slope": (112, "f"), "scl_inter": (116, "f"), "units": (123, "B"),
       "qform_code": (252, "h"), "sform_code": (254, "h"), "quatern_b": (256, "f"), "quatern_d": (264, "f"),
       "qoffset_x": (268, "f"), "srow_x": (280, "f"), "srow_y": (300, "f"), "srow_z": (328, "f"),
       "magic": (344, "i")}
TWO = {"sizeof_hdr": (0, "i"), "magic": (4, "q"), "datatype": (12, "h"), "bitpix": (14, "h"),
       "dim0": (16, "q"),
       "dim1": (24, "q"), "dim2": (32, "q"), "dim3": (40, "q"), "dim4": (48, "q"), "dim6": (64, "q"),
       "pixdim0": (104, "d"), "pixdim1": (112, "d"), "pixdim3": (128, "d"), "vox_offset": (168, "q"),
       "scl_slope": (176, "d"), "scl_inter": (184, "d"), "qform_code": (344, "i"), "sform_code": (348, "i"),
       "quatern_b": (352, "d"), "qoffset_x": (376, "d"), "srow_x": (400, "d"), "srow_z": (488, "d"),
       "units": (500, "i")}
NUMBERS = [0.0, -1.0, 1.0, 2.0, 1e-3, 0.5, 352.0, 353.0, 368.0, 351.0, 1e9, 1e38, float("nan"), float("inf"),
           -0.0]


def mutate_header(data, rng):
    endian = "<" if data[:4] in (struct.pack("<i", 348), struct.pack("<i", 540)) else ">"
    fields = ONE if 348 in struct.unpack(endian + "i", data[:4]) else TWO
    at, kind = fields[rng.choice(sorted(fields))]
    if kind in "fd":
        value = struct.pack(endian + kind, rng.choice(NUMBERS))
    else:
        width = struct.calcsize(kind)
        number = rng.choice([*INTERESTING, *range(20), 64, 256, 512, 768, 1024, 1280])
        value = (number % 2**(8 * width)).to_bytes(width, "little" if endian == "<" else "big")
    return data[:at] + value + data[at + len(value):]


def mutate(data, rng, all_seeds):
    others = [v for k, v in sorted(all_seeds.items()) if not k.endswith("gz")]
    zipped = data[:2] == b"\x1f\x8b" and rng.random() < 0.7
    if zipped:
        data = gzip.decompress(data)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        if len(data) < 540 or data[:2] == b"\x1f\x8b" or rng.random() < 0.4:
            data = mutate_bytes(data, rng, others)
        else:
            data = mutate_header(data, rng)
    return gzip.compress(data, mtime=0) if zipped else data


def unpacked(data):
    """(bytes, whether all of them): of one gzip stream after another; what follows is ignored, as gzip(1)
    does."""
    out = b""
    while data[:2] == b"\x1f\x8b":
        coder = zlib.decompressobj(31)
        try:
            out += coder.decompress(data)
        except zlib.error:
            return out, False
        if not coder.eof:
            return out, False
        data = coder.unused_data
    return out, True


def bytes_there(path):
    data = path.read_bytes()
    return max(len(data), len(unpacked(data)[0]))


UNIT_MM = {1: 1000, 3: 1e-3}  # metre, micrometre; nibabel leaves the affine in them


def oracle_of(data):
    try:
        if data[:2] == b"\x1f\x8b":
            data, whole = unpacked(data)
            if not whole:
                raise ValueError("the gzip stream is cut off or corrupt")
        two = b"n+2" in data[4:7]
        image = (nibabel.Nifti2Image if two else nibabel.Nifti1Image).from_bytes(data)
        if math.prod(image.shape) * image.get_data_dtype().itemsize > len(data):
            raise ValueError("more voxels than the file holds")  # nibabel makes room for them first
        shape = [*image.shape, 1, 1, 1, 1, 1]
        if max(shape[5:]) > 1:
            raise ValueError("six dimensions")
        raw = np.asanyarray(image.dataobj.get_unscaled())
        slope, inter = float(image.dataobj.slope), float(image.dataobj.inter)
        values = raw if (slope, inter) == (1, 0) else raw.astype(np.float64) * slope + inter
        values = np.transpose(values.reshape(shape[:5], order="F"))
        t, c, d, h, w = values.shape
        out = {"shape": [t * c, d, h, w], "values": values, "header": image.header}
        if max(image.header["qform_code"], image.header["sform_code"]) > 0:  # else there is no geometry
            affine = image.affine.copy()
            affine[:3] *= UNIT_MM.get(int(image.header["xyzt_units"]) & 7, 1)
            out["affine"] = affine
        return out
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def oracle(path):
    return oracle_of(path.read_bytes())


def put_right(data, header):
    """The same file without word of extensions and with its voxels behind the header, where it says 0."""
    if data[:2] == b"\x1f\x8b":
        data = unpacked(data)[0]
    two = b"n+2" in data[4:7]
    start = 540 if two else 348
    data = data[:start] + b"\0\0\0\0" + data[start + 4:]
    if header is not None and float(header["vox_offset"]) == 0:
        at, form = (168, "q") if two else (108, "f")
        offset = struct.pack(header.endianness + form, start + 4)
        data = data[:at] + offset + data[at + len(offset):]
    return data


def allowed(path, read, expected):
    if expected == "HeaderDataError: failed to read extension content":
        header, why = None, "extensions are not read: the voxels lie where vox_offset says"
    elif isinstance(expected, dict) and float(expected["header"]["vox_offset"]) == 0:
        header, why = expected["header"], \
            "vox_offset is 0: nifti_clib and trivox read voxels behind the header, nibabel the header itself"
    else:
        return None
    again = oracle_of(put_right(path.read_bytes(), header))
    return why if isinstance(again, dict) and same(read, again) is None else None
