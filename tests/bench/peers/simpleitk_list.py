"""simpleitk_list.py DATASET: sorts the files of every DICOM series by their headers."""
import sys

import SimpleITK as sitk

from series import patients
from serve import serve


def once():
    return sum(len(sitk.ImageSeriesReader.GetGDCMSeriesFileNames(folder))
               for folders in patients(sys.argv[1]) for folder in folders)


serve("SimpleITK " + sitk.Version_VersionString(), once)
