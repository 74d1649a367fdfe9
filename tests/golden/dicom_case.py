"""Writes a small DICOM series with pydicom, healthy or with one fault, and prints what is in it:
the affine (RAS+ mm, voxel x, y, z), the size and the rescaled values in geometric order.

usage: dicom_case.py FOLDER CASE [SEED]
"""
import pathlib
import sys

import numpy as np
import pydicom
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.tag import Tag
from pydicom.uid import (DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ExplicitVRLittleEndian,
                         ImplicitVRLittleEndian, MRImageStorage, RLELossless)

folder, case = pathlib.Path(sys.argv[1]), sys.argv[2]
ROWS, COLUMNS, SLICES, GAP = 6, 9, 5, 5.5
SPACING = (0.6, 0.4)  # between rows, between columns
angle = 0.3
ROW = np.array([np.cos(angle), np.sin(angle), 0])
COLUMN = np.array([-np.sin(angle) * np.cos(0.2), np.cos(angle) * np.cos(0.2), np.sin(0.2)])
PLACES = {  # PatientPosition, rows along, columns along
    "feet_first_prone": ("FFP", -ROW, -COLUMN),
    "head_first_left": ("HFDL", COLUMN, -ROW),
    "coronal": ("HFS", np.array([1.0, 0, 0]), np.array([0, 0.0, -1])),
    "sagittal": ("FFS", np.array([0, np.cos(0.1), np.sin(0.1)]), np.array([0, np.sin(0.1), -np.cos(0.1)])),
}
if case in PLACES:
    PLACE, ROW, COLUMN = PLACES[case]
NORMAL = np.cross(ROW, COLUMN)
ORIGIN = np.array([-40.5, -30.25, 12.125])
rng = np.random.default_rng(int(sys.argv[3]) if len(sys.argv) > 3 else 7)


def ds(value):
    return f"{value:.10f}"


class Slice:
    """One file as it will be written."""

    def __init__(self, k):
        self.position = ORIGIN + k * GAP * NORMAL
        self.row, self.column = ROW, COLUMN
        self.array = rng.integers(0, 1000, size=(ROWS, COLUMNS)).astype(np.uint16)
        self.stored = None  # the words in the file, where they are not the values
        self.set = {}
        self.set_at_last = {}  # what the pixels then belie
        self.overlays = {}  # group: bit
        self.private = []  # group, creator, element, VR, value
        self.syntax = ExplicitVRLittleEndian
        self.name = f"{(k * 7 + 3) % 11:06d}.dcm"  # not in geometric order

    def write(self):
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID = MRImageStorage
        meta.MediaStorageSOPInstanceUID = "1.2.3." + self.name.split(".")[0].lstrip("0")
        meta.TransferSyntaxUID = self.syntax
        d = FileDataset(self.name, {}, file_meta=meta, preamble=b"\0" * 128)
        d.SOPClassUID, d.SOPInstanceUID = MRImageStorage, meta.MediaStorageSOPInstanceUID
        d.SeriesInstanceUID, d.FrameOfReferenceUID = "1.2.3.4", "1.2.3.5"
        d.Modality, d.ImageType, d.EchoTime = "MR", ["ORIGINAL", "PRIMARY", "OTHER"], "10"
        d.PatientName, d.SeriesDescription, d.SliceThickness = "Nobody", "a series", "5"
        d.SpacingBetweenSlices = "0.5"  # wrong, as in the dataset
        d.ImagePositionPatient = [ds(v) for v in self.position]
        d.ImageOrientationPatient = [ds(v) for v in [*self.row, *self.column]]
        d.PixelSpacing = [ds(v) for v in SPACING]
        words = self.array if self.stored is None else self.stored
        d.Rows, d.Columns = words.shape
        d.SamplesPerPixel, d.PhotometricInterpretation = 1, "MONOCHROME2"
        d.BitsAllocated = d.BitsStored = 8 * words.dtype.itemsize
        d.HighBit, d.PixelRepresentation = d.BitsStored - 1, int(words.dtype.kind == "i")
        order = ">" if self.syntax == ExplicitVRBigEndian else "<"
        data = words.astype(words.dtype.newbyteorder(order)).tobytes()
        d.PixelData = data + b"\0" * (len(data) % 2)
        d["PixelData"].VR = "OB" if case == "big_endian_8" else "OW"
        if case == "philips":  # in the second block, as it is where the first is another's
            d.private_block(0x2005, "Somebody else", create=True).add_new(0x0E, "FL", 7.0)
            d.private_block(0x2005, "Philips MR Imaging DD 001", create=True).add_new(0x0E, "FL", 0.25)
        for group, creator, element, vr, value in self.private:
            d.private_block(group, creator, create=True).add_new(element, vr, value)
        for group, bit in self.overlays.items():
            d.add_new((group, 0x0010), "US", d.Rows), d.add_new((group, 0x0011), "US", d.Columns)
            d.add_new((group, 0x0040), "CS", "G"), d.add_new((group, 0x0050), "SS", [1, 1])
            d.add_new((group, 0x0100), "US", d.BitsAllocated), d.add_new((group, 0x0102), "US", bit)
        for key, value in self.set.items():
            if key == "raw_description":
                d[0x0008103E] = RawDataElement(Tag(0x0008103E), "LO", len(value),
                                               value + b" " * (len(value) % 2), 0,
                                               False, True)
            elif value is None:
                delattr(d, key)
            else:
                setattr(d, key, value)
        if self.syntax == RLELossless:
            d.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
            d.compress(RLELossless)
        for key, value in self.set_at_last.items():
            setattr(d, key, value)
        pydicom.dcmwrite(folder / self.name, d, enforce_file_format=True,
                         **({} if self.syntax == RLELossless else
                            {"implicit_vr": self.syntax == ImplicitVRLittleEndian,
                             "little_endian": order == "<"}))


