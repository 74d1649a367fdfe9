"""What SimpleITK reads from a folder with one series: the affine (RAS+ mm) and size are printed, the
voxels written as float32.

usage: dicom_by_simpleitk.py FOLDER VOXELS
"""
import sys

import numpy as np
import SimpleITK as sitk

image = sitk.ReadImage(sitk.ImageSeriesReader.GetGDCMSeriesFileNames(sys.argv[1]))
affine = np.eye(4)
affine[:3, :3] = np.array(image.GetDirection()).reshape(3, 3) * np.array(image.GetSpacing())
affine[:3, 3] = image.GetOrigin()
affine = np.diag([-1.0, -1, 1, 1]) @ affine
print(*(repr(float(v)) for v in affine.ravel()))
print(*image.GetSize())
sitk.GetArrayFromImage(image).astype(np.float32).tofile(sys.argv[2])
