"""Prints SimpleITK's Otsu threshold over 256 bins. usage: otsu_oracle.py IMAGE NX NY NZ"""
import sys

import numpy as np
import SimpleITK as sitk

image = np.fromfile(sys.argv[1], np.float32).reshape([int(n) for n in sys.argv[4:1:-1]])
otsu = sitk.OtsuThresholdImageFilter()
otsu.SetNumberOfHistogramBins(256)
otsu.Execute(sitk.GetImageFromArray(image))
print(otsu.GetThreshold())
