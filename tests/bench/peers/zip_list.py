"""zip_list.py ARCHIVE: zipfile and pydicom."""
import sys

import pydicom

from serve import serve
from zip_series import list_archive

serve("zipfile, pydicom " + pydicom.__version__, lambda: list_archive(sys.argv[1]))
