"""Which of the real files trivox refuses: a pattern of the name, and a part of what it says. Files that hold
no image with a place in space (reports, screen saves, colour photographs, palettes) need not stand here."""
REFUSED = {
    r"nibabel/tests/data/row_major\.dconn\.nii": "dim[6] is 10",  # CIFTI: a matrix, no image
    # Siemens mosaics: one file of many tiles, whose places only a private header tells.
    r"data/dicom-transfer-syntaxes/.*": "mosaics are not read",
    r"nibabel/(nicom/)?tests/data/([01]|csa_slice_norm)\.dcm": "mosaics are not read",
    r"nibabel/nicom/tests/data/siemens_dwi_.*": "mosaics are not read",
    r"nibabel/nicom/tests/data/slicethickness_empty_string\.dcm": "SliceThickness of the only slice",
    # One UID, several orientations: pilots and projections.
    r"pydicom/test_files/dicomdirtests/98892001/CT2N/.*": "number of series is 2",
    r"pydicom/test_files/dicomdirtests/98892003/MR2/.*": "number of series is 3",
    r"pydicom/test_files/dicomdirtests/98892003/MR700/.*": "number of series is 7",
    r"pydicom/test_files/dicomdirtests/77654033/CT2/.*": "slices are missing",
    # Objects that lie in space, but are no images: segmentations and doses.
    r"pydicom/test_files/(liver|rtdose|badVR).*": "number of DICOM images is 0",
    r"pydicom/test_files/MR_truncated\.dcm": "8130 bytes (truncated), expected 8192",
}
