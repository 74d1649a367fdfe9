"""Compressed images whose header says something else of their bits than a coder does. Beside each NAME.dcm lies
NAME.f32, its voxels. Prints, for the lossy ones, by how much they may be off, as NAME ERROR.

usage: dicom_bits.py FOLDER

An image of 12 bits in words of 16 is compressed by gdcmconv, which codes all 16; then BitsStored and HighBit
are changed. The value is the BitsStored bits of the word that end with HighBit. Where those are bits that no
word uses, as with 12 and 15, the file is to be refused, and there is no NAME.f32.
"""
import pathlib
import subprocess
import sys

import numpy as np
import pydicom

from dicom_image import write

folder = pathlib.Path(sys.argv[1])
ROWS, COLUMNS = 32, 128
words = np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS).astype(np.uint16)  # every value of 12 bits

write(folder / "plain", words, 12)
for coder, options in {"rle": ["--rle"], "jpeg": ["--jpeg"], "jpegls": ["--jpegls"], "j2k": ["--j2k"],
                       "jpegls_near": ["--jpegls", "--lossy", "-e", "2"]}.items():
    for stored, high in ((12, 11), (12, 15), (10, 11), (8, 11)):
        name = f"{coder}_{stored}_{high}"
        if coder == "jpegls_near" and (stored, high) != (12, 11):
            continue
        file = folder / (name + ".dcm")
        subprocess.run(["gdcmconv", *options, folder / "plain", file], check=True, capture_output=True)
        d = pydicom.dcmread(file)
        d.BitsStored, d.HighBit = stored, high
        d.save_as(file)
        if high < 15:
            values = words >> (high + 1 - stored) & ((1 << stored) - 1)
            values.astype(np.float32).tofile(folder / (name + ".f32"))
        if coder == "jpegls_near":
            print(name, 2)

# A coder that keeps 16 bits leaves values beyond the 12 that the image has where bright areas end.
edges = np.where((np.indices(words.shape) // 5).sum(0) % 2, 4095, 4000 * (np.indices(words.shape)[0] > 16)).astype(np.uint16)
write(folder / "plain", edges, 16)
file = folder / "j2k_lossy_12_11.dcm"
subprocess.run(["gdcmconv", "--j2k", "--lossy", "-r", "8", "--irreversible", folder / "plain", file], check=True,
               capture_output=True)
d = pydicom.dcmread(file)
d.BitsStored, d.HighBit = 12, 11
d.save_as(file)
assert d.pixel_array.max() > 4095
edges.astype(np.float32).tofile(folder / "j2k_lossy_12_11.f32")
print("j2k_lossy_12_11", np.abs(np.clip(d.pixel_array.astype(int), 0, 4095) - edges).max() + 1)

# The same of numbers with a sign, which JPEG-LS codes as words without.
ramp = np.linspace(-2048, 2047, words.size).round().reshape(words.shape).astype(np.int16)
write(folder / "plain", ramp, 12)
file = folder / "jpegls_signed_12_11.dcm"
subprocess.run(["gdcmconv", "--jpegls", "--lossy", "-e", "2", folder / "plain", file], check=True, capture_output=True)
ramp.astype(np.float32).tofile(folder / "jpegls_signed_12_11.f32")
print("jpegls_signed_12_11", 2)

# Words with a sign that HighBit puts into the upper bits, while they are numbers of the lower ones.
file = folder / "rle_signed_12_15.dcm"
subprocess.run(["gdcmconv", "--rle", folder / "plain", file], check=True, capture_output=True)
d = pydicom.dcmread(file)
d.HighBit = 15
d.save_as(file)

# Lossless ones whose values BitsStored does not hold.
write(folder / "plain", words, 16)
for coder in ("jpegls", "j2k"):
    file = folder / f"refused_{coder}.dcm"
    subprocess.run(["gdcmconv", "--" + coder, folder / "plain", file], check=True, capture_output=True)
    d = pydicom.dcmread(file)
    d.BitsStored, d.HighBit = 10, 9
    d.save_as(file)
# The like under a syntax that allows loss: the stream says that there is none, or the values lie further off
# than a coder errs.
for name, syntax, options in (("j2k_91", "1.2.840.10008.1.2.4.91", ["--j2k"]),
                              ("jpegls_near", "1.2.840.10008.1.2.4.81", ["--jpegls", "--lossy", "-e", "2"])):
    file = folder / f"refused_{name}.dcm"
    subprocess.run(["gdcmconv", *options, folder / "plain", file], check=True, capture_output=True)
    d = pydicom.dcmread(file)
    d.file_meta.TransferSyntaxUID, d.BitsStored, d.HighBit = syntax, 10, 9
    d.save_as(file)

# JPEG 2000 codes the sign: what is not below 0 there is no two's complement of fewer bits.
write(folder / "plain", (words & 1023).astype(np.int16), 16)
file = folder / "refused_j2k_signed.dcm"
subprocess.run(["gdcmconv", "--j2k", folder / "plain", file], check=True, capture_output=True)
d = pydicom.dcmread(file)
d.BitsStored, d.HighBit = 10, 9
d.save_as(file)
(folder / "plain").unlink()
