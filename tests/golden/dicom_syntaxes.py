"""Compresses one image of each pixel type with gdcmconv. Beside each NAME.dcm lies NAME.f32, its voxels:
of lossless files those that were compressed, of lossy ones those that SimpleITK reads. Prints the names of
the lossy ones.

usage: dicom_syntaxes.py FOLDER
"""
import pathlib
import subprocess
import sys

import numpy as np
import pydicom
import SimpleITK as sitk

from dicom_image import write

folder = pathlib.Path(sys.argv[1])
ROWS, COLUMNS = 24, 33
rng = np.random.default_rng(11)
smooth = np.add.outer(np.arange(ROWS) * 3,
                      np.arange(COLUMNS) * 2) + rng.integers(0, 20, (ROWS, COLUMNS))  # 0 to 152

PIXELS = {
    "unsigned_8": smooth.astype(np.uint8),
    "signed_8": (smooth - 76).astype(np.int8),
    "unsigned_16": (smooth * 400).astype(np.uint16),
    "signed_16": ((smooth - 76) * 400).astype(np.int16),
}
CODERS = {"rle": ["--rle"], "deflated": ["--deflated"], "jpeg": ["--jpeg"], "jpegls": ["--jpegls"],
          "j2k": ["--j2k"]}
LOSSY = {"jpeg_lossy": ["--jpeg", "--lossy", "-q", "90"], "jpegls_near": ["--jpegls", "--lossy", "-e", "2"],
         "j2k_lossy": ["--j2k", "--lossy", "-q", "45", "--irreversible"]}

for kind, words in PIXELS.items():
    plain = folder / (kind + ".plain")
    write(plain, words)
    for coder, options in {**CODERS, **LOSSY}.items():
        if coder == "jpeg_lossy" and kind != "unsigned_8":
            continue  # baseline JPEG has 8 bits, unsigned
        name = kind + "_" + coder
        file = folder / (name + ".dcm")
        made = subprocess.run(["gdcmconv", *options, plain, file], capture_output=True, text=True)
        if made.returncode != 0:
            sys.exit(name + ": " + made.stderr)
        values = words
        if coder in LOSSY:
            values = sitk.GetArrayFromImage(sitk.ReadImage(str(file)))[0]
            assert np.abs(values.astype(float) - words).max() > 0, name + " lost nothing"
            print(name)
        values.astype(np.float32).tofile(folder / (name + ".f32"))
    plain.unlink()
