"""Writes an enhanced multi-frame MR image with pydicom, healthy or with one fault, and prints the series
in it, each as the affine (RAS+ mm, voxel x, y, z), the size and the rescaled values in geometric order, a
line of dashes between them.

usage: dicom_enhanced.py FOLDER CASE
"""
import copy
import io
import pathlib
import sys

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate, encapsulate_extended
from pydicom.sequence import Sequence
from pydicom.uid import EnhancedMRImageStorage, ExplicitVRBigEndian, ExplicitVRLittleEndian, \
    ImplicitVRLittleEndian, RLELossless

folder, case = pathlib.Path(sys.argv[1]), sys.argv[2]
ROWS, COLUMNS, SLICES, GAP = 6, 9, 4, 5.5
SPACING = (0.6, 0.4)  # between rows, between columns
angle = 0.3
ROW = np.array([np.cos(angle), np.sin(angle), 0])
COLUMN = np.array([-np.sin(angle) * np.cos(0.2), np.cos(angle) * np.cos(0.2), np.sin(0.2)])
ORIGIN = np.array([-40.5, -30.25, 12.125])
rng = np.random.default_rng(11)


def ds(value):
    return f"{value:.10f}"


def item(**elements):
    d = Dataset()
    for key, value in elements.items():
        setattr(d, key, value)
    return d


class Frame:
    """One frame as it will be written."""

    def __init__(self, k, row=ROW, column=COLUMN, echo=10.0, series=0):
        self.k, self.row, self.column, self.echo, self.series = k, row, column, echo, series
        self.position = ORIGIN + k * GAP * np.cross(row, column)
        self.array = rng.integers(0, 4000, size=(ROWS, COLUMNS)).astype(np.uint16)
        self.slope, self.intercept = 1.0, 0.0
        self.type = ["ORIGINAL", "PRIMARY", "M", "NONE"]
        self.stack, self.time, self.b, self.delay, self.dimension = "1", None, None, None, None

    def groups(self):
        d = Dataset()
        d.PlanePositionSequence = [item(ImagePositionPatient=[ds(v) for v in self.position])]
        content = item(StackID=self.stack, InStackPositionNumber=self.k + 1)
        if self.time is not None:
            content.TemporalPositionIndex = self.time
        if self.dimension is not None:
            content.DimensionIndexValues = [1, self.k + 1, self.dimension]
        d.FrameContentSequence = [content]
        if self.delay is not None:
            d.CardiacSynchronizationSequence = [item(NominalCardiacTriggerDelayTime=self.delay)]
        d.MREchoSequence = [item(EffectiveEchoTime=self.echo)]
        d.MRImageFrameTypeSequence = [item(FrameType=self.type)]
        if self.b is not None:
            d.MRDiffusionSequence = [item(DiffusionBValue=self.b)]
        orientation = [ds(v) for v in [*self.row, *self.column]]
        d.PlaneOrientationSequence = [item(ImageOrientationPatient=orientation)]
        d.PixelValueTransformationSequence = [item(RescaleSlope=repr(self.slope), RescaleType="US",
                                                   RescaleIntercept=repr(self.intercept))]
        return d


frames = [Frame(k) for k in range(SLICES)]
syntax, fragments, table = ExplicitVRLittleEndian, 1, False
change = lambda d: None

if case == "two_echoes":
    frames = [Frame(k, echo=e, series=i) for k in range(SLICES) for i, e in enumerate((10.0, 80.0))]
elif case == "two_stacks":
    frames = [Frame(k) for k in range(SLICES)]
    frames += [Frame(k, row=COLUMN, column=np.cross(ROW, COLUMN), series=1) for k in range(3)]
    for f in frames:
        f.stack = str(f.series + 1)