slices = [Slice(k) for k in range(SLICES)]
step = GAP * NORMAL
values = None  # where the stored words are not the values


def each(change):
    for s in slices:
        change(s)


if case == "descending":
    for s, name in zip(slices, "54321"):
        s.name = name
elif case == "siemens_mosaic_without_image_type":
    each(lambda s: s.private.append((0x0019, "SIEMENS MR HEADER", 0x0A, "US", 16)))
elif case == "united_imaging_grid":
    each(lambda s: s.private.append((0x0065, "Image Private Header", 0x50, "DS", "16")))
elif case == "united_imaging_grid_of_frames":
    frames = [Dataset() for _ in range(16)]
    each(lambda s: s.private.append((0x0065, "Image Private Header", 0x50, "SQ", frames)))
    each(lambda s: setattr(s, "syntax", ImplicitVRLittleEndian))
elif case == "grids_of_one_image":  # or elements of others
    each(lambda s: s.private.extend([(0x0019, "SIEMENS MR HEADER", 0x0A, "US", 1),
                                     (0x0019, "Somebody else", 0x0A, "US", 16),
                                     (0x0029, "SIEMENS CSA HEADER", 0x10, "OB", b"SV10\4\3\2\1"),
                                     (0x0065, "Image Private Header", 0x50, "DS", "1")]))
elif case == "implicit":
    each(lambda s: setattr(s, "syntax", ImplicitVRLittleEndian))
elif case == "big_endian":
    each(lambda s: setattr(s, "syntax", ExplicitVRBigEndian))
elif case in ("big_endian_8", "big_endian_8_in_words"):
    def big_8(s):
        s.syntax, s.array = ExplicitVRBigEndian, (s.array % 256).astype(np.uint8)
    each(big_8)
elif case == "deflated":
    each(lambda s: setattr(s, "syntax", DeflatedExplicitVRLittleEndian))
elif case == "rle":
    each(lambda s: setattr(s, "syntax", RLELossless))
elif case == "rle_of_more_than_memory":  # streams of some bytes for 5 x 268 million voxels
    for s in slices:
        s.syntax, s.set_at_last = RLELossless, {"Rows": 16384, "Columns": 16384}
elif case == "unsigned_8":
    each(lambda s: setattr(s, "array", (s.array % 256).astype(np.uint8)))
elif case == "signed_16":
    each(lambda s: setattr(s, "array", (s.array.astype(np.int32) * 60 - 30000).astype(np.int16)))
