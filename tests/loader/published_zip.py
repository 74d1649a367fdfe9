"""Writes an archive as large in members as the published dataset: 277 patients, three series of 26 slices
each, a mask for each, and the twin that macOS adds to every file.

published_zip.py ARCHIVE PROGRAM   runs `PROGRAM inspect ARCHIVE` too, and prints how many cases it told of
                                   and the most memory it took, in MB
"""
import io
import json
import resource
import subprocess
import sys
import zipfile

import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage

PATIENTS, SLICES, MATRIX = 277, 26, 128
UID, Z = "1.2.826.0.1.3680043.8.498.%s", "%08.3f"


def slice_bytes():
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
    data.Rows = data.Columns = MATRIX
    data.PixelSpacing = [0.43, 0.43]
    data.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    data.ImagePositionPatient = ["-100", "-100", Z % 8888.888]
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated = data.BitsStored = 16
    data.HighBit, data.PixelRepresentation = 15, 0
    data.PixelData = bytes(2 * MATRIX * MATRIX)
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, data, enforce_file_format=True)
    return buffer.getvalue()[: -2 * MATRIX * MATRIX]


def write(target):
    head, voxels = slice_bytes(), bytes(2 * MATRIX * MATRIX)
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


write(sys.argv[1])
told = subprocess.run([sys.argv[2], "inspect", "--json", sys.argv[1]], stdout=subprocess.PIPE,
                      check=True).stdout
print(len(json.loads(told)["cases"]), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
