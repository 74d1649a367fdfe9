"""Writes a folder as hospitals export it, several series and other objects in it. Every voxel of a series
is its number.

usage: dicom_folder.py FOLDER flat|apart NAME...   (apart: a sub-folder for each series)
"""
import pathlib
import sys

import numpy as np
import pydicom
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import (BasicTextSRStorage, ExplicitVRLittleEndian, MediaStorageDirectoryStorage,
                         MRImageStorage)

folder, is_flat = pathlib.Path(sys.argv[1]), sys.argv[2] == "flat"
TYPE = ["ORIGINAL", "PRIMARY", "M", "NORM"]
# name: (number, sub-folder, description, modality, image type, TE, TR)
SERIES = {
    "t2": (1, "AX_T2", "t2_tse_tra", "MR", TYPE, 100, 4000),
    "t1": (2, "AX_T1", "t1_tse_tra", "MR", TYPE, 12, 600),
    "t1_sub": (3, "AX_T1_SUB", "t1_tse_tra", "MR", ["DERIVED", "PRIMARY", "M", "SUB"], 12, 600),
    "ct": (4, "CT_HEAD", "head", "CT", ["ORIGINAL", "PRIMARY", "AXIAL"], None, None),
    "localiser": (5, "LOC", "localizer", "MR", TYPE, 5, 20),
    "t1_ce": (7, "AX_T1_CE", "t1_tse_tra", "MR", TYPE, 12, 600),
    "t1_ce_sub": (8, "AX_T1_CE", "t1_tse_tra", "MR", ["DERIVED", "PRIMARY", "M", "SUB"], 12, 600),
    "t1_again": (6, "AX_T1_REPEAT", "t1_tse_tra", "MR", TYPE, 12, 600),
}
# What makes a slice of t2 differ from the others, given its number from 0.
EDITS = {
    "t2_echo_absent": lambda k, d: setattr(d, "EchoTime", None if k == 2 else "100"),
    "t2_echo_broken": lambda k, d: d["EchoTime"].__setattr__("_value", "100,0") if k == 2 else None,
    "t2_echo_zero": lambda k, d: setattr(d, "EchoTime", "0" if k == 2 else "100"),
    "t2_echo_wrong": lambda k, d: setattr(d, "EchoTime", "10" if k == 2 else "100"),
    "t2_turned": lambda k, d: setattr(d, "ImageOrientationPatient",
                                      [1, 0.002 * (k == 2), 0, -0.002 * (k == 2), 1, 0]),
    "t2_more_types": lambda k, d: setattr(d, "ImageType", TYPE + ["DIS2D"] * (k == 2)),
    "t2_derived_between": lambda k, d: setattr(d, "ImageType", ["DERIVED"] * (k == 1) + TYPE[k == 1:]),
    "t2_types_padded": lambda k, d: setattr(d, "ImageType",
                                            ["ORIGINAL ", "PRIMARY", "M", " NORM", ""][:4 + k]),
    "t2_other_station": lambda k, d: (setattr(d, "EchoTime", "12"),
                                      setattr(d, "ImagePositionPatient", [0, 0, 15 + 5 * k]),
                                      setattr(d, "SOPInstanceUID", f"1.2.1.{k + 11}")),
    "t2_copy": lambda k, d: None,  # in a folder of its own
}


def file(storage, uid):
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = storage, uid
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    d = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    d.SOPClassUID, d.SOPInstanceUID = storage, uid
    return d


def write(d, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    pydicom.dcmwrite(path, d, enforce_file_format=True)


def image(name, k):
    if name in EDITS:
        d, path = image("t2", k)
        EDITS[name](k, d)
        where = folder if is_flat else folder / ("AX_T2" if name != "t2_copy" else "AX_T2_COPY")
        return d, where / f"{name}_{k}.dcm"
    number, where, description, modality, image_type, te, tr = SERIES[name]
    d = file(MRImageStorage, f"1.2.{number}.{k + 1}")
    d.SeriesInstanceUID, d.FrameOfReferenceUID = f"1.2.{number}", "1.2.99"
    d.SeriesDescription, d.Modality, d.ImageType, d.SliceThickness = description, modality, image_type, "5"
    if te:
        d.EchoTime, d.RepetitionTime = str(te), str(tr)
    d.ImagePositionPatient = [0, 0, 5 * k]
    planes = [[1, 0, 0, 0, 1, 0], [0, 1, 0, 0, 0, -1], [1, 0, 0, 0, 0, -1]]
    d.ImageOrientationPatient = planes[k if name == "localiser" else 0]
    d.PixelSpacing, d.Rows, d.Columns = [1, 1], 3, 4
    d.SamplesPerPixel, d.PhotometricInterpretation, d.PixelRepresentation = 1, "MONOCHROME2", 0
    d.BitsAllocated = d.BitsStored = 16
    d.HighBit = 15
    d.PixelData = np.full((3, 4), number, np.uint16).tobytes()
    d["PixelData"].VR = "OW"
    return d, (folder if is_flat else folder / where) / f"{name}_{k}.dcm"


for name in sys.argv[3:]:
    if name == "dicomdir":
        d = file(MediaStorageDirectoryStorage, "1.2.50")
        d.FileSetID = "DISC"
        write(d, folder / "DICOMDIR")
    elif name == "report":
        d = file(BasicTextSRStorage, "1.2.51.1")
        d.SeriesInstanceUID, d.Modality = "1.2.51", "SR"
        write(d, folder / "report.dcm")
    elif name == "broken":  # a slice of t1_again, cut off in its voxels
        d, _ = image("t1_again", 0)
        write(d, folder / "broken.dcm")
        (folder / "broken.dcm").write_bytes((folder / "broken.dcm").read_bytes()[:-7])
    else:
        for k in range(3):
            write(*image(name, k))