elif case == "signed_12":
    def signed_12(s):
        s.array = s.array.astype(np.int16) * 4 - 2000
        s.stored = s.array.astype(np.uint16) & 0x0FFF  # the sign ends at bit 11
        s.set.update(BitsStored=12, HighBit=11, PixelRepresentation=1)
    each(signed_12)
elif case == "signed_12_extended":
    def signed_12(s):
        s.array = s.array.astype(np.int16) * 4 - 2000
        s.set.update(BitsStored=12, HighBit=11)
    each(signed_12)
elif case == "signed_12_extended_at_times":
    def signed_12(s):
        s.array = s.array.astype(np.int16) * 4 - 2000
        s.stored = s.array.astype(np.uint16)
        s.stored[0] &= 0x0FFF
        s.set.update(BitsStored=12, HighBit=11, PixelRepresentation=1)
    each(signed_12)
elif case in ("bits_above_value", "overlays_above_value", "overlay_in_another_bit"):
    def above(s):
        s.stored = s.array | 0xA000
        s.stored[0, 0] &= 0x0FFF
        s.set.update(BitsStored=12, HighBit=11)
        for group, bit in {"bits_above_value": {}, "overlays_above_value": {0x6000: 13, 0x601E: 15},
                           "overlay_in_another_bit": {0x6002: 13, 0x6004: 12}}[case].items():
            s.overlays[group] = bit
    each(above)
elif case == "high_bit_15":
    def high(s):
        s.stored = (s.array << 4) | 0x5
        s.set.update(BitsStored=12, HighBit=15)
    each(high)
elif case == "monochrome1":
    each(lambda s: s.set.update(PhotometricInterpretation="MONOCHROME1", BitsStored=12, HighBit=11))
    values = [4095 - s.array.astype(float) for s in slices]
elif case == "rescaled":
    for k, s in enumerate(slices):  # each slice its own, as Philips writes
        s.set.update(RescaleSlope=str(0.25 * (k + 1)), RescaleIntercept="-1024.5")
    values = [s.array * (0.25 * (k + 1)) - 1024.5 for k, s in enumerate(slices)]
elif case == "philips":
    each(lambda s: s.set.update(RescaleSlope="1.5", RescaleIntercept="4"))
    values = [s.array * 1.5 + 4 for s in slices]
elif case == "tilted":
    step = GAP * NORMAL + 1.25 * COLUMN
    for k, s in enumerate(slices):
        s.position = ORIGIN + k * step
elif case == "rounded_cosines":
    for s in slices:
        s.row, s.column = ROW.round(4), COLUMN.round(4)
elif case == "rounded_to_three_decimals":
    # As SimpleITK and dcm2niix have it: PixelSpacing is the voxels' size.
    for s in slices:
        s.row, s.column = np.array([0.713, -0.404, -0.574]), np.array([0.049, 0.845, -0.533])
        s.position = ORIGIN + (s.position - ORIGIN) @ NORMAL * np.cross(s.row, s.column)
elif case == "rounded_in_a_large_field":  # 240 mm wide and high
    for s in slices:
        s.row, s.column = np.array([0.713, -0.404, -0.574]), np.array([0.049, 0.845, -0.533])
        s.position = ORIGIN + (s.position - ORIGIN) @ NORMAL * np.cross(s.row, s.column)
        s.set.update(PixelSpacing=["48", "30"])
elif case in ("two_decimals", "two_decimals_tilted", "directions_off", "two_decimals_off"):
    # Lengths 0.9981 and 1.0028; turned in plane, of six decimals, by 0.5 degrees.
    row, column = np.array([0.94, -0.33, 0.06]), np.array([0.32, 0.94, 0.14])
    if case == "directions_off":
        row, column = np.array([1, 0, 0]), np.array([0.0025, 0.999997, 0])
    elif case == "two_decimals_off":
        row, column = np.array([1, 0, 0]), np.array([0.03, 1, 0])
    normal = np.cross(row, column) / np.linalg.norm(np.cross(row, column))
    tilt = 0.02 if case == "two_decimals_tilted" else 0.004
    for k, s in enumerate(slices):
        s.row, s.column = row, column
        s.position = ORIGIN + k * GAP * (normal + tilt * row)
elif case == "positions_of_one_decimal":  # what rounding leaves at most: 0.079 mm in four steps
    for k, s in enumerate(slices):
        s.position = ORIGIN + k * 1.1 * (NORMAL + 0.018 * ROW)
