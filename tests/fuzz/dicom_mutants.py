"""Classic DICOM images of few voxels, each alone in a folder; the oracle is pydicom."""
import io
import re
import struct
import subprocess
import warnings
import zlib

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ExplicitVRLittleEndian,
                         ImplicitVRLittleEndian, MRImageStorage)

from compare import same, same_when_mended
from mutate import INTERESTING, mutate_bytes

warnings.simplefilter("ignore")
pydicom.config.logger.setLevel("CRITICAL")
LEAST_ACCEPTED = 0.15
FIXED_BYTES = 2 << 20  # the tables of the decoders that GDCM brings
ROWS, COLUMNS = 10, 12
PIXELS = b"\xe0\x7f\x10\x00"


def seed(syntax=ExplicitVRLittleEndian, dtype=np.uint16, meta=True, **changes):
    rng = np.random.default_rng(5)
    m = FileMetaDataset()
    m.MediaStorageSOPClassUID, m.MediaStorageSOPInstanceUID = MRImageStorage, "1.2.3.1"
    m.TransferSyntaxUID, m.ImplementationClassUID = syntax, "1.2.3.9"
    d = FileDataset("", {}, file_meta=m, preamble=b"\0" * 128)
    d.SOPClassUID, d.SOPInstanceUID, d.SeriesInstanceUID = MRImageStorage, "1.2.3.1", "1.2.3.4"
    d.Modality, d.ImageType, d.SeriesDescription = "MR", ["ORIGINAL", "PRIMARY"], "a series"
    item = Dataset()
    item.CodeValue, item.CodeMeaning = "T-1", "brain"
    inner = Dataset()
    inner.CodeValue = "deeper"
    item.ConceptCodeSequence = Sequence([inner])
    d.ProcedureCodeSequence = Sequence([item, item])
    d["ProcedureCodeSequence"].is_undefined_length = True
    d.ReferencedImageSequence = Sequence([item])
    block = d.private_block(0x0019, "trivox", create=True)
    block.add_new(0x01, "DS", "1.5")
    block.add_new(0x02, "UN", b"\1\2\3\4")
    d.SliceThickness, d.EchoTime, d.RepetitionTime = "5.5", "10", "500"
    d.ImagePositionPatient = ["-40.5", "-30.25", "12.125"]
    d.ImageOrientationPatient = ["0.96", "0.28", "0", "-0.28", "0.96", "0"]
    d.FrameOfReferenceUID, d.PixelSpacing = "1.2.3.5", ["0.6", "0.4"]
    d.Rows, d.Columns, d.SamplesPerPixel, d.PhotometricInterpretation = ROWS, COLUMNS, 1, "MONOCHROME2"
    d.BitsAllocated = d.BitsStored = 8 * np.dtype(dtype).itemsize
    d.HighBit, d.PixelRepresentation = d.BitsStored - 1, int(np.dtype(dtype).kind == "i")
    for key, value in changes.items():
        setattr(d, key, value)
    least = -(1 << (d.BitsStored - 1)) if d.PixelRepresentation else 0
    # A smooth image with an edge, so that lossless coders have all of their modes to use.
    y, x = np.mgrid[:ROWS, :COLUMNS]
    words = least + (y * 7 + x * 3 + 90 * (x > 6) + rng.integers(0, 9, (ROWS, COLUMNS))) % (1 << d.BitsStored)
    order = ">" if syntax == ExplicitVRBigEndian else "<"
    d.PixelData = words.astype(np.dtype(dtype).newbyteorder(order)).tobytes()
    d["PixelData"].VR = "OW"
    out = io.BytesIO()
    if meta:
        pydicom.dcmwrite(out, d, enforce_file_format=True)
        return out.getvalue()
    pydicom.dcmwrite(out, d, enforce_file_format=True)
    plain = out.getvalue()
    return plain[plain.index(b"\x08\x00\x08\x00CS" if syntax != ImplicitVRLittleEndian
                             else b"\x08\x00\x08\x00"):]


def seeds(folder):
    out = {
        "explicit": seed(RescaleSlope="1.5", RescaleIntercept="-7"),
        "signed12": seed(dtype=np.int16, BitsStored=12, HighBit=11),
        "implicit": seed(ImplicitVRLittleEndian),
        "big": seed(ExplicitVRBigEndian, np.int16),
        "deflated": seed(DeflatedExplicitVRLittleEndian),
        "mono1": seed(dtype=np.uint8, PhotometricInterpretation="MONOCHROME1"),
        "bare": seed(meta=False),
        "bareimplicit": seed(ImplicitVRLittleEndian, meta=False),
    }
    for name, option, of in [("rle", "--rle", "explicit"), ("jpeg", "--jpeg", "signed12"),
                             ("jpegls", "--jpegls", "explicit"), ("j2k", "--j2k", "signed12")]:
        plain, coded = folder / "plain.dcm", folder / "coded.dcm"
        plain.write_bytes(out[of])
        subprocess.run(["gdcmconv", option, plain, coded], check=True, capture_output=True)
        out[name] = coded.read_bytes()
        plain.unlink(), coded.unlink()
    return out


