"""Series of several slices: a file for each, or one enhanced multi-frame file; the oracle is pydicom, slices
sorted along the normal and a line fitted through their positions by NumPy."""
import io
import re

import numpy as np
import pydicom
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import EnhancedMRImageStorage

from compare import same_when_mended
from dicom_mutants import TEXTS, mutate_elements, number, oracle_of as one_slice, seed
from mutate import mutate_bytes

LEAST_ACCEPTED = 0.15
FIXED_BYTES = 2 << 20  # the tables of the decoders that GDCM brings
SLICES, GAP = 4, 5.5
ROW, COLUMN = np.array([0.96, 0.28, 0]), np.array([-0.28, 0.96, 0])
NORMAL = np.cross(ROW, COLUMN)
NEXT = b"\0the next file\0"  # between the files of a folder
PLACES = [(b"\x20\0\x32\0DS"), (b"\x20\0\x37\0DS"), (b"\x28\0\x30\0DS"), (b"\x28\0\x52\x10DS"),
          (b"\x28\0\x53\x10DS"), (b"\x18\0\x50\0DS")]  # position, orientation, spacing, rescaling, thickness


def position(k):
    return [f"{v:.4f}" for v in np.array([-40.5, -30.25, 12.125]) + k * GAP * NORMAL]


def classic(order, **changes):
    """Slices in an order of their names that is not that of their places."""
    return NEXT.join(seed(SOPInstanceUID=f"1.2.3.1.{k + 1}", InstanceNumber=k + 1,
                          ImagePositionPatient=position(k), RescaleSlope=f"{1 + k}", **changes)
                     for k in order)


def sequence(**elements):
    d = Dataset()
    for key, value in elements.items():
        setattr(d, key, value)
    s = Sequence([d])
    s.is_undefined_length = d.is_undefined_length_sequence_item = True
    return s


def enhanced(shared_place=False, **changes):
    d = pydicom.dcmread(io.BytesIO(seed(**changes)))
    d.SOPClassUID = d.file_meta.MediaStorageSOPClassUID = EnhancedMRImageStorage
    plane = d.PixelData
    for name in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness",
                 "EchoTime", "RescaleSlope", "RescaleIntercept"):
        if name in d:
            delattr(d, name)
    words = np.frombuffer(plane, np.uint16)
    d.PixelData = b"".join(((words + 11 * k) & 4095).astype(np.uint16).tobytes() for k in range(SLICES))
    d["PixelData"].VR = "OW"
    d.NumberOfFrames, d.InstanceNumber = SLICES, 1
    shared = sequence(PixelMeasuresSequence=sequence(PixelSpacing=["0.6", "0.4"], SliceThickness="5.5"),
                      PlaneOrientationSequence=sequence(
                          ImageOrientationPatient=[str(v) for v in [*ROW, *COLUMN]]),
                      MREchoSequence=sequence(EffectiveEchoTime=10.0))
    frames = []
    for k in reversed(range(SLICES)):
        frames.append(sequence(
            FrameContentSequence=sequence(StackID="1", InStackPositionNumber=k + 1),
            PlanePositionSequence=sequence(ImagePositionPatient=position(k)),
            PixelValueTransformationSequence=sequence(RescaleSlope=str(1 + k), RescaleIntercept="-3",
                                                      RescaleType="US"))[0])
    d.SharedFunctionalGroupsSequence, d.PerFrameFunctionalGroupsSequence = shared, Sequence(frames)
    out = io.BytesIO()
    pydicom.dcmwrite(out, d, enforce_file_format=True)
    return out.getvalue()


def seeds(folder):
    return {
        "classic": classic([2, 0, 3, 1]),
        "signed": classic([0, 1, 2, 3], dtype=np.int16, BitsStored=12, HighBit=11),
        "enhanced": enhanced(),
        "enhanced12": enhanced(BitsStored=12, HighBit=11),
    }


def write(folder, name, data):
    (folder / name).mkdir()
    for i, part in enumerate(data.split(NEXT)):
        (folder / name / f"{i}.dcm").write_bytes(part)
    return folder / name


def put_value(data, rng):
    """Another text in the place of one that says where a slice lies or what its values mean."""
    tag = rng.choice(PLACES)
    found = [i for i in range(len(data)) if data.startswith(tag, i)]
    if not found:
        return data
    at = rng.choice(found) + 8
    length = int.from_bytes(data[at - 2:at], "little")
    if rng.random() < 0.5 and length and at + length <= len(data):  # a digit or sign
        i = at + rng.randrange(length)
        return data[:i] + rng.choice(b"0123456789.-+e\\ ").to_bytes(1, "little") + data[i + 1:]
    return data[:at] + rng.choice(TEXTS)[:length].ljust(length) + data[at + length:]


