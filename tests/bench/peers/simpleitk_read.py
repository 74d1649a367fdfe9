"""simpleitk_read.py DATASET: reads the three DICOM series of the first patient."""
import sys

import SimpleITK as sitk

from series import first_patient
from serve import serve

folders = first_patient(sys.argv[1])


def read(folder):
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(folder))
    return reader.Execute()


def once():
    return sum(image.GetNumberOfPixels() for image in [read(folder) for folder in folders])


sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
serve("SimpleITK " + sitk.Version_VersionString(), once)