def write(folder, name, data):
    (folder / name).mkdir()
    (folder / name / "1.dcm").write_bytes(data)
    return folder / name


LONG = {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"}
TEXTS = [b"", b" ", b"0", b"-1", b"1e300", b"1e400", b"nan", b"inf", b"1\\2", b"1\\2\\3", b"0\\0\\0\\0\\0\\0",
         b"1\\0\\0\\0\\1\\0", b"0.5,0.5", b"+3", b" 7 ", b"MONOCHROME1", b"RGB ", b"1.2.840.10008.1.2.4.70",
         b"1.2.840.10008.1.2.2", b"1.2.840.10008.1.2.1.99", b"1.2.840.10008.5.1.4.1.1.4.1", b"\0\0", b"2",
         b"12"]
TAGS = [(8, 0x16), (0x18, 0x50), (0x20, 0x32), (0x20, 0x37), (0x20, 0xe), (0x28, 2), (0x28, 4), (0x28, 8),
        (0x28, 0x10), (0x28, 0x11), (0x28, 0x30), (0x28, 0x100), (0x28, 0x101), (0x28, 0x102), (0x28, 0x103),
        (0x28, 0x1052), (0x28, 0x1053), (0x7fe0, 0x10), (0xfffe, 0xe000), (0xfffe, 0xe00d), (0xfffe, 0xe0dd),
        (2, 0x10), (0x5200, 0x9230)]


def elements(data, at, explicit, order):
    """(offset, of the length, its width, of the value, end) of the top-level elements, as far as they go."""
    out = []
    while at + 8 <= len(data):
        start, (group,) = at, struct.unpack(order + "H", data[at:at + 2])
        at += 4
        if explicit and group != 0xfffe:
            vr, at = data[at:at + 2], at + 2
            width = 4 if vr in LONG else 2
            at += 2 if vr in LONG else 0
        else:
            width = 4
        length_at = at
        length = int.from_bytes(data[at:at + width], "little" if order == "<" else "big")
        at += width
        if length == 0xffffffff:
            delimiter = struct.pack(order + "HHI", 0xfffe, 0xe0dd, 0)
            end = data.find(delimiter, at)
            end = len(data) if end < 0 else end + 8
        else:
            end = at + length
        if end > len(data):
            break
        out.append((start, length_at, width, at, end))
        at = end
    return out


def mutate_elements(data, rng, explicit, order):
    """A change to one top-level element of the data set, or of the file's meta information."""
    at = 132 if data[128:132] == b"DICM" else 0
    parts = elements(data, at, True, "<") if at else []
    meta = [e for e in parts if data[e[0]:e[0] + 2] == b"\2\0"]
    body = elements(data, meta[-1][4] if meta else at, explicit, order)
    if not body:
        return data
    in_meta = meta and rng.random() < 0.1
    start, length_at, width, value_at, end = rng.choice(meta if in_meta else body)
    endian = "little" if in_meta or order == "<" else "big"
    element, other = data[start:end], rng.choice(body)

    def with_value(value):
        value += b"\0" * (len(value) % 2)
        return data[:length_at] + len(value).to_bytes(width, endian) + value + data[end:]

    def put(i, piece):
        return data[:i] + piece + data[i + len(piece):]

    kind = rng.randrange(13)
    if kind == 0:
        return put(length_at, (rng.choice(INTERESTING) % 2**(8 * width)).to_bytes(width, endian))
    if kind == 1:
        return put(length_at, ((end - value_at + rng.choice([-8, -2, -1, 1, 2, 8, 64])) % 2**(8 * width)
                               ).to_bytes(width, endian))
    if kind == 2:
        return with_value(rng.choice(TEXTS))
    if kind == 3:
        return with_value((rng.choice(INTERESTING) % 65536).to_bytes(2, endian))
    if kind == 4:
        return data[:start] + data[end:]
    if kind == 5:
        return data[:other[0]] + element + data[other[0]:]
    if kind == 6:
        return data[:end] + element[:value_at - start] + data[other[3]:other[4]] + data[end:]
    if kind == 7:
        group, number = rng.choice(TAGS)
        return put(start, group.to_bytes(2, endian) + number.to_bytes(2, endian))
    if kind == 8 and explicit:
        return put(start + 4, rng.choice([b"UN", b"SQ", b"US", b"DS", b"OB", b"OW", b"LO", b"??", b"\0\0"]))
    if kind == 9:
        return data[:start] + rng.choice([b"\xfe\xff\xdd\xe0\0\0\0\0",
                                          b"\xfe\xff\x00\xe0\0\0\0\0"]) + data[start:]
    if kind == 10:
        return data[:start]
    if kind == 11:  # a byte of the value alone
        i = rng.randrange(value_at, max(end, value_at + 1))
        return put(i, rng.randbytes(1)) if i < len(data) else data
    if other[0] < start:
        return data[:other[0]] + element + data[other[4]:start] + data[other[0]:other[4]] + data[end:]
    return data[:start] + data[other[0]:other[4]] + data[end:]


def inflated(data):
    """(head, data set) of a deflated file, as far as it goes, or nothing."""
    if b"1.2.840.10008.1.2.1.99" not in data[132:1000]:
        return None
    meta = [e for e in elements(data, 132, True, "<") if data[e[0]:e[0] + 2] == b"\2\0"]
    try:
        return data[:meta[-1][4]], zlib.decompressobj(-15).decompress(data[meta[-1][4]:], 1 << 26)
    except (zlib.error, IndexError):
        return None


def mutate(data, rng, all_seeds):
    others = [all_seeds[k] for k in sorted(all_seeds)]
    explicit = data not in (all_seeds["implicit"], all_seeds["bareimplicit"])
    order = ">" if data == all_seeds["big"] else "<"
    deflated = inflated(data) if rng.random() < 0.7 else None
    if deflated:
        data = deflated[0] + deflated[1]
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        if len(data) < 140 or rng.random() < 0.3:
            data = mutate_bytes(data, rng, others)
        else:
            data = mutate_elements(data, rng, explicit, order)
    return deflated_again(data, len(deflated[0])) if deflated else data


def bytes_there(path):
    data = (path / "1.dcm").read_bytes()
    deflated = inflated(data)
    return max(len(data), len(deflated[1]) if deflated else 0)


def number(d, name, default=None):
    value = d.get(name, default)
    return default if value is None or value == "" else float(value)


def oracle_of(data, filled=False):
    """filled: BitsStored and PixelRepresentation stand for all bits, unsigned, where they are absent."""
    try:
        d = pydicom.dcmread(io.BytesIO(data), force=True)
        if "TransferSyntaxUID" not in d.file_meta:  # as pydicom found it to be
            d.file_meta.TransferSyntaxUID = (ImplicitVRLittleEndian if d.is_implicit_VR
                                             else ExplicitVRLittleEndian)
        if filled:
            d.BitsStored = d.get("BitsStored", d.BitsAllocated)
            d.PixelRepresentation = d.get("PixelRepresentation") or 0
        samples = d.pixel_array.astype(np.int64)
        if d.PhotometricInterpretation == "MONOCHROME1":
            samples = (-1 if d.PixelRepresentation else (1 << d.BitsStored) - 1) - samples
        values = samples * number(d, "RescaleSlope", 1.0) + number(d, "RescaleIntercept", 0.0)
        row, column = np.array(d.ImageOrientationPatient, float).reshape(2, 3)
        affine = np.eye(4)
        affine[:3, 0] = row * float(d.PixelSpacing[1])
        affine[:3, 1] = column * float(d.PixelSpacing[0])
        normal = np.cross(row, column)
        affine[:3, 2] = normal / np.linalg.norm(normal) * float(d.SliceThickness)
        affine[:3, 3] = np.array(d.ImagePositionPatient, float)
        affine[:2] *= -1
        return {"shape": [1, 1, *values.shape], "values": values, "affine": affine}
    except Exception as error:  # whatever pydicom and its plugins throw
        return f"{type(error).__name__}: {error}"


def oracle(path):
    return oracle_of((path / "1.dcm").read_bytes())


# What pydicom says where it refuses a file that is read, and why it is read: in all of them the voxels and
# their place are told without doubt.
REFUSED_BY_PYDICOM = {
    r"Missing required element: \(0028,0002\)": "SamplesPerPixel is absent: MONOCHROME has one",
    r"Missing required element: \(0028,010[01]\)":
        "BitsStored is absent: all bits, as GDCM takes it",
    r"No tag to read at file position|has no 'Pixel Data'|pixel data is less than expected":
        "what stands behind PixelData is not read",
    r"Found unexpected tag .* Basic Offset Table": "the first item is the offset table",
    r"Expected total bytes to be an even multiple|Unknown Value Representation|could not convert string":
        "of an element that is not used, or the same number written otherwise",
}


def meta_end(data):
    """Where the data set begins behind the file meta information, or 0."""
    meta = [e for e in elements(data, 132, True, "<") if data[e[0]:e[0] + 2] == b"\2\0"]
    return meta[-1][4] if meta else 0


def deflated_again(data, length):
    coder = zlib.compressobj(wbits=-15)
    return data[:length] + coder.compress(data[length:]) + coder.flush()


def allowed(path, read, expected):
    if not isinstance(expected, str):
        return None
    why = next((why for pattern, why in REFUSED_BY_PYDICOM.items() if re.search(pattern, expected)), None)
    if why is None:
        return None
    seed_path = path.parent / ("seed-" + path.name.split("-", 1)[1])
    data, seed = ((p / "1.dcm").read_bytes() for p in (path, seed_path))
    filled = oracle_of(data, True)
    if isinstance(filled, dict) and same(read, filled) is None:
        return why
    ask, packed = oracle_of, inflated(data)
    if packed and inflated(seed):
        data, seed = b"".join(packed), b"".join(inflated(seed))

        def ask(mutant):
            return oracle_of(deflated_again(mutant, meta_end(mutant)))
    # File meta information that is broken, before a data set that is not.
    with_meta = ask(seed[:meta_end(seed)] + data[meta_end(data):])
    if isinstance(with_meta, dict) and same(read, with_meta) is None:
        return why
    return why if same_when_mended(read, data, seed, ask) else None
