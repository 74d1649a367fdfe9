"""Checks with pydicom and nibabel that each broken patient of `trivox phantom --defect` is broken as
the name says, and prints the names.

usage: check_defects.py ROOT
"""
import gzip
import json
import pathlib
import sys

import nibabel
import numpy as np
import pydicom

root = pathlib.Path(sys.argv[1])
truth = json.loads((root / "truth.json").read_text())


def fails(action):
    try:
        action()
    except Exception:
        return True
    return False


def headers(folder):
    return [pydicom.dcmread(file, stop_before_pixels=True) for file in sorted(folder.iterdir())]


def along_normal(sets):
    """Positions along the first slice's normal, sorted, in mm."""
    cosines = np.array(sets[0].ImageOrientationPatient, float)
    normal = np.cross(cosines[:3], cosines[3:])
    return np.sort([normal @ np.array(s.ImagePositionPatient, float) for s in sets])


def gaps(folder):
    return np.sort(np.diff(along_normal(headers(folder))))


def values(folder, attribute):
    """Distinct values, absent ones as None."""
    return {str(getattr(s, attribute, None)) for s in headers(folder)}


def one_lacks(folder, attribute):
    return [hasattr(s, attribute) for s in headers(folder)].count(False) == 1


def off_the_line(folder):
    """How far each slice lies off the line through the others' two neighbours, largest first; mm."""
    points = np.array([s.ImagePositionPatient for s in headers(folder)], float)
    cosines = np.array(headers(folder)[0].ImageOrientationPatient, float)
    points = points[np.argsort(points @ np.cross(cosines[:3], cosines[3:]))]
    return np.abs((points[:-2] + points[2:]) / 2 - points[1:-1])


def mask(folder, name):
    return nibabel.load(folder / name)


def corner_shift(folder, name, sequence):
    """Largest difference of the mask's affine from the series' own."""
    return np.abs(mask(folder, name).affine - np.array(sequence["affine_ras_mm"])).max()


