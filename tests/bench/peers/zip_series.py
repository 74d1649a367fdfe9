"""Reads the headers of every DICOM file in a ZIP archive."""
import zipfile

import pydicom


def list_archive(path):
    """How many files there are; sorted by series and position."""
    found = []
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith(".dcm"):
                with archive.open(name) as file:
                    header = pydicom.dcmread(file, stop_before_pixels=True)
                found.append((name.rsplit("/", 1)[0], header.ImagePositionPatient[2]))
    found.sort()
    return len(found)
