"""Checks whole patients of `trivox phantom` against their truth.json with pydicom, nibabel and
SimpleITK: geometry, tags, marker, masks, noise, tables.

usage: check_phantom.py ROOT
"""
import csv
import json
import pathlib
import sys

import nibabel
import numpy as np
import pydicom
import SimpleITK as sitk
from scipy import ndimage

root = pathlib.Path(sys.argv[1])
truth = json.loads((root / "truth.json").read_text())
FLIP = np.diag([-1.0, -1.0, 1.0, 1.0])  # LPS to RAS+


def slices_of(folder):
    """Data sets in ascending order of position along the normal, and the positions."""
    sets = [pydicom.dcmread(file) for file in sorted(folder.glob("*.dcm"))]
    cosines = np.array(sets[0].ImageOrientationPatient, float)
    normal = np.cross(cosines[:3], cosines[3:])
    position = np.array([normal @ np.array(s.ImagePositionPatient, float) for s in sets])
    order = np.argsort(position)
    return [sets[i] for i in order], position[order]


def affine_of(sets):
    """Voxel (column, row, slice) to RAS+ mm, by the DICOM standard's C.7.6.2.1.1."""
    cosines = np.array(sets[0].ImageOrientationPatient, float)
    first, last = (np.array(s.ImagePositionPatient, float) for s in (sets[0], sets[-1]))
    between_rows, between_columns = (float(v) for v in sets[0].PixelSpacing)
    affine = np.eye(4)
    affine[:3, 0] = cosines[:3] * between_columns
    affine[:3, 1] = cosines[3:] * between_rows
    affine[:3, 2] = (last - first) / (len(sets) - 1)
    affine[:3, 3] = first
    return FLIP @ affine


def world_of(affine, voxels):
    return voxels @ affine[:3, :3].T + affine[:3, 3]


def check_tags(folder, name, sets):
    head = sets[0]
    assert head.file_meta.TransferSyntaxUID == pydicom.uid.ExplicitVRLittleEndian
    assert head.SOPClassUID == pydicom.uid.MRImageStorage == head.file_meta.MediaStorageSOPClassUID
    assert head.Modality == "MR" and head.PhotometricInterpretation == "MONOCHROME2"
    assert (head.BitsAllocated, head.BitsStored, head.HighBit, head.PixelRepresentation) == (16, 12, 11, 0)
    assert str(head.PatientName) == folder.name
    for blank in ("PatientID", "PatientSex", "PatientAge", "PatientBirthDate", "StudyDate"):
        assert not head[blank].value, blank
    assert float(head.SliceThickness) == 5.0
    assert len({s.SeriesInstanceUID for s in sets}) == 1
    uids = [s.SOPInstanceUID for s in sets] + [head.SeriesInstanceUID, head.StudyInstanceUID]
    assert len(set(uids)) == len(uids) and all(pydicom.uid.UID(u).is_valid for u in uids)
    assert all(s.file_meta.MediaStorageSOPInstanceUID == s.SOPInstanceUID for s in sets)
    numbers = [int(s.InstanceNumber) for s in sets]
    count = list(range(1, len(sets) + 1))
    assert numbers in (count, count[::-1]), numbers
    echo = {"T1WI": (8.6, 16.4), "T2WI": (66.46, 123.09), "CE-T1WI": (8.6, 16.4)}[name]
    assert echo[0] <= float(head.EchoTime) <= echo[1]
    assert ("ContrastBolusAgent" in head) == (name == "CE-T1WI")


def marker_seen(image, affine, expected):
    """Centre of what is brighter than half of the capsule within 14 mm of where it should be."""
    voxels = np.stack(np.meshgrid(*(np.arange(n) for n in image.shape), indexing="ij"), -1).reshape(-1, 3)
    world = world_of(affine, voxels)
    near = np.linalg.norm(world - expected, axis=1) < 14
    values = image.reshape(-1)[near]
    peak = np.percentile(values, 99.5)
    labels, _ = ndimage.label(image > 0.55 * peak)
    nearest = voxels[near][np.argmin(np.linalg.norm(world[near] - expected, axis=1))]
    inside = (labels.reshape(-1)[near] == labels[tuple(nearest)]) & (values > 0.55 * peak)
    return peak, np.average(world[near][inside], axis=0, weights=values[inside])