def is_broken(folder, defect, t1, t2, ce):
    T1, T2, CE = folder / "T1WI", folder / "T2WI", folder / "CE-T1WI"
    pixels = lambda s: len(s.PixelData) // (s.Rows * s.Columns)
    whole = lambda sequence: [pydicom.dcmread(file) for file in sorted(sequence.iterdir())]
    shape = lambda sequence: tuple(sequence["size"])
    return {
        "missing_sequence_folder": lambda: not T2.exists(),
        "missing_mask": lambda: not list(folder.glob("ROI-T2*")),
        "mask_there_twice": lambda: len(list(folder.glob("ROI-T1.nii*"))) == 2,
        "empty_folder": lambda: not list(T1.iterdir()),
        "truncated_dicom": lambda: [fails(lambda: pydicom.dcmread(f).pixel_array)
                                    for f in CE.iterdir()].count(True) == 1,
        "empty_dicom_file": lambda: [f.stat().st_size for f in T1.iterdir()].count(0) == 1,
        "not_dicom_named_dcm": lambda: fails(lambda: pydicom.dcmread(T1 / "notes.dcm")),
        "slice_missing_in_the_middle": lambda: np.allclose(gaps(CE)[[0, -1]], [5.5, 11]),
        "slices_uneven": lambda: np.allclose(gaps(T2)[[0, -1]], [4.4, 6.6]),
        "in_plane_drift": lambda: np.allclose(gaps(CE), 5.5) and off_the_line(CE).max() > 2,
        "duplicate_position": lambda: gaps(T2)[0] < 1e-6 and len(values(T2, "SOPInstanceUID")) == 21,
        "same_file_twice": lambda: gaps(T1)[0] < 1e-6 and len(values(T1, "SOPInstanceUID")) == 20,
        "differing_size": lambda: len(values(T1, "Rows")) == 2,
        "differing_spacing": lambda: len(values(CE, "PixelSpacing")) == 2,
        "differing_orientation": lambda: len(values(T2, "ImageOrientationPatient")) == 2,
        "localiser_in_the_series": lambda: len(list(CE.iterdir())) == 23
        and len(values(CE, "SeriesInstanceUID")) == 1,
        "two_series_in_a_folder": lambda: len(values(T2, "SeriesInstanceUID")) == 2,
        "two_echoes_in_a_folder": lambda: len(values(T2, "EchoTime")) == 2
        and len(values(T2, "SeriesInstanceUID")) == 1,
        "two_patients_in_a_series": lambda: len(values(T1, "PatientBirthDate")) == 3,  # one of them blank
        "series_of_another_patient": lambda: values(T2, "PatientName") != values(T1, "PatientName"),
        "sequence_there_twice": lambda: all((a.pixel_array == b.pixel_array).all()
                                            for a, b in zip(whole(T1), whole(T2)))
        and values(T1, "SeriesInstanceUID") != values(T2, "SeriesInstanceUID"),
        "missing_orientation": lambda: one_lacks(T1, "ImageOrientationPatient"),
        "missing_position": lambda: one_lacks(T1, "ImagePositionPatient"),
        "missing_pixel_spacing": lambda: one_lacks(T1, "PixelSpacing"),
        "missing_series_uid": lambda: one_lacks(T1, "SeriesInstanceUID"),
        "missing_pixel_data": lambda: [hasattr(s, "PixelData") for s in whole(T1)].count(False) == 1,
        "orientation_not_unit": lambda: "[1, 0, 0, 0, 0.7, 0]" in values(T1, "ImageOrientationPatient"),
        "position_not_a_number": lambda: any(b"\\nan" in f.read_bytes() for f in T1.iterdir()),
        "pixel_spacing_zero": lambda: "[0, 0]" in values(T1, "PixelSpacing"),
        "zero_slope": lambda: "0" in values(T1, "RescaleSlope"),
        "pixel_data_short": lambda: sorted(pixels(s) for s in whole(T1))[:2] == [1, 2],
        "bits_allocated_12": lambda: "12" in values(T1, "BitsAllocated"),
        "colour_image": lambda: values(T2, "PhotometricInterpretation") == {"RGB"},
        "transfer_syntax_unknown": lambda: {s.file_meta.TransferSyntaxUID
                                            for s in headers(T1)} == {"1.2.840.10008.1.2.99"},
        "compressed_data_broken": lambda: [s.file_meta.TransferSyntaxUID for s in headers(T1)].count(
            "1.2.840.10008.1.2.4.90") == 1,
        "multi_frame": lambda: values(T2, "NumberOfFrames") == {"2"},
        "mosaic": lambda: all("MOSAIC" in s.ImageType for s in headers(CE)),
        "enhanced_without_geometry": lambda: [s.SOPClassUID.name for s in headers(T1)]
        == ["Enhanced MR Image Storage"]
        and not any(hasattr(g, "PlanePositionSequence")
                    for g in [*headers(T1)[0].SharedFunctionalGroupsSequence,
                              *headers(T1)[0].PerFrameFunctionalGroupsSequence]),
        "single_slice_without_thickness": lambda: len(headers(T1)) == 1
        and not hasattr(headers(T1)[0], "SliceThickness"),
        "constant_image": lambda: all((s.pixel_array == 0).all() for s in whole(T2)),
        "mask_on_other_grid": lambda: abs(corner_shift(folder, "ROI-T1.nii", t1) - 30) < 0.1,
        "mask_a_slice_too_high": lambda: abs(corner_shift(folder, "ROI-T2.nii", t2) - 5.5) < 0.2,
        "mask_of_other_size": lambda: mask(folder, "ROI-CE-T1.nii").shape
        == (*shape(ce)[:2], shape(ce)[2] - 1),
        "mask_mirrored": lambda: np.allclose(
            mask(folder, "ROI-T1.nii").affine, np.diag([-1, 1, 1, 1]) @ np.array(t1["affine_ras_mm"]),
            atol=1e-3),
        "mask_without_geometry": lambda: (mask(folder, "ROI-T1.nii").header["qform_code"]
                                          == mask(folder, "ROI-T1.nii").header["sform_code"] == 0),
        "mask_forms_apart": lambda: abs(np.abs(mask(folder, "ROI-T2.nii").get_qform(True)[0]
                                               - mask(folder, "ROI-T2.nii").get_sform(True)[0]).max()
                                        - 5) < 1e-2,
        "mask_with_several_values": lambda: set(np.unique(mask(folder, "ROI-CE-T1.nii").get_fdata()))
        == {0, 1, 2},
        "mask_with_nan": lambda: np.isnan(mask(folder, "ROI-CE-T1.nii").get_fdata()).sum() == 1,
        "mask_with_infinity": lambda: np.isinf(mask(folder, "ROI-T2.nii").get_fdata()).sum() == 1,
        "mask_negative": lambda: mask(folder, "ROI-T1.nii").get_fdata().min() == -1,
        "mask_of_two_volumes": lambda: mask(folder, "ROI-T1.nii").shape == (*shape(t1), 2),
        "mask_in_colour": lambda: mask(folder, "ROI-T2.nii").header["datatype"] == 128,
        "mask_not_nifti": lambda: fails(lambda: mask(folder, "ROI-T2.nii")),
        "mask_empty_file": lambda: (folder / "ROI-T1.nii").stat().st_size == 0,
        "mask_header_truncated": lambda: (folder / "ROI-T1.nii").stat().st_size == 100,
        "mask_truncated": lambda: fails(lambda: mask(folder, "ROI-T2.nii").get_fdata()),
        "truncated_nii_gz": lambda: fails(lambda: gzip.decompress((folder / "ROI-CE-T1.nii.gz").read_bytes()))
        and not (folder / "ROI-CE-T1.nii").exists(),
        "mask_claims_huge_size": lambda: mask(folder, "ROI-CE-T1.nii").shape == (32767, 32767, 32767),
    }[defect]()


broken = [p for p in truth["patients"] if p["defect"]]
for patient in broken:
    assert is_broken(root / "data" / "MRI-Segments" / patient["id"], patient["defect"],
                     *patient["sequences"]), \
        patient["defect"]
print(",".join(p["defect"] for p in broken))
