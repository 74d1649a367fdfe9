"""Writes TIFFs with Pillow and what they hold, and a study of two raters in several layouts.

rater_tiffs.py FOLDER: tiff/NAME.tif with tiff/expected.json (name -> pages, height, width, values),
layouts/LAYOUT/... with layouts/expected.json (layout -> {"patient sequence": [voxels, voxels, both]}).
"""
import json
import pathlib
import random
import sys

import nibabel
import numpy as np
from PIL import Image

folder = pathlib.Path(sys.argv[1])
rng = np.random.default_rng(5)

# ------------------------------------------------------------------ what TIFFs may look like
tiffs = folder / "tiff"
tiffs.mkdir(parents=True)
expected = {}


def save(name, pages, **options):
    images = [Image.fromarray(p) if isinstance(p, np.ndarray) else p for p in pages]
    images[0].save(tiffs / f"{name}.tif", save_all=len(images) > 1, append_images=images[1:], **options)


for compression in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"):
    stack = (rng.random((3, 21, 37)) > .7).astype(np.uint8) * 255
    save(f"8_{compression}", stack, compression=compression)
    expected[f"8_{compression}"] = stack.tolist()
    stack = rng.integers(0, 65536, (2, 20, 19)).astype(np.uint16)
    save(f"16_{compression}", stack, compression=compression)
    expected[f"16_{compression}"] = stack.tolist()
bits = rng.random((9, 35)) > .5
for compression in ("raw", "group4"):
    save(f"1_{compression}", [Image.fromarray(bits)], compression=compression)
    expected[f"1_{compression}"] = bits.astype(int)[None].tolist()
grey = rng.integers(0, 256, (11, 13)).astype(np.uint8)
save("rgb", [np.dstack([grey] * 3)])
expected["rgb"] = grey[None].tolist()
save("rgba", [np.dstack([grey] * 3 + [np.full_like(grey, 255)])])
expected["rgba"] = grey[None].tolist()
save("palette", [Image.fromarray(grey).convert("P")])
expected["palette"] = grey[None].tolist()
white = Image.fromarray(grey)
white.save(tiffs / "white_is_0.tif", tiffinfo={262: 0})
expected["white_is_0"] = np.asarray(Image.open(tiffs / "white_is_0.tif").convert("L"))[None].tolist()
save("big", [grey], big_tiff=True)
expected["big"] = grey[None].tolist()
save("colours", [np.dstack([grey, grey, 255 - grey])])
save("float", [grey.astype(np.float32)])
save("two_sizes", [grey, grey[:5]])
(tiffs / "expected.json").write_text(json.dumps(expected))

# ------------------------------------------------------------------ two raters
layouts = folder / "layouts"
SEQUENCES = {"T1": "T1WI", "T2": "T2WI", "CE-T1": "CE-T1WI"}
counts = {}


def blob(shift, size=60):
    z, y, x = np.mgrid[:6, :32, :32]
    return ((x - 15 - shift) ** 2 + (y - 14) ** 2 + 4 * (z - 3) ** 2 < size).astype(np.uint8)


def pages(path, stack):
    path.parent.mkdir(parents=True, exist_ok=True)
    images = [Image.fromarray(p) for p in stack]
    images[0].save(path, save_all=True, append_images=images[1:], compression="tiff_lzw")


def slices(path, pattern, stack, first=1):
    path.mkdir(parents=True, exist_ok=True)
    for k, page in enumerate(stack):
        Image.fromarray(page).save(path / pattern.format(k + first))


def nifti(path, stack, affine=np.diag([.5, .5, 5.5, 1])):
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel.save(nibabel.Nifti1Image(np.ascontiguousarray(stack.transpose(2, 1, 0)), affine), path)


def write(name, writer):
    counts[name] = {}
    for patient in ("001", "002", "017"):
        for k, (sequence, full) in enumerate(SEQUENCES.items()):
            a, b = blob(int(patient) % 5 + k), blob(int(patient) % 5 + k + 1, 75)
            counts[name][f"{patient} {full}"] = [int(a.sum()), int(b.sum()), int((a & b).sum())]
            writer(layouts / name, patient, sequence, a, b)


def stacks(root, patient, sequence, a, b):
    pages(root / patient / f"{sequence}_mask_r1.tif", a * 255)
    pages(root / patient / f"{sequence}_mask_r2.tif", b * 255)
    pages(root / patient / f"{sequence}.tif", a * 100)


def numbered(root, patient, sequence, a, b):
    pages(root / patient / f"{sequence}mask1.tif", a * 255)
    pages(root / patient / f"{sequence}mask2.tif", b)


def one_a_slice(root, patient, sequence, a, b):
    slices(root / patient, f"{patient}_{sequence}_A_mask_{{}}.tif", a * 255)
    slices(root / patient, f"{patient}_{sequence}_B_mask_{{}}.tif", b * 255)
    slices(root / patient, f"{patient}_{sequence}_{{}}.tif", a * 77)


def doctors(root, patient, sequence, a, b):
    nifti(root / "inner_reliability" / patient / f"ROI-{sequence}-LiYin.nii.gz", a)
    nifti(root / "inner_reliability" / patient / f"ROI-{sequence}-ChenQi.nii.gz", b[:, :, ::-1],
          np.array([[-.5, 0, 0, 31 * .5], [0, .5, 0, 0], [0, 0, 5.5, 0], [0, 0, 0, 1]]))


def folders(root, patient, sequence, a, b):
    slices(root / "Rater 1" / sequence / patient, "mask{:03}.tiff", a * 255, 0)
    slices(root / "Rater 2" / sequence / patient, "mask{:03}.tiff", b * 255, 0)


def flat(root, patient, sequence, a, b):
    nifti(root / f"{patient}_{sequence.replace('-', '')}_reader1.nii", a)
    nifti(root / f"{patient}_{sequence.replace('-', '')}_reader2.nii", b * 255)


# 1 bit under "white is 0"; Pillow stores the inverse then. The second is what tifffile leaves of an array of
# bool.
def white_is_zero(path, mask):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(mask[3].astype(bool)).save(path, tiffinfo={262: 0})


for rater, size in (("r1", 60), ("r2", 75)):
    white_is_zero(folder / "turned/lesion/001" / f"T1_mask_{rater}.tif", blob(0, size))
    white_is_zero(folder / "turned/background/001" / f"T1_mask_{rater}.tif", 1 - blob(0, size))

for writer in (stacks, numbered, one_a_slice, doctors, folders, flat):
    write(writer.__name__, writer)
(layouts / "expected.json").write_text(json.dumps(counts))