elif case == "many_stacks":  # in twenty orientations of two echoes, of one stack and type
    frames = []
    for k in range(SLICES):
        for i in range(40):
            a = 0.3 + 0.002 * (i // 2)
            row, column = np.array([np.cos(a), np.sin(a), 0]), np.array([-np.sin(a), np.cos(a), 0])
            frames.append(Frame(k, row=row, column=column, echo=10 + 0.2 * (i % 2), series=i))
elif case == "two_moments":
    frames = [Frame(k, series=t) for t in range(2) for k in range(SLICES)]
    for f in frames:
        f.time = f.series + 1
elif case == "moment_by_slice":  # as some scanners number the slices of one volume
    for f in frames:
        f.time = f.k + 1
elif case in ("two_phases", "two_by_dimension"):
    frames = [Frame(k, series=t) for t in range(2) for k in range(SLICES)]
    for f in frames:
        f.dimension = f.series + 1
        f.delay = 40.5 * f.series if case == "two_phases" else None
elif case == "two_b_values":
    frames = [Frame(k, series=t) for t in range(2) for k in range(SLICES)]
    for f in frames:
        f.b = 800.0 * f.series
elif case in ("two_b_values_numbered_by_frame", "two_b_values_numbered_by_place"):
    frames = [Frame(k, series=t) for t in range(2) for k in range(SLICES)]
    for i, f in enumerate(frames):
        f.b, f.time = 800.0 * f.series, (i if case.endswith("frame") else f.k) + 1
elif case == "two_phases_numbered_by_frame":
    frames = [Frame(k, series=t) for t in range(2) for k in range(SLICES)]
    for i, f in enumerate(frames):
        f.delay, f.time = 40.5 * f.series, i + 1
elif case in ("stack_by_frame", "stack_by_file"):
    for f in frames:
        f.stack = str(f.k + 1)
elif case == "two_echoes_and_stack_by_place":
    frames = [Frame(k, echo=e, series=i) for k in range(SLICES) for i, e in enumerate((10.0, 80.0))]
    for f in frames:
        f.stack = str(f.k + 1)
elif case in ("two_stacks_of_one_slice", "three_stacks_far_apart"):
    frames = [Frame(k * 4, series=k) for k in range(2 if case.startswith("two") else 3)]  # 22 mm apart
    for f in frames:
        f.stack = str(f.series + 1)
elif case == "magnitude_and_phase":
    frames = [Frame(k, series=t) for k in range(SLICES) for t in range(2)]
    for f in frames:
        f.type = ["ORIGINAL", "PRIMARY", "MP"[f.series], "NONE"]
elif case == "rescaled":
    for f in frames:
        f.slope, f.intercept = 0.25 * (f.k + 1), -10.5 * f.k
elif case == "implicit":
    syntax = ImplicitVRLittleEndian
elif case == "big_endian":
    syntax = ExplicitVRBigEndian
elif case in ("rle", "rle_without_table", "rle_extended_table"):
    syntax = RLELossless
elif case == "one_frame":
    frames = frames[:1]
elif case.startswith("one_frame_as_classic"):  # with its place in the data set as well
    frames = frames[:1]
    frames[0].slope, frames[0].intercept, frames[0].time = 2.5, -7.0, 3

    def change(d):
        f = frames[0]
        d.ImagePositionPatient = [ds(v) for v in f.position]
        d.ImageOrientationPatient = [ds(v) for v in [*f.row, *f.column]]
        d.PixelSpacing, d.EchoTime = [ds(v) for v in SPACING], "12"
        if case.endswith("elsewhere"):
            d.ImagePositionPatient[1] += 2
        elif case.endswith("turned"):
            d.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        elif case.endswith("finer"):
            d.PixelSpacing = [ds(SPACING[0] / 2), ds(SPACING[1])]
        elif case.endswith("on_another_scale"):
            d.RescaleSlope, d.RescaleIntercept = "1", "0"
elif case == "shared_position":
    def change(d):
        d.SharedFunctionalGroupsSequence[0].PlanePositionSequence = \
            d.PerFrameFunctionalGroupsSequence[0].PlanePositionSequence
        for g in d.PerFrameFunctionalGroupsSequence:
            del g.PlanePositionSequence
elif case == "frame_without_position":
    def change(d):
        del d.PerFrameFunctionalGroupsSequence[2].PlanePositionSequence
elif case == "frame_without_rescaling":
    for f in frames:
        f.slope = 2.0

    def change(d):
        del d.PerFrameFunctionalGroupsSequence[1].PixelValueTransformationSequence
elif case == "frames_without_groups":
    def change(d):
        del d.PerFrameFunctionalGroupsSequence[3]
elif case == "without_measures":
    def change(d):
        del d.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence
elif case.startswith("concatenation"):
    pass
elif case == "frame_missing_in_the_middle":
    del frames[1]
elif case in ("truncated", "unknown_sequences", "philips", "volume_by_file", "half_a_gap_by_file"):
    pass
elif case != "plain":
    sys.exit("no such case: " + case)

order = rng.permutation(len(frames))  # no scanner's order
frames = [frames[i] for i in order]
meta = FileMetaDataset()
meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = EnhancedMRImageStorage, "1.2.3.77"
meta.TransferSyntaxUID = syntax
d = FileDataset("enhanced", {}, file_meta=meta, preamble=b"\0" * 128)
d.SOPClassUID, d.SOPInstanceUID = EnhancedMRImageStorage, "1.2.3.77"
d.SeriesInstanceUID, d.FrameOfReferenceUID, d.Modality = "1.2.3.4", "1.2.3.5", "MR"
d.ImageType, d.SeriesDescription, d.ManufacturerModelName = ["ORIGINAL", "PRIMARY", "M",
                                                             "NONE"], "enhanced", "x"
d.Rows, d.Columns, d.NumberOfFrames = ROWS, COLUMNS, len(frames)
d.SamplesPerPixel, d.PhotometricInterpretation = 1, "MONOCHROME2"
d.BitsAllocated, d.BitsStored, d.HighBit, d.PixelRepresentation = 16, 12, 11, 0
d.SharedFunctionalGroupsSequence = [item(
    PixelMeasuresSequence=[item(PixelSpacing=[ds(v) for v in SPACING], SliceThickness="5")],
    MRTimingAndRelatedParametersSequence=[item(RepetitionTime="3000", FlipAngle="90")])]
d.PerFrameFunctionalGroupsSequence = Sequence([f.groups() for f in frames])
if case == "philips":  # a dataset of its own within each frame, as Philips writes them
    for f, g in zip(frames, d.PerFrameFunctionalGroupsSequence):
        f.slope, f.intercept = 1.5, 4.0
        g.PixelValueTransformationSequence[0].RescaleSlope = "1.5"
        g.PixelValueTransformationSequence[0].RescaleIntercept = "4"
        inner = Dataset()
        inner.private_block(0x2005, "Philips MR Imaging DD 001", create=True).add_new(0x0E, "FL", 0.25)
        g.private_block(0x2005, "Philips MR Imaging DD 005", create=True).add_new(0x0F, "SQ", [inner])
words = np.stack([f.array for f in frames])
data = words.astype(words.dtype.newbyteorder(">" if syntax == ExplicitVRBigEndian else "<")).tobytes()
d.PixelData = data
d["PixelData"].VR = "OW"
change(d)
if syntax == RLELossless:
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    d.compress(RLELossless)
    whole = [bytes(b) for b in pydicom.encaps.generate_frames(d.PixelData, number_of_frames=len(frames))]
    if case == "rle_without_table":
        d.PixelData = encapsulate(whole, has_bot=False)
    elif case == "rle_extended_table":  # each frame in two fragments, so that the table is needed
        parts = []
        for one in whole:
            half = len(one) // 4 * 2
            parts += [one[:half], one[half:]]
        body = encapsulate(parts, has_bot=False)
        offsets, at = [], 0
        for one in whole:
            offsets.append(at)
            half = len(one) // 4 * 2
            at += 16 + len(one) + len(one) % 2
        d.PixelData = body
        d.ExtendedOffsetTable = np.array(offsets, dtype="<u8").tobytes()
        d.ExtendedOffsetTableLengths = np.array([len(one) for one in whole], dtype="<u8").tobytes()
    d["PixelData"].VR, d["PixelData"].is_undefined_length = "OB", True
if case == "unknown_sequences":
    # As a program writes that does not know the sequences: VR UN, what is inside implicit.
    for name in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"):
        element = d[name]
        buffer = io.BytesIO()
        buffer = pydicom.filebase.DicomBytesIO()
        buffer.is_little_endian, buffer.is_implicit_VR = True, True
        pydicom.filewriter.write_sequence(buffer, element, ["iso8859"])
        value = buffer.getvalue()
        tag = element.tag
        del d[name]
        d[tag] = pydicom.dataelem.RawDataElement(tag, "UN", len(value), value, 0, False, True)
path = folder / "enhanced.dcm"
if case.startswith("concatenation"):  # one image in two files
    for j in range(2):
        part = copy.deepcopy(d)
        part.SOPInstanceUID, part.NumberOfFrames = f"1.2.3.77.{j}", SLICES // 2
        part.PerFrameFunctionalGroupsSequence = d.PerFrameFunctionalGroupsSequence[2 * j:2 * j + 2]
        part.PixelData = data[j * len(data) // 2:(j + 1) * len(data) // 2]
        part.ConcatenationUID, part.InConcatenationNumber = "1.2.3.78", j + 1
        part.InConcatenationTotalNumber = 3 if case == "concatenation_without_its_last" else 2
        if case == "concatenation_without_its_first":
            part.InConcatenationNumber += 1
            del part.InConcatenationTotalNumber
        if case == "concatenation_without_total":
            del part.InConcatenationTotalNumber
        part.ConcatenationFrameOffsetNumber = 3 * j if case == "concatenation_without_a_frame" else 2 * j
        pydicom.dcmwrite(folder / f"part{j + 1}.dcm", part, enforce_file_format=True)
elif case == "stack_by_file":  # a file for each frame
    size = len(data) // SLICES
    for j in range(SLICES):
        one = copy.deepcopy(d)
        one.SOPInstanceUID, one.NumberOfFrames = f"1.2.3.77.{j}", 1
        one.PerFrameFunctionalGroupsSequence = d.PerFrameFunctionalGroupsSequence[j:j + 1]
        one.PixelData = data[j * size:(j + 1) * size]
        pydicom.dcmwrite(folder / f"part{j + 1}.dcm", one, enforce_file_format=True)
elif syntax == RLELossless:
    pydicom.dcmwrite(path, d, enforce_file_format=True)
else:
    pydicom.dcmwrite(path, d, enforce_file_format=True, implicit_vr=syntax == ImplicitVRLittleEndian,
                     little_endian=syntax != ExplicitVRBigEndian)
if case in ("volume_by_file", "half_a_gap_by_file"):  # as Siemens' XA does: a second file of all places
    for number, name in enumerate(("enhanced.dcm", "second.dcm"), 1):
        if number == 2 and case == "half_a_gap_by_file":
            for f, g in zip(frames, d.PerFrameFunctionalGroupsSequence):
                moved = f.position + GAP / 2 * np.cross(f.row, f.column)
                g.PlanePositionSequence[0].ImagePositionPatient = [ds(v) for v in moved]
        d.InstanceNumber, d.SOPInstanceUID = number, f"1.2.3.79.{number}"
        d.file_meta.MediaStorageSOPInstanceUID = d.SOPInstanceUID
        pydicom.dcmwrite(folder / name, d, enforce_file_format=True)
if case == "truncated":
    path.write_bytes(path.read_bytes()[:-50])

for i in sorted({f.series for f in frames}):
    mine = sorted((f for f in frames if f.series == i), key=lambda f: f.k)
    first = mine[0]
    step = GAP * np.cross(first.row, first.column) if len(mine) > 1 else 5 * np.cross(first.row, first.column)
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1] = first.row * SPACING[1], first.column * SPACING[0]
    affine[:3, 2], affine[:3, 3] = step, first.position
    affine = np.diag([-1, -1, 1, 1]) @ affine
    if i:
        print("---")
    print(*(repr(float(v)) for v in affine.ravel()))
    print(COLUMNS, ROWS, len(mine))
    for f in mine:
        print(*(repr(float(v)) for v in (f.array * f.slope + f.intercept).ravel()))
