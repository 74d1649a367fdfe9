"""What ./run bench measures: the one list. A new row needs a function in trivox-bench (main.cpp), or
a command whose memory is measured, and a script in peers/ that does the same work."""
import dataclasses
from collections.abc import Callable

import data

TIME, RATE, MEMORY = "ms", "files/s", "MB"  # less is better, more is better, less is better


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    does: str  # what is done once, in words
    data: Callable  # Places -> path of what is read; None where it is not to be had
    ours: str  # name in trivox-bench; for MEMORY arguments of trivox, {data} and {out} filled in
    peer: str  # script in peers/; empty: there is no other
    unit: str = TIME


ROWS = [
    Row("read", "three DICOM series of 22 x 512 x 512, as they are stored (int16)", data.glioma, "read",
        "simpleitk_read.py"),
    Row("read-float", "the same to float32; the peer stays with int16", data.glioma, "read-float",
        "simpleitk_read.py"),
    Row("assemble", "three DICOM series on unlike grids read, resampled (linear) to CE-T1, normalised",
        data.phantom, "assemble-linear", "monai_assemble.py"),
    Row("assemble-cubic", "the same with trivox's default, cubic in plane; the peer stays linear",
        data.phantom, "assemble-cubic", "monai_assemble.py"),
    Row("list", "headers of 831 series (277 patients) read and sorted", data.listing, "list",
        "simpleitk_list.py", RATE),
    Row("list-pydicom", "the same, only the headers read", data.listing, "list", "pydicom_list.py", RATE),
    Row("zip", "the same in a ZIP archive, of small slices", data.archive, "list",
        "zip_list.py", RATE),
    Row("zip-memory", "inspect on that archive: peak of the process", data.archive, "inspect {data}",
        "zip_memory.py", MEMORY),
    Row("memory", "preprocess, two patients of full size, one thread: peak of the process",
        data.phantom, "preprocess {data} --out {out} --threads 1", "monai_memory.py", MEMORY),
]
