"""Writes an archive as large in members as the published dataset: 277 patients, three series of 26 slices
each, a mask for each, and the twin that macOS adds to every file.

published_zip.py ARCHIVE [MATRIX]
"""
import io
import sys
import zipfile

import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage

PATIENTS, SLICES = 277, 26
UID, Z = "1.2.826.0.1.3680043.8.498.%s", "%08.3f"


def slice_bytes(matrix):
    """One slice before its voxels, with marks where series and position go."""
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.SOPClassUID = data.file_meta.MediaStorageSOPClassUID = MRImageStorage
    data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = UID % "777777777"
    data.SeriesInstanceUID = UID % "999999999"
    data.Modality = "MR"
    data.SeriesDescription = "T1"
    data.EchoTime, data.RepetitionTime = "12", "570"
    data.Rows = data.Columns = matrix
    data.PixelSpacing = [0.43, 0.43]
    data.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    data.ImagePositionPatient = ["-100", "-100", Z % 8888.888]
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated = data.BitsStored = 16
    data.HighBit, data.PixelRepresentation = 15, 0
    data.PixelData = bytes(2 * matrix * matrix)
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, data, enforce_file_format=True)
    return buffer.getvalue()[: -2 * matrix * matrix]


def main(target, matrix=256):
    head, voxels = slice_bytes(matrix), bytes(2 * matrix * matrix)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        def add(name, data):
            archive.writestr(name, data)
            folder, _, file = name.rpartition("/")
            archive.writestr(f"__MACOSX/{folder}/._{file}", b"")

        for patient in range(1, PATIENTS + 1):
            folder = f"data/MRI-Segments/{patient:03}"
            for s, (series, mask) in enumerate([("T1WI", "T1"), ("T2WI", "T2"), ("CE-T1WI", "CE-T1")]):
                add(f"{folder}/ROI-{mask}.nii", b"")
                for k in range(SLICES):
                    own = head.replace(b"999999999", b"%09d" % (10 * patient + s)).replace(
                        (Z % 8888.888).encode(), (Z % (5.5 * k)).encode())
                    add(f"{folder}/{series}/{k:06}.dcm", own + voxels)


main(sys.argv[1], *map(int, sys.argv[2:]))
