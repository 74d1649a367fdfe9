"""monai_memory.py DATASET: what monai_assemble.py does, once for every patient, as a process whose
peak memory is measured; --version says whose."""
import sys
import warnings

warnings.filterwarnings("ignore")

import monai

if sys.argv[1] == "--version":
    print("MONAI", monai.__version__)
    sys.exit()

from monai_transform import assemble
from series import patients

for folders in patients(sys.argv[1]):
    assemble(folders)
