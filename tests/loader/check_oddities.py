"""Checks with pydicom and nibabel that each odd patient of `trivox phantom --oddity` is stored as the name
says, and means what its plain twin does; prints the names.

usage: check_oddities.py ODD PLAIN
"""
import json
import pathlib
import sys
import warnings

import nibabel
import numpy as np
import pydicom
from pydicom.pixels import apply_rescale

warnings.simplefilter("ignore")
odd_root, plain_root = (pathlib.Path(name) for name in sys.argv[1:3])
SEQUENCES = {"T1WI": "ROI-T1.nii", "T2WI": "ROI-T2.nii", "CE-T1WI": "ROI-CE-T1.nii"}


def slices(folder):
    """Every image of a folder, force for those without preamble, by position along z."""
    found = []
    for file in sorted(folder.iterdir()):
        if file.name.startswith(".") or file.name in ("VERSION", "readme.txt", "DICOMDIR"):
            continue
        found.append((file, pydicom.dcmread(file, force=True)))
    return sorted(found, key=lambda pair: float(pair[1].ImagePositionPatient[2]))


def values_of(dataset):
    """Stored numbers with the file's own slope: what a viewer shows, MONOCHROME1 turned."""
    if not hasattr(dataset.file_meta, "TransferSyntaxUID"):
        dataset.file_meta.TransferSyntaxUID = pydicom.uid.ImplicitVRLittleEndian
    stored = dataset.pixel_array.astype(np.int64)
    if dataset.BitsStored < dataset.BitsAllocated and dataset.PixelRepresentation == 0:
        stored &= (1 << dataset.BitsStored) - 1
    if dataset.PhotometricInterpretation == "MONOCHROME1":
        stored = 4095 - stored
    return np.asarray(apply_rescale(stored, dataset), float)


class Patient:
    def __init__(self, root, patient):
        self.folder = root / "data" / "MRI-Segments" / patient["id"]
        self.series = {name: slices(self.folder / name) for name in SEQUENCES}

    def each(self, attribute, sequence=None):
        """Distinct values over the slices of one sequence, or all."""
        names = [sequence] if sequence else SEQUENCES
        return {str(s.get(attribute)) for name in names for _, s in self.series[name]}

    def syntaxes(self):
        return {str(getattr(s.file_meta, "TransferSyntaxUID", None)) for n in SEQUENCES
                for _, s in self.series[n]}

    def masks(self):
        return [nibabel.load(self.folder / name) for name in SEQUENCES.values()]

    def codes(self):
        return {(int(m.header["qform_code"]), int(m.header["sform_code"])) for m in self.masks()}

    def mask_values(self):
        return {float(v) for m in self.masks() for v in np.unique(np.asarray(m.dataobj))}


def names_of(folder):
    return [file.name for file in folder.iterdir()]


def order_of_names(patient):
    """+1 where names run with the slices, -1 against them."""
    names = [file.name for file, _ in patient.series["T1WI"]]
    return 1 if names == sorted(names) else -1 if names == sorted(names, reverse=True) else 0


