"""Where the DICOM series of a dataset lie: [data/]MRI-Segments/PATIENT/{CE-T1WI,T1WI,T2WI}."""
import glob
import os

SEQUENCES = ["CE-T1WI", "T1WI", "T2WI"]


def patients(root):
    """The three folders of every patient."""
    found = []
    for above in ("", "data"):
        for patient in sorted(glob.glob(os.path.join(root, above, "MRI-Segments", "*"))):
            folders = [os.path.join(patient, sequence) for sequence in SEQUENCES]
            if all(map(os.path.isdir, folders)):
                found.append(folders)
    return found


def first_patient(root):
    return patients(root)[0]