elif case == "tilted_positions_of_one_decimal":
    for k, s in enumerate(slices):
        s.position = np.round(ORIGIN + k * 1.1 * (NORMAL + 0.05 * ROW), 1)
elif case in ("every_second_slice", "numbers_in_steps_of_two", "wide_gaps"):
    for k, s in enumerate(slices):
        s.set.update(InstanceNumber=(k if case == "wide_gaps" else 2 * k) + 1)
        if case != "numbers_in_steps_of_two":
            s.set.update(SpacingBetweenSlices=f"{GAP / 2}")
elif case in ("no_series_uid", "blank_series_uid"):
    each(lambda s: s.set.update(SeriesInstanceUID=None if case == "no_series_uid" else ""))
elif case == "two_series_without_uid":
    for k, s in enumerate(slices):
        s.set.update(SeriesInstanceUID=None, SeriesNumber=1 if k < 3 else 2)
elif case == "one_without_series_uid":
    slices[2].set.update(SeriesInstanceUID=None)
elif case == "x_ray_beside":
    x_ray = Slice(5)
    x_ray.name = "dx.dcm"
    x_ray.set.update(SOPClassUID="1.2.840.10008.5.1.4.1.1.1.1", Modality="DX", SeriesInstanceUID="1.2.3.9",
                     SeriesDescription="thorax", ImagePositionPatient=None, ImageOrientationPatient=None)
    x_ray.write()
elif case in ("undecodable", "undecodable_other"):  # T1 axial and T1 enhanced, as GB18030 codes them
    text = b"T1\xba\xe1\xb6\xcf" if case == "undecodable" else b"T1\xd4\xf6\xc7\xbf"
    each(lambda s: s.set.update(raw_description=text))
elif case == "names_in_two_character_sets":
    for k, s in enumerate(slices):
        s.set.update(SpecificCharacterSet="GB18030" if k < 2 else "ISO_IR 192",
                     PatientName="\u738b^\u5c0f\u660e" + ("" if k else "=x"))
elif case == "modality_lut":
    def lut(s):
        item = Dataset()
        item.LUTDescriptor, item.ModalityLUTType = [4, 0, 16], "US"
        item.LUTData = [0, 10, 20, 30]
        item["LUTDescriptor"].VR = item["LUTData"].VR = "US"
        s.set.update(ModalityLUTSequence=Sequence([item]))
    each(lut)
elif case == "no_modality_lut":
    each(lambda s: s.set.update(ModalityLUTSequence=Sequence()))
elif case == "far_away":
    each(lambda s: setattr(s, "position", s.position + np.array([1e300, 0, 0])))
elif case == "two_slopes":
    each(lambda s: s.set.update(RescaleSlope=["2", "3"], RescaleIntercept="0"))
elif case == "two_signs":
    each(lambda s: s.set.update(PixelRepresentation=[0, 1]))
elif case == "three_spacings":
    each(lambda s: s.set.update(PixelSpacing=["0.6", "0.4", "1"]))
elif case == "two_echo_times":
    each(lambda s: s.set.update(EchoTime=["10", "20"]))
elif case == "tilted_by_little_more_than_45_degrees":
    for k, s in enumerate(slices):
        s.position = ORIGIN + k * (GAP * NORMAL + (GAP + 0.0004) * COLUMN)
elif case == "slope_beyond_float":
    each(lambda s: s.set.update(RescaleSlope="1e300", RescaleIntercept="0"))
elif case == "differing_spacing_by_little":
    slices[3].set.update(PixelSpacing=["0.6", "0.4002"])
elif case in ("japanese", "korean", "control_characters"):
    # The examples of PS3.5, annexes H.3 and I.2.
    sets, text = {"japanese": (["", "ISO 2022 IR 87"], b"\x1b$B;3ED\x1b(B T1"),
                  "korean": (["", "ISO 2022 IR 149"], b"\x1b$)C\xb1\xe8\xc8\xf1\xc1\xdf T2"),
                  "control_characters": ([], b"T1 \x1b[2J")}[case]
    each(lambda s: s.set.update(SpecificCharacterSet=sets, raw_description=text))
