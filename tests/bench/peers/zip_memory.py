"""zip_memory.py ARCHIVE: what zip_list.py does, once, as a process whose peak memory is measured;
--version says whose."""
import sys

import pydicom

from zip_series import list_archive

if sys.argv[1] == "--version":
    print("zipfile, pydicom", pydicom.__version__)
else:
    list_archive(sys.argv[1])
