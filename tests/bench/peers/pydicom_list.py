"""pydicom_list.py DATASET: reads the headers of every DICOM file."""
import os
import sys

import pydicom

from series import patients
from serve import serve


def once():
    count = 0
    for folders in patients(sys.argv[1]):
        for folder in folders:
            positions = []
            for name in sorted(os.listdir(folder)):
                header = pydicom.dcmread(os.path.join(folder, name), stop_before_pixels=True)
                positions.append((header.SeriesInstanceUID, header.ImagePositionPatient[2]))
            positions.sort()
            count += len(positions)
    return count


serve("pydicom " + pydicom.__version__, once)