def check_sequence(folder, patient, entry):
    name = entry["folder"]
    sets, position = slices_of(folder / name)
    check_tags(folder, name, sets)
    assert [pathlib.Path(s.filename).name for s in sets] == entry["files_in_geometric_order"]
    assert sorted(entry["files_in_geometric_order"]) != entry["files_in_geometric_order"], "names in order"
    np.testing.assert_allclose(np.diff(position), 5.5, atol=1e-6)
    assert float(sets[0].SpacingBetweenSlices) == entry["reported_spacing_mm"]
    affine = affine_of(sets)
    np.testing.assert_allclose(affine, entry["affine_ras_mm"], atol=1e-6)

    # The same by another reader, sorted by itself.
    reader = sitk.ImageSeriesReader()
    files = reader.GetGDCMSeriesFileNames(str(folder / name))
    assert [pathlib.Path(f).name for f in files] == entry["files_in_geometric_order"]

    slope = float(getattr(sets[0], "RescaleSlope", 1))
    assert slope == entry["rescale_slope"]
    stored = np.stack([s.pixel_array for s in sets])
    assert stored.max() <= 4095
    image = stored.transpose(2, 1, 0) / entry["gain"]  # [column, row, slice], in units of signal

    mask_file = nibabel.load(folder / entry["mask"])
    assert (int(mask_file.header["qform_code"]), int(mask_file.header["sform_code"])) == (1, 0)
    assert not any(np.any(mask_file.header[f"srow_{axis}"]) for axis in "xyz")
    assert mask_file.get_data_dtype() == np.uint8
    mask = np.asarray(mask_file.dataobj)
    assert mask.shape == image.shape == tuple(entry["size"]) and set(np.unique(mask)) == {0, 1}
    assert mask[:, :, 0].T.shape == sets[0].pixel_array.shape
    assert not mask[:, :, [0, -1]].any(), "the slices end within the tumour"
    corners = np.array(np.meshgrid(*((0, n - 1) for n in mask.shape))).reshape(3, -1).T
    np.testing.assert_allclose(world_of(mask_file.affine, corners), world_of(affine, corners), atol=0.2)

    # The marker is seen where it should be: on the patient's left (x < 0 in RAS+) and in front of the ears.
    expected = np.array(entry["marker_ras_mm"])
    peak, seen = marker_seen(image, affine, expected)
    assert peak > 650, peak
    np.testing.assert_allclose(seen[:2], expected[:2], atol=1.2)
    np.testing.assert_allclose(seen[2], expected[2], atol=2.8)
    middle = world_of(affine, (np.array(mask.shape) - 1) / 2)
    assert seen[0] < middle[0] - 30 and seen[1] > middle[1]
    head_middle = np.array(patient["head_to_reference"]) @ [0, -4, 0, 1]
    np.testing.assert_allclose(middle[2], head_middle[2] + patient["slab_shift_mm"], atol=2)  # the jitter
    column, row, k = np.rint(np.linalg.inv(affine) @ np.append(expected, 1))[:3].astype(int)
    assert column > image.shape[0] / 2 and row < image.shape[1] / 2, "left is on the right of the picture"
    # Nothing like it on the other side.
    mirrored = image[image.shape[0] - 1 - column - 3:image.shape[0] - 1 - column + 4, row - 3:row + 4, k]
    assert np.median(mirrored) != np.median(image[column - 3:column + 4, row - 3:row + 4, k])

    # The mask covers what has the tumour's signal, and lies where motion brought the tumour.
    core = ndimage.binary_erosion(mask, np.ones((3, 3, 1)), iterations=2)
    if core.sum() > 200:
        values = image[core]
        assert abs(np.median(values) / entry["signal"]["tumour"] - 1) < entry["bias_depth"] + 0.03
        assert np.std(values) / np.median(values) < 0.16
    voxel_mm3 = abs(np.linalg.det(affine[:3, :3]))
    np.testing.assert_allclose(mask.sum() * voxel_mm3, entry["mask_volume_mm3"], rtol=1e-6)
    motion = np.array(entry["reference_to_native"])
    np.testing.assert_allclose(motion[:3, :3] @ motion[:3, :3].T, np.eye(3), atol=1e-12)
    centre = (motion @ np.append(patient["tumour_centroid_ras_mm"], 1))[:3]
    found = world_of(affine, np.argwhere(mask)).mean(axis=0)
    large = patient["tumour_volume_mm3"] > 3000
    np.testing.assert_allclose(found, centre, atol=1.0 if large else 2.0)
    if large:
        np.testing.assert_allclose(entry["mask_volume_mm3"], patient["tumour_volume_mm3"], rtol=0.12)

    # Without signal the magnitude of complex Gaussian noise is Rayleigh: mean sigma * sqrt(pi / 2).
    air = image[:12, :12].reshape(-1)
    np.testing.assert_allclose(air.mean(), entry["noise_sd"] * np.sqrt(np.pi / 2), rtol=0.05)
    assert 0.025 <= entry["noise_fraction"] <= 0.035
    angle = np.degrees(np.arccos(np.clip((np.trace(motion[:3, :3]) - 1) / 2, -1, 1)))
    np.testing.assert_allclose(angle, entry["motion_deg"], atol=1e-4)
    if truth["motion"] and name != "CE-T1WI":
        assert 1 <= entry["motion_mm"] <= 3 and 1 <= entry["motion_deg"] <= 3
    else:
        np.testing.assert_array_equal(motion, np.eye(4))
    return sets[0], affine


def check_whole():
    ids = [p["id"] for p in truth["patients"]]
    for patient in truth["patients"]:
        folder = root / "data" / "MRI-Segments" / patient["id"]
        heads, affines = zip(*(check_sequence(folder, patient, entry) for entry in patient["sequences"]))
        assert len({h.FrameOfReferenceUID for h in heads}) == 1
        assert len({h.SeriesInstanceUID for h in heads}) == 3
        assert all(h.ManufacturerModelName == patient["scanner"] for h in heads)
        assert len({(h.Rows, tuple(h.PixelSpacing)) for h in heads}) == 3, "each sequence has its own grid"
        tilts = [np.round(a[:3, 2] / np.linalg.norm(a[:3, 2]), 4).tolist() for a in affines]
        assert len({tuple(t) for t in tilts}) == 3, "each sequence has its own tilt"
        assert all(t[2] > 0.98 for t in tilts), "a few degrees"
    tables = {name: list(csv.DictReader((root / name).open()))
              for name in ("info_diagnoses.csv", "morphological_parameters.csv", "meta_data.csv")}
    for name in ("info_diagnoses.csv", "meta_data.csv"):
        assert [r["ID"] for r in tables[name]] == ids, name
    sizes = tables["morphological_parameters.csv"]
    assert [r["ID"] for r in sizes] == [i for i in ids for _ in range(3)]
    for row, entry in zip(sizes, (e for p in truth["patients"] for e in p["sequences"])):
        assert row["Sequence"] == entry["folder"]
        assert abs(float(row["Volume (mm3)"]) - entry["mask_volume_mm3"]) < 0.01


assert truth["generator"] == "trivox phantom" and truth["complete"]
check_whole()
print(f"{len(truth['patients'])} patients agree with the truth")
