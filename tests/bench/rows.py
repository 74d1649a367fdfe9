"""What ./run bench measures: the one list. A new row needs a function in trivox-bench (main.cpp) and a
script in peers/ that does the same work, or, for whole processes, two commands."""
import dataclasses
from collections.abc import Callable

import answers
import data

TIME, RATE, MEMORY = "ms", "files/s", "MB"  # less is better, more is better, less is better


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    does: str  # what is done once, in words
    data: Callable  # Places -> path of what is read, or of several in turn; None where it is not to be had
    ours: str  # name in trivox-bench; of whole processes arguments of trivox, {data} and {out} filled in
    peer: str  # script in peers/; of whole processes also a command, {peers} filled in too
    unit: str = TIME
    # Of whole processes alone; MEMORY is always measured on them.
    whole: bool = False
    answer: Callable | None = None  # one of answers.py, for what either side left in {out}
    beside: Callable | None = None  # path -> MB that are not counted, since nobody can do without them
    cores: int = 1  # of ours; the peer has one


REGISTER = "register {data}/fixed.nii {data}/moving.nii --out {out}/ours.tfm --threads 1"
ELASTIX = ("elastix -f {data}/fixed.nii -m {data}/moving.nii -out {out} -threads 1 "
           "-p {peers}/../../experiments/registration/elastix_recursive.txt")
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
        data.phantom, "preprocess {data} --out {out} --no-html --threads 1", "monai_memory.py", MEMORY),
    Row("register", "three pairs on unlike grids (T2WI to CE-T1WI, full size), safeguards included; the peer "
        "with the faster of its pyramids; whole processes", data.pairs, REGISTER, ELASTIX, whole=True,
        answer=answers.registered),
    Row("register-memory", "the same: peak of the process less both volumes as float32, the largest of the "
        "three", data.pairs, REGISTER, ELASTIX, MEMORY, answer=answers.registered, beside=data.volumes_mb),
    Row("preprocess", "assemble with both other sequences registered to CE-T1; the peer does not register",
        data.phantom, "preprocess", "monai_assemble.py"),
    Row("preprocess-2-cores", "preprocess, eight patients of full size, by two threads on two cores; the "
        "peer is trivox itself with one; whole processes", data.eight,
        "preprocess {data} --out {out} --no-html --threads 2",
        "trivox preprocess {data} --out {out} --no-html --threads 1",
        whole=True, answer=answers.preprocessed, cores=2),
]