def is_odd(name, odd, plain):
    pixels = lambda p: [s for n in SEQUENCES for _, s in p.series[n]]
    syntax = lambda uid: lambda: odd.syntaxes() == {uid} and plain.syntaxes() != {uid}
    rows_columns = lambda s: 2 * s.Rows * s.Columns
    return {
        "implicit_vr": syntax("1.2.840.10008.1.2"),
        "big_endian": syntax("1.2.840.10008.1.2.2"),
        "deflated": syntax("1.2.840.10008.1.2.1.99"),
        "rle": syntax("1.2.840.10008.1.2.5"),
        "jpeg_lossless": syntax("1.2.840.10008.1.2.4.70"),
        "jpeg_ls": syntax("1.2.840.10008.1.2.4.80"),
        "jpeg_2000": syntax("1.2.840.10008.1.2.4.90"),
        "no_preamble": lambda: all(file.read_bytes()[128:132] != b"DICM" for file, _ in odd.series["T1WI"]),
        "rescale_per_slice": lambda: (len(odd.each("RescaleSlope", "T2WI"))
                                      > len(plain.each("RescaleSlope", "T2WI"))),
        "signed_16_bit": lambda: odd.each("PixelRepresentation") == {"1"}
        and odd.each("BitsStored") == {"16"},
        "monochrome1": lambda: odd.each("PhotometricInterpretation") == {"MONOCHROME1"},
        "overlay_in_high_bits": lambda: all((np.frombuffer(s.PixelData, "<u2") >> s.BitsStored).any()
                                            for s in pixels(odd)),
        "pixel_data_padded": lambda: {len(s.PixelData) - rows_columns(s) for s in pixels(odd)} == {8},
        "private_elements": lambda: all((0x0029, 0x1010) in s and (0x2005, 0x140f) in s for s in pixels(odd)),
        "decubitus": lambda: odd.each("PatientPosition") == {"HFDL"} != plain.each("PatientPosition"),
        "instance_numbers_useless": lambda: odd.each("InstanceNumber") == {"1"},
        "names_padded": lambda: all(v.endswith("^^") for v in odd.each("PatientName", "T1WI"))
        and odd.each("PatientName", "T2WI") == {""},
        "frames_of_reference_differ": lambda: odd.each("FrameOfReferenceUID", "T2WI") == {"2.25.17"}
        and odd.each("StudyInstanceUID", "T2WI") == {"2.25.18"},
        "slightly_uneven": lambda: sum(
            not np.allclose(a.ImagePositionPatient, b.ImagePositionPatient)
            for (_, a), (_, b) in zip(odd.series["T2WI"], plain.series["T2WI"])) == 1,
        "names_against_the_slices": lambda: order_of_names(odd) == -1 != order_of_names(plain),
        "no_extension": lambda: all("." not in file.name for n in SEQUENCES for file, _ in odd.series[n]),
        "files_of_a_mac": lambda: (odd.folder / "__MACOSX").is_dir() and ".DS_Store" in names_of(odd.folder)
        and all(any(name.startswith("._") for name in names_of(odd.folder / n)) for n in SEQUENCES),
        "strangers_beside": lambda: "VERSION" in names_of(odd.folder / "T1WI")
        and "readme.txt" in names_of(odd.folder / "T2WI")
        and pydicom.dcmread(odd.folder / "CE-T1WI/DICOMDIR").file_meta.MediaStorageSOPClassUID
        == "1.2.840.10008.1.3.10",
        "mask_of_255": lambda: odd.mask_values() == {0, 255},
        "mask_of_2": lambda: odd.mask_values() == {0, 2},
        "mask_scaled": lambda: all(np.isclose(m.dataobj.slope, 1 / 255) for m in odd.masks())
        and np.allclose(sorted(odd.mask_values()), [0, 1]),
        "mask_of_floats": lambda: {m.get_data_dtype() for m in odd.masks()} == {np.dtype("float32")},
        "mask_soft": lambda: np.allclose(sorted(odd.mask_values()), [.2, .8]),
        "mask_reordered": lambda: all(a.shape == b.shape[::-1] for a, b in zip(odd.masks(), plain.masks())),
        "mask_with_sform": lambda: all(q > 0 and s > 0 for q, s in odd.codes())
        and odd.codes() != plain.codes(),
        "mask_with_sform_alone": lambda: all(q == 0 and s > 0 for q, s in odd.codes()),
        "mask_compressed": lambda: all((odd.folder / (n + ".gz")).exists() and not (odd.folder / n).exists()
                                       for n in SEQUENCES.values()),
        "mask_empty": lambda: odd.mask_values() == {0},
        "mask_everywhere": lambda: odd.mask_values() == {1},
    }[name]()


def same_voxels(odd, plain):
    """Whether each slice shows what its twin does, up to what a DS of 16 characters rounds; or, of images
    inverted about 4095, up to a constant."""
    for name in SEQUENCES:
        for (_, a), (_, b) in zip(odd.series[name], plain.series[name], strict=True):
            if not np.allclose(values_of(a), values_of(b), rtol=1e-9, atol=1e-6):
                return False
    return True


truth, twins = (json.loads((root / "truth.json").read_text())["patients"] for root in (odd_root, plain_root))
odd_patients = [p for p in truth if p["oddity"]]
for patient, twin in zip(odd_patients, twins, strict=True):
    assert patient["id"] == twin["id"]
    odd, plain = Patient(odd_root, patient), Patient(plain_root, twin)
    assert is_odd(patient["oddity"], odd, plain), patient["oddity"]
    assert same_voxels(odd, plain), patient["oddity"] + ": other voxels than its twin's"
print(",".join(p["oddity"] for p in odd_patients))
