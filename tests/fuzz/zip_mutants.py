"""ZIP archives of a few files; the oracle is Python's zipfile."""
import io
import re
import zipfile
import zlib

from mutate import INTERESTING, mutate_bytes

LEAST_ACCEPTED = 0.05
# Names that a file manager leaves; files_in and folders_in pass over them.
PASSED_OVER = re.compile(r"(^|/)(\.|__MACOSX(/|$)|Thumbs\.db$|desktop\.ini$)", re.IGNORECASE)
FILES = {"data/001/a.txt": b"the first " * 20, "data/001/b.bin": bytes(range(200)), "data/002/c.txt": b"",
         "table.csv": b"id,age\n001,45\n"}


class Stream(io.BytesIO):
    """One that zipfile cannot go back in, so that it writes data descriptors."""

    def seekable(self):
        return False

    def seek(self, *_):
        raise OSError("no going back")


def seed(method, stream=io.BytesIO, zip64=False, folders=False, comment=b""):
    out = stream()
    with zipfile.ZipFile(out, "w", method) as archive:
        if folders:
            for name in ("data/", "data/001/", "data/002/"):
                archive.writestr(zipfile.ZipInfo(name), b"")
        for name, content in FILES.items():
            with archive.open(zipfile.ZipInfo(name), "w", force_zip64=zip64) as member:
                member.write(content)
        archive.comment = comment
    return out.getvalue()


def deflated():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in FILES.items():
            archive.writestr(name, content)
    return out.getvalue()


def seeds(folder):
    return {"stored": seed(zipfile.ZIP_STORED), "deflated": deflated(),
            "streamed": seed(zipfile.ZIP_STORED, Stream),
            "zip64": seed(zipfile.ZIP_STORED, zip64=True), "folders": seed(zipfile.ZIP_STORED, folders=True),
            "comment": seed(zipfile.ZIP_STORED, comment=b"a word"), "behind": b"#!/bin/sh\n" * 5 + deflated()}


def write(folder, name, data):
    path = folder / (name + ".zip")
    path.write_bytes(data)
    return path


# Offsets of the fields of two and four bytes in a local header, a central one and the end.
RECORDS = {b"PK\3\4": (30, [4, 6, 8, 14, 18, 22, 26, 28]),
           b"PK\1\2": (46, [6, 8, 10, 16, 20, 24, 28, 30, 32, 34, 38, 42]),
           b"PK\5\6": (22, [4, 6, 8, 10, 12, 16, 20])}


def mutate_field(data, rng):
    mark = rng.choice(list(RECORDS))
    places = [m.start() for m in re.finditer(re.escape(mark), data)]
    if not places:
        return data
    at = rng.choice(places) + rng.choice(RECORDS[mark][1])
    width = rng.choice([2, 2, 4])
    before = int.from_bytes(data[at:at + width], "little")
    value = before + rng.choice([-1, 1, 2, 64]) if rng.random() < 0.5 else rng.choice(INTERESTING)
    return data[:at] + (value % 2**(8 * width)).to_bytes(width, "little") + data[at + width:]


def mutate(data, rng, all_seeds):
    others = [all_seeds[k] for k in sorted(all_seeds)]
    for _ in range(rng.choice([1, 1, 2])):
        is_field = len(data) > 50 and rng.random() < 0.5
        data = mutate_field(data, rng) if is_field else mutate_bytes(data, rng, others)
    return data


def bytes_there(path):
    size = path.stat().st_size
    try:
        with zipfile.ZipFile(path) as archive:
            size = max(size, sum(min(info.file_size, 1 << 20) for info in archive.filelist))
    except Exception:  # whatever zipfile throws
        pass
    return size


def oracle(path):
    try:
        out = []
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                if info.filename.endswith("/") or PASSED_OVER.search(info.filename):
                    continue
                name = info.filename if info.filename.isascii() else "?"
                out.append(name + "\x1f" + archive.read(info).hex() + "\x1e")
        return {"shape": [], "values": [], "text": "".join(sorted(out))}
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError,
            UnicodeDecodeError, OverflowError) as error:
        return f"{type(error).__name__}: {error}"


def allowed(path, read, expected):
    if not isinstance(expected, str):
        return None
    seed_path = path.parent / ("seed-" + path.stem.split("-", 1)[1] + ".zip")
    if read["text"] != oracle(seed_path)["text"]:
        return None
    if expected.startswith("NotImplementedError: zip file version"):
        return "the version that a member asks for is not looked at: method and CRC-32 decide"
    if "Overlapped entries" in expected:
        return "whether entries overlap is not looked at: sizes and CRC-32 decide"
    if "Bad magic number for central directory" in expected:
        return "the directory is found where it ends, when its offset is wrong"
    return None
