"""monai_assemble.py DATASET: the first patient, as monai_transform.py says."""
import sys

import monai

from monai_transform import assemble
from series import first_patient
from serve import serve

folders = first_patient(sys.argv[1])
serve(f"MONAI {monai.__version__}", lambda: assemble(folders).numel())
