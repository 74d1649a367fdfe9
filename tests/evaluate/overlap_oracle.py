"""usage: overlap_oracle.py REFERENCE.raw PREDICTION.raw LABEL DICE JACCARD

Raw uint8 masks. Exits 0 where SciPy's dissimilarities and SimpleITK's overlap filter agree with the figures.
"""
import sys

import numpy as np
import SimpleITK as sitk
from scipy.spatial.distance import dice, jaccard

reference, prediction = (np.fromfile(name, np.uint8) == int(sys.argv[3]) for name in sys.argv[1:3])
ours = np.array([float(v) for v in sys.argv[4:6]])
scipy = np.array([1 - dice(reference, prediction), 1 - jaccard(reference, prediction)])
itk = sitk.LabelOverlapMeasuresImageFilter()
itk.Execute(*(sitk.GetImageFromArray(m.astype(np.uint8).reshape(1, 1, -1)) for m in (reference, prediction)))
theirs = np.array([itk.GetDiceCoefficient(), itk.GetJaccardCoefficient()])
print("ours", ours, "SciPy", scipy, "SimpleITK", theirs)
sys.exit(0 if np.allclose(ours, scipy, atol=1e-12) and np.allclose(ours, theirs, atol=1e-12) else 1)
