"""Compressed images whose header says something else of their bits than a coder does. Beside each NAME.dcm
lies NAME.f32, its voxels. Prints, for the lossy ones, by how much they may be off, as NAME ERROR.

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
import SimpleITK as sitk

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

# Part 2 of JPEG 2000 holds what part 1 does.
for part in ("92", "93"):
    d = pydicom.dcmread(folder / "j2k_12_11.dcm")
    d.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4." + part
    d.save_as(folder / f"j2k_{part}.dcm")
    words.astype(np.float32).tofile(folder / f"j2k_{part}.f32")

# A coder that keeps 16 bits leaves values beyond the 12 that the image has where bright areas end.
edges = np.where((np.indices(words.shape) // 5).sum(0) % 2, 4095,
                 4000 * (np.indices(words.shape)[0] > 16)).astype(np.uint16)
write(folder / "plain", edges, 16)
file = folder / "j2k_lossy_12_11.dcm"
subprocess.run(["gdcmconv", "--j2k", "--lossy", "-r", "8", "--irreversible", folder / "plain", file],
               check=True, capture_output=True)
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
subprocess.run(["gdcmconv", "--jpegls", "--lossy", "-e", "2", folder / "plain", file], check=True,
               capture_output=True)
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

# Overlays in the upper bits, which group 6000 declares, of numbers without and with a sign.
overlay = (np.indices(words.shape).sum(0) % 3 == 0).astype(np.uint16) << 13
for kind, values in (("overlay", words), ("overlaysigned", ramp)):
    stored = (values.view(np.uint16) & ~np.uint16(1 << 13)) | overlay
    write(folder / "plain", stored.view(values.dtype), 16)
    for coder, options in (("rle", []), ("jpeg", []), ("jpegls", []), ("j2k", []),
                           ("jpegls", ["--lossy", "-e", "2"])):
        # A lossy coder leaves no bit of an overlay as it was.
        file = folder / (f"refused_{kind}.dcm" if options else f"{kind}_{coder}.dcm")
        subprocess.run(["gdcmconv", "--" + coder, *options, folder / "plain", file], check=True,
                       capture_output=True)
        d = pydicom.dcmread(file)
        d.BitsStored, d.HighBit = 12, 11
        for element, vr, value in ((0x10, "US", ROWS), (0x11, "US", COLUMNS), (0x40, "CS", "G"),
                                   (0x50, "SS", [1, 1]), (0x100, "US", 16), (0x102, "US", 13)):
            d.add_new((0x6000, element), vr, value)
        d.save_as(file)
        if not options:
            values.astype(np.float32).tofile(file.with_suffix(".f32"))

# Bits above the value that nothing declares.
write(folder / "plain", words | overlay, 16)
for coder in ("rle", "jpeg"):
    file = folder / f"above_{coder}.dcm"
    subprocess.run(["gdcmconv", "--" + coder, folder / "plain", file], check=True, capture_output=True)
    d = pydicom.dcmread(file)
    d.BitsStored, d.HighBit = 12, 11
    d.save_as(file)
    assert (pydicom.dcmread(file).pixel_array == words).all()
    words.astype(np.float32).tofile(folder / f"above_{coder}.f32")

# Signed words whose upper bits are 0, as PS3.5 has it for unused bits, which dcmtk's dcmcjpls codes as they
# are: SimpleITK reads them as they were, pydicom those below 0 as large numbers. Near-lossless nobody can
# read them.
write(folder / "plain", ramp.view(np.uint16) & 0xFFF, 16)
for name, options in (("cutsign_jpegls", ["--jpegls"]), ("cutsign_j2k", ["--j2k"]),
                      ("refused_cutsign", ["--jpegls", "--lossy", "-e", "2"])):
    file = folder / (name + ".dcm")
    subprocess.run(["gdcmconv", *options, folder / "plain", file], check=True, capture_output=True)
    d = pydicom.dcmread(file)
    d.BitsStored, d.HighBit, d.PixelRepresentation = 12, 11, 1
    d.save_as(file)
by_simpleitk = sitk.GetArrayFromImage(sitk.ReadImage(str(folder / "cutsign_jpegls.dcm")))[0]
by_pydicom = pydicom.dcmread(folder / "cutsign_jpegls.dcm").pixel_array
assert (by_simpleitk == ramp).all() and (by_pydicom != ramp).any()
for coder in ("jpegls", "j2k"):
    ramp.astype(np.float32).tofile(folder / f"cutsign_{coder}.f32")
(folder / "plain").unlink()
