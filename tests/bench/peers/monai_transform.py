"""Three DICOM series read, resampled (linear) to the grid of the contrast-enhanced T1, normalised and
stacked by MONAI's dictionary transforms."""
import os
import warnings

warnings.filterwarnings("ignore")

import torch
from monai.transforms import (Compose, ConcatItemsd, EnsureChannelFirstd, LoadImaged,
                              NormalizeIntensityd, ResampleToMatchd)

from series import SEQUENCES

torch.set_num_threads(1)
reference, *moving = SEQUENCES
transform = Compose([
    LoadImaged(SEQUENCES, image_only=True),
    EnsureChannelFirstd(SEQUENCES),
    ResampleToMatchd(moving, key_dst=reference),
    NormalizeIntensityd(SEQUENCES, nonzero=True),
    ConcatItemsd(SEQUENCES, "image"),
])


def assemble(folders):
    """folders: those of one patient; C x W x H x D."""
    return transform({os.path.basename(folder): folder for folder in folders})["image"]
