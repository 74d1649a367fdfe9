"""The voxels that pydicom reads from one file, as float32.

usage: dicom_voxels.py FILE VOXELS
"""
import sys

import numpy as np
import pydicom

pydicom.dcmread(sys.argv[1]).pixel_array.astype(np.float32).tofile(sys.argv[2])
