"""Writes classic MR files of several volumes under one SeriesInstanceUID with pydicom, and prints the volumes
in them, each as the affine (RAS+ mm, voxel x, y, z), the size and the values in geometric order, a line of
dashes between them.

usage: dicom_volumes.py FOLDER CASE
"""
import pathlib
import sys

import numpy as np
import pydicom
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage

folder, case = pathlib.Path(sys.argv[1]), sys.argv[2]
ROWS, COLUMNS, SLICES, GAP = 5, 7, 4, 5.0
if case == "ends_of_another_description":
    SLICES = 16
rng = np.random.default_rng(5)
ORIGIN = np.array([-10.0, -20, 30])

# Of each volume: elements by slice, and how far it is moved along the normal.
VOLUMES = {
    "moments": [(lambda k, t=t: {"TemporalPositionIdentifier": t, "AcquisitionNumber": t}, 0)
                for t in (1, 2, 3)],
    "aborted_moment": [(lambda k, t=t: {"TemporalPositionIdentifier": t}, 0) for t in (1, 2)],
    "b_values": [(lambda k: {"DiffusionBValue": 0.0}, 0),
                 (lambda k: {"DiffusionBValue": 800.0, "DiffusionGradientOrientation": [1.0, 0.0, 0.0]}, 0),
                 (lambda k: {"DiffusionBValue": 800.0, "DiffusionGradientOrientation": [0.0, 1.0, 0.0]}, 0)],
    "acquisitions": [(lambda k, t=t: {"AcquisitionNumber": t}, 0) for t in (1, 2)],
    "aborted_acquisition": [(lambda k, t=t: {"AcquisitionNumber": t}, 0) for t in (1, 2)],
    "phases": [(lambda k, t=t: {"TriggerTime": 50 * t, "AcquisitionNumber": k + 1}, 0) for t in (0, 1)],
    "echoes_by_number": [(lambda k, t=t: {"EchoNumbers": t}, 0) for t in (1, 2)],
    "phases_of_echoes": [(lambda k, t=t, e=e: {"TriggerTime": 50 * t, "EchoNumbers": e}, 0)
                         for t in (0, 1) for e in (1, 2)],
    "packages": [(lambda k: {"AcquisitionNumber": k % 2 + 1}, 0)],
    "thick_packages": [(lambda k: {"AcquisitionNumber": k % 2 + 1, "SliceThickness": 9}, 0)],
    "moment_by_slice": [(lambda k: {"TemporalPositionIdentifier": k + 1}, 0)],
    "nothing_differs": [(lambda k: {}, 0), (lambda k: {}, 0)],
    "two_descriptions": [(lambda k: {"SeriesDescription": "t1_tra"}, 0),
                         (lambda k: {"SeriesDescription": "t1_tra_CE"}, 2.5)],
    "two_numbers": [(lambda k, t=t: {"SeriesNumber": t}, t * SLICES * GAP) for t in (0, 1)],
    "two_modalities": [(lambda k, m=m: {"Modality": m}, 2.5 * (m == "CT")) for m in ("MR", "CT")],
    "two_repetition_times": [(lambda k: {"RepetitionTime": 4000 + k}, 0),
                             (lambda k: {"RepetitionTime": 500}, 1.5)],
    # Of one volume, every other slice.
    "half_without_description": [(lambda k: {"SeriesDescription": "t2_tra" if k % 2 else ""}, 0)],
    "half_without_modality": [(lambda k: {"Modality": "MR" if k % 2 else ""}, 0)],
    "half_without_flip_angle": [(lambda k: {"FlipAngle": 90} if k % 2 else {}, 0)],
    "triggered": [(lambda k: {"RepetitionTime": 3000 if k < 2 else 5000}, 0)],
    "ends_of_another_description": [(lambda k: {"SeriesDescription": "b" if 0 < k < SLICES - 1 else "a"}, 0)],
    "moment_by_package": [(lambda k: {"TemporalPositionIdentifier": k % 2 + 1}, 0)],
    "two_flip_angles": [(lambda k, t=t: {"FlipAngle": t}, 0.25 * (t - 5)) for t in (5, 15)],
    "one_description_broken": [(lambda k: {"SeriesDescription": "t1_tra" if k < 3 else "t1_tr"}, 0)],
}[case]

number = 0
for v, (elements, shift) in enumerate(VOLUMES):
    arrays = rng.integers(0, 4000, size=(SLICES, ROWS, COLUMNS)).astype(np.uint16)
    origin = ORIGIN + [0, 0, shift]
    count = SLICES - 1 if case.startswith("aborted") and v == len(VOLUMES) - 1 else SLICES
    for k in range(count):
        number += 1
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID = MRImageStorage, ExplicitVRLittleEndian
        meta.MediaStorageSOPInstanceUID = f"1.2.3.{number}"
        d = FileDataset("slice", {}, file_meta=meta, preamble=b"\0" * 128)
        d.SOPClassUID, d.SOPInstanceUID = MRImageStorage, meta.MediaStorageSOPInstanceUID
        d.SeriesInstanceUID, d.FrameOfReferenceUID = "1.2.3.4", "1.2.3.5"
        d.Modality, d.ImageType, d.EchoTime = "MR", ["ORIGINAL", "PRIMARY", "OTHER"], "10"
        d.SeriesDescription, d.SeriesNumber, d.InstanceNumber = "a series", 3, number
        d.ImagePositionPatient = list(origin + [0, 0, k * GAP])
        d.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        d.PixelSpacing, d.SliceThickness = [0.75, 0.5], 4
        d.Rows, d.Columns = ROWS, COLUMNS
        d.SamplesPerPixel, d.PhotometricInterpretation = 1, "MONOCHROME2"
        d.BitsAllocated, d.BitsStored, d.HighBit, d.PixelRepresentation = 16, 12, 11, 0
        d.PixelData = arrays[k].tobytes()
        d["PixelData"].VR = "OW"
        for key, value in elements(k).items():
            setattr(d, key, value)
        pydicom.dcmwrite(folder / f"{number:03d}.dcm", d, enforce_file_format=True)
    affine = np.diag([-1.0, -1, 1, 1]) @ np.array([[0.5, 0, 0, origin[0]], [0, 0.75, 0, origin[1]],
                                                   [0, 0, GAP, origin[2]], [0, 0, 0, 1]])
    if v:
        print("---")
    print(*(repr(float(x)) for x in affine.ravel()))
    print(COLUMNS, ROWS, count)
    print(*(float(x) for x in arrays[:count].ravel()))