def mutate(data, rng, all_seeds):
    parts = data.split(NEXT)
    others = [p for s in sorted(all_seeds) for p in all_seeds[s].split(NEXT)]
    for _ in range(rng.choice([1, 1, 2])):
        i = rng.randrange(len(parts))
        kind = rng.randrange(8)
        if kind == 0 and len(parts) > 1:
            parts = rng.choice([parts[:i] + parts[i + 1:], parts + [parts[i]],
                                parts[:i] + [rng.choice(others)] + parts[i + 1:]])
        elif kind < 4:
            parts[i] = put_value(parts[i], rng)
        elif kind < 6:
            parts[i] = mutate_elements(parts[i], rng, True, "<")
        else:
            parts[i] = mutate_bytes(parts[i], rng, others)
    return NEXT.join(parts)


def bytes_there(path):
    return sum(f.stat().st_size for f in path.iterdir())


def frames_of(d):
    """(position, orientation, spacing between rows and columns, slope, intercept, samples) of each frame."""
    samples = d.pixel_array.astype(np.int64)
    if d.PhotometricInterpretation == "MONOCHROME1":
        samples = (-1 if d.PixelRepresentation else (1 << d.BitsStored) - 1) - samples
    if "PerFrameFunctionalGroupsSequence" not in d:
        yield (d.ImagePositionPatient, d.ImageOrientationPatient, d.PixelSpacing,
               number(d, "RescaleSlope", 1.0), number(d, "RescaleIntercept", 0.0), samples)
        return
    shared = d.SharedFunctionalGroupsSequence[0]
    if len(d.PerFrameFunctionalGroupsSequence) != len(samples):
        raise ValueError("as many groups as frames")
    for own, frame in zip(d.PerFrameFunctionalGroupsSequence, samples):
        def group(name):
            return (own if name in own else shared)[name][0]
        values = group("PixelValueTransformationSequence")
        yield (group("PlanePositionSequence").ImagePositionPatient,
               group("PlaneOrientationSequence").ImageOrientationPatient,
               group("PixelMeasuresSequence").PixelSpacing, number(values, "RescaleSlope", 1.0),
               number(values, "RescaleIntercept", 0.0), frame)


def oracle_of(parts):
    try:
        files = [pydicom.dcmread(io.BytesIO(p), force=True) for p in parts]
        if len({d.SeriesInstanceUID for d in files}) != 1:
            return "several series"
        frames = [f for d in files for f in frames_of(d)]
        if len(frames) < 2:
            return one_slice(parts[0]) if len(parts) == 1 else "one slice"
        row, column = np.array(frames[0][1], float).reshape(2, 3)
        normal = np.cross(row, column) / np.linalg.norm(np.cross(row, column))
        for f in frames:
            turned = np.abs(np.array(f[1], float) - [*row, *column]).max()
            if turned > 1e-3 or list(f[2]) != list(frames[0][2]):
                return "slices are unlike each other"
        frames.sort(key=lambda f: normal @ np.array(f[0], float))
        places = np.array([f[0] for f in frames], float)
        step, origin = np.polyfit(np.arange(len(frames)), places, 1)
        off = places - origin - np.arange(len(frames))[:, None] * step
        gap = normal @ step
        if not (np.abs(off @ normal) <= 0.1 * gap).all():
            return "uneven slices"
        affine = np.eye(4)
        affine[:3, 0], affine[:3, 1] = row * float(frames[0][2][1]), column * float(frames[0][2][0])
        affine[:3, 2], affine[:3, 3] = step, origin
        affine[:2] *= -1
        values = np.stack([f[5] * f[3] + f[4] for f in frames])
        # Cosines that are not quite so are made orthonormal, and a step that is off the normal by what
        # rounding explains (0.1 mm at the last slice) is laid along it, as ITK does.
        return {"shape": [1, *values.shape], "values": values, "affine": affine, "corner_mm": 0.15}
    except Exception as error:  # whatever pydicom and its plugins throw
        return f"{type(error).__name__}: {error}"


def oracle(path):
    return oracle_of([f.read_bytes() for f in sorted(path.iterdir())])


# What pydicom, or this oracle by it, says of elements that are not used here or stand twice.
REFUSED = re.compile(r"Missing required element: \(0028,0002\)|No tag to read at file position|"
                     r"no attribute|Transfer Syntax UID|unhashable type|KeyError")


def allowed(path, read, expected):
    """A file that pydicom does not read is as it was before its mutation, to all that is read of it."""
    if not isinstance(expected, str) or not REFUSED.search(expected):
        return None
    seed_path = path.parent / ("seed-" + path.name.split("-", 1)[1])
    parts, before = ([f.read_bytes() for f in sorted(p.iterdir())] for p in (path, seed_path))
    if len(parts) != len(before):
        return None
    for i, (part, old) in enumerate(zip(parts, before)):
        def ask(again):
            return oracle_of(parts[:i] + [again] + parts[i + 1:])
        if part != old and same_when_mended(read, part, old, ask):
            return "an element that is not used is broken"
    return None