elif case == "uneven":
    slices[2].position = slices[2].position + 0.3 * NORMAL
elif case == "off_the_line":
    slices[2].position = slices[2].position + 1.5 * NORMAL
elif case == "drift_in_plane":
    slices[2].position = slices[2].position + 2 * ROW
elif case == "slice_missing_in_the_middle":
    del slices[2]
elif case == "two_slices_missing_in_the_middle":
    del slices[1:3]
elif case == "repeated_position":
    slices[3].position = slices[2].position
elif case == "differing_size":
    slices[3].array = slices[3].array[:, :-1]
elif case == "differing_spacing":
    slices[3].set.update(PixelSpacing=["0.6", "0.5"])
elif case == "differing_orientation":
    slices[3].row, slices[3].column = COLUMN, -ROW
elif case == "echoes_as_measured":  # as GE's fast spin echo has them, slice by slice
    for k, s in enumerate(slices):
        s.set.update(EchoTime=("102.312", "102.328")[k % 2])
elif case == "one_slice_monochrome1":
    slices[2].set.update(PhotometricInterpretation="MONOCHROME1")
    values = [65535 - s.array.astype(float) if s is slices[2] else s.array for s in slices]
elif case == "two_echoes":
    for s in slices[3:]:
        s.set.update(EchoTime="20")
elif case == "two_series":
    for s in slices[:2]:
        s.set.update(SeriesInstanceUID="1.2.3.9")
elif case == "two_patients_in_one_series":
    for s in slices[:2]:
        s.set.update(PatientName="Somebody^Else", PatientSex="F")
elif case == "of_somebody_else":
    each(lambda s: s.set.update(PatientName="Somebody^Else"))
elif case == "names_written_differently":
    for s in slices[:2]:
        s.set.update(PatientName="NOBODY^^ ", PatientID="")
elif case == "same_file_twice":
    slices[3].position, slices[3].set = slices[2].position, {"SOPInstanceUID": "1.2.3.6"}
    slices[2].set = {"SOPInstanceUID": "1.2.3.6"}
elif case == "one_uid_for_all_images":
    each(lambda s: s.set.update(SOPInstanceUID="1.2.3.6"))
elif case == "two_studies_in_one_series":
    slices[1].set.update(StudyInstanceUID="1.2.3.7")
elif case == "one_slice":
    del slices[1:]
    step = 5 * NORMAL
elif case == "no_frames":  # as some converters leave it, in files of one slice
    each(lambda s: s.set.update(NumberOfFrames="0"))
elif case == "no_frames_of_two":
    each(lambda s: s.set.update(NumberOfFrames="0", PixelData=2 * s.array.tobytes()))
elif case == "multi_frame":
    each(lambda s: s.set.update(NumberOfFrames="2"))
elif case == "mosaic":
    each(lambda s: s.set.update(ImageType=["ORIGINAL", "PRIMARY", "M", "MOSAIC"]))
elif case == "colour":
    each(lambda s: s.set.update(PhotometricInterpretation="RGB"))
elif case == "bits_allocated_12":
    each(lambda s: s.set.update(BitsAllocated=12))
elif case == "no_position":
    slices[1].set.update(ImagePositionPatient=None)
elif case == "skewed_orientation":
    slices[1].set.update(ImageOrientationPatient=["1", "0", "0", "0.5", "0.5", "0"])
elif case == "sign_not_told":
    slices[1].set.update(PixelRepresentation=None)
elif case == "pixel_data_absent":
    slices[1].set.update(PixelData=None)
elif case in PLACES:
    each(lambda s: s.set.update(PatientPosition=PLACE))
elif case == "trailing_padding":
    each(lambda s: s.set.update(DataSetTrailingPadding=b"\0" * 22))
elif case != "plain":
    sys.exit("no such case: " + case)

for s in slices:
    s.write()
affine = np.eye(4)
affine[:3] = np.stack([ROW * SPACING[1], COLUMN * SPACING[0], step, ORIGIN], 1)
affine = np.diag([-1, -1, 1, 1]) @ affine
print(*(repr(float(v)) for v in affine.ravel()))
print(COLUMNS, ROWS, len(slices))
for s, value in zip(slices, values or [s.array for s in slices]):
    print(*(repr(float(v)) for v in value.ravel()))
