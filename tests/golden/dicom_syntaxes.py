"""Compresses one image of each pixel type with gdcmconv, and one in each transfer syntax that gdcmconv does
not write. Beside each NAME.dcm lies NAME.f32, its voxels: of lossless files those that were compressed, of
lossy ones those that SimpleITK reads (and Pillow, of what it compressed). Prints the names of the lossy ones.

usage: dicom_syntaxes.py FOLDER
"""
import io
import pathlib
import subprocess
import sys

import numpy as np
import pydicom
import SimpleITK as sitk
from PIL import Image
from pydicom.encaps import encapsulate
from pydicom.uid import ImplicitVRLittleEndian

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



def as_simpleitk_reads(name):
    return sitk.GetArrayFromImage(sitk.ReadImage(str(folder / (name + ".dcm"))))[0]


def keep(name, values):
    values.astype(np.float32).tofile(folder / (name + ".f32"))


def compress(name, plain, options):
    made = subprocess.run(["gdcmconv", *options, plain, folder / (name + ".dcm")], capture_output=True,
                          text=True)
    if made.returncode != 0:
        sys.exit(name + ": " + made.stderr)


def put(name, uid):
    """The file in the transfer syntax 1.2.840.10008.1.2.4.70 under the UID of another, as long."""
    path = folder / (name + ".dcm")
    data = path.read_bytes()
    assert data.count(b"1.2.840.10008.1.2.4.70") == 1
    path.write_bytes(data.replace(b"1.2.840.10008.1.2.4.70", uid))


for kind, words in PIXELS.items():
    plain = folder / (kind + ".plain")
    write(plain, words)
    for coder, options in {**CODERS, **LOSSY}.items():
        if coder == "jpeg_lossy" and kind != "unsigned_8":
            continue  # baseline JPEG has 8 bits, unsigned
        name = kind + "_" + coder
        compress(name, plain, options)
        values = words
        if coder in LOSSY:
            values = as_simpleitk_reads(name)
            assert np.abs(values.astype(float) - words).max() > 0, name + " lost nothing"
            print(name)
        keep(name, values)
    compress(kind + "_jpeg_any_predictor", plain, CODERS["jpeg"])  # process 14, whose first is the 70's
    put(kind + "_jpeg_any_predictor", b"1.2.840.10008.1.2.4.57")
    keep(kind + "_jpeg_any_predictor", words)
    plain.unlink()

# What gdcmconv makes of 12 bits is no JPEG: it says 16 bits, which T.81 has for no frame with cosines.
plain = folder / "12_bits.plain"
write(plain, (smooth * 26).astype(np.uint16), stored=12)
compress("refused_12_bits_jpeg_extended", plain, ["--jpeg", "--lossy", "-q", "90"])
plain.unlink()
refused = pydicom.dcmread(folder / "refused_12_bits_jpeg_extended.dcm")
assert refused.file_meta.TransferSyntaxUID.endswith(".4.51") and b"\xff\xc1\x00\x0b\x10" in refused.PixelData

for name, number in ("jpeg_extended", 51), ("jpeg_spectral_selection", 53), ("jpeg_full_progression", 55):
    stream = io.BytesIO()
    Image.fromarray(PIXELS["unsigned_8"]).save(stream, "JPEG", quality=90, progressive=number != 51)
    write(folder / (name + ".dcm"), PIXELS["unsigned_8"])
    d = pydicom.dcmread(folder / (name + ".dcm"))
    d.PixelData = encapsulate([stream.getvalue()])
    d["PixelData"].VR, d["PixelData"].is_undefined_length = "OB", True
    d.file_meta.TransferSyntaxUID = f"1.2.840.10008.1.2.4.{number}"
    pydicom.dcmwrite(folder / (name + ".dcm"), d, enforce_file_format=True)
    values = np.asarray(Image.open(stream))
    assert (values == as_simpleitk_reads(name)).all() and (values != PIXELS["unsigned_8"]).any()
    keep(name, values)
    print(name)

words = PIXELS["signed_16"]  # GE's own: implicit and little endian, but for the voxels
path = folder / "ge_big_voxels.dcm"
write(path, words)
d = pydicom.dcmread(path)
d.PixelData = words.byteswap().tobytes()
d.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
pydicom.dcmwrite(path, d, enforce_file_format=True, implicit_vr=True, little_endian=True)
d = pydicom.dcmread(path)
d.file_meta.TransferSyntaxUID = "1.2.840.113619.5.2"
pydicom.dcmwrite(path, d, enforce_file_format=True, implicit_vr=True, little_endian=True)
assert (as_simpleitk_reads("ge_big_voxels") == words).all()
keep("ge_big_voxels", words)
