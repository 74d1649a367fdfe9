"""Writes ZIP archives of many kinds into a folder, each NAME.zip with NAME/ beside it: its content as
Python's zipfile reads it (or, where zipfile cannot, as it was put in).

zips.py FOLDER            small ones, right and wrong
zips.py FOLDER big        beyond 4 GiB (sparse: they take no room) and above 65,535 entries
zips.py named ZIP KIND    patients with names of another encoding than UTF-8
zips.py pack FOLDER ZIP [TOP]   FOLDER's content, deflated, below the name TOP, as macOS packs it
"""
import io, os, random, struct, sys, zipfile, zlib
from pathlib import Path


def content(n, seed=0):
    random.seed(seed)
    return bytes(random.choice(b"abcd") for _ in range(n))


FILES = {
    "data/MRI-Segments/001/T1WI/0.dcm": content(100000, 1),
    "data/MRI-Segments/001/T1WI/1.dcm": content(17, 2),
    "data/MRI-Segments/001/ROI-T1.nii": bytes(300000),
    "data/empty": b"",
    "top.txt": b"top",
}


def keep(out, name, files):
    for member, data in files.items():
        file = out / name / os.fsdecode(member)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)


def read_back(out, name):
    with zipfile.ZipFile(out / (name + ".zip")) as archive:
        archive.extractall(out / name)


class Unseekable(io.RawIOBase):
    def __init__(self, file):
        self.file = file

    def writable(self):
        return True

    def write(self, data):
        return self.file.write(data)


def write(target, files=FILES, **options):
    with zipfile.ZipFile(target, "w", **options) as archive:
        for member, data in files.items():
            archive.writestr(member, data)


def bytes_of(files=FILES, **options):
    buffer = io.BytesIO()
    write(buffer, files, **options)
    return buffer.getvalue()


def raw_zip(entries, comment=b"", count=None):
    """Archive of (name, data, settings): what zipfile would not write. Settings: method, flags, host,
    attributes."""
    out, directory = bytearray(), bytearray()
    for name, data, settings in entries:
        method, flags = settings.get("method", 0), settings.get("flags", 0)
        stored = settings.get("stored", data)
        sizes = (zlib.crc32(data), len(stored), settings.get("size", len(data)))
        offset = settings.get("offset", len(out))
        out += struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, flags, method, 0, 33, *sizes, len(name),
                           0) + name + stored
        directory += struct.pack(
            "<IHHHHHHIIIHHHHHII", 0x02014B50, settings.get("host", 3) << 8, 20, flags, method, 0, 33, *sizes,
            len(name),
            len(settings.get("extra", b"")), 0, settings.get("disk", 0), 0, settings.get("attributes", 0),
            offset)
        directory += name + settings.get("extra", b"")
    n = len(entries) if count is None else count
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, n, n, len(directory), len(out), len(comment))
    return bytes(out + directory + end + comment)


def small(out):
    write(out / "stored.zip")
    write(out / "deflated.zip", compression=zipfile.ZIP_DEFLATED)
    with open(out / "stream.zip", "wb") as file:  # sizes behind the content
        write(Unseekable(file), compression=zipfile.ZIP_DEFLATED)
    (out / "self_extracting.zip").write_bytes(b"#!/bin/sh\nexit\n" * 99 + bytes_of())
    (out / "commented.zip").write_bytes(raw_zip([(b"a/b", b"one", {})],
                                                comment=b"PK\x05\x06 in a comment" * 50))
    (out / "bytes_behind.zip").write_bytes(bytes_of() + bytes(512))
    with zipfile.ZipFile(out / "zip64.zip", "w") as archive:
        for name, data in FILES.items():
            with archive.open(name, "w", force_zip64=True) as member:
                member.write(data)
    write(out / "utf8.zip", {"数据/病人/片.dcm": b"utf-8", "数据/b": b"2"})
    write(out / "nothing.zip", {})
    for name in ["stored", "deflated", "stream", "self_extracting", "bytes_behind", "zip64", "utf8",
                 "nothing"]:
        read_back(out, name)

    keep(out, "commented", {"a/b": b"one"})
    gbk = "数据/病人".encode("gbk")
    (out / "gbk.zip").write_bytes(raw_zip([(gbk + b"/a", b"gbk", {"host": 0})]))
    keep(out, "gbk", {"数据/病人/a": b"gbk"})
    (out / "backslashes.zip").write_bytes(raw_zip([(rb"data\001\a.dcm", b"windows", {"host": 0})]))
    keep(out, "backslashes", {"data/001/a.dcm": b"windows"})
    patient = "张三".encode("gbk")
    (out / "gbk_backslashes.zip").write_bytes(raw_zip([(b"data\\" + patient + b"\\a", b"windows",
                                                        {"host": 0})]))
    keep(out, "gbk_backslashes", {"data/张三/a": b"windows"})
    (out / "dots.zip").write_bytes(raw_zip([(b"./", b"", {}), (b"./a//b", b"dots", {}), (b"./c/", b"", {})]))
    keep(out, "dots", {"a/b": b"dots"})

    ok = (b"ok", b"fine", {})
    deflated = zlib.compress(bytes(5000))[2:-4]
    faults = {
        "encrypted": [(b"x", b"secret", {"flags": 1}), ok],
        "bzip2": [(b"x", b"packed", {"method": 12}), ok],
        "zstd": [(b"x", b"packed", {"method": 93}), ok],
        "deflate64": [(b"x", b"packed", {"method": 9}), ok],
        "twice": [(b"x", b"one", {}), (b"x", b"two", {}), ok],
        "file_and_folder": [(b"x", b"one", {}), (b"x/y", b"two", {}), ok],
        "link": [(b"x", b"ok", {"attributes": 0o120777 << 16}), ok],
        "bomb": [(b"x", bytes(9), {"method": 8, "stored": deflated, "size": 1 << 31}), ok],
        "too_long": [(b"x", bytes(4000), {"method": 8, "stored": deflated}), ok],
        "too_short": [(b"x", bytes(5001), {"method": 8, "stored": deflated}), ok],
        "cut": [(b"x", bytes(5000), {"method": 8, "stored": deflated[:-3]}), ok],
        "other_length": [(b"x", b"four", {"size": 5}), ok],
        "overlap": [ok, (b"x", b"one", {"offset": 0})],
        "beyond": [ok, (b"x", b"one", {"offset": 1 << 20})],
        "parent": [(b"../x", b"one", {}), ok],
        "absolute": [(b"/etc/x", b"one", {}), ok],
        "drive": [(b"C:\\x", b"one", {"host": 0}), ok],
        "nul": [(b"a\0b", b"one", {}), ok],
        "letter_or_folder": [(b"data\\ren\x82\\a", b"one", {"host": 0}), ok],  # "René" in code page 437
        "split": [(b"x", b"one", {"disk": 1}), ok],
        "extra_too_short": [(b"x", b"one", {"offset": 0xFFFFFFFF, "extra": b"\1\0\4\0abcd"}), ok],
    }
    for name, entries in faults.items():
        (out / (name + ".zip")).write_bytes(raw_zip(entries))
    (out / "count.zip").write_bytes(raw_zip([ok], count=2))
    whole = bytes_of(compression=zipfile.ZIP_DEFLATED)
    (out / "truncated.zip").write_bytes(whole[: len(whole) // 2])
    spoilt = bytearray(bytes_of())
    spoilt[200] ^= 1
    (out / "spoilt.zip").write_bytes(spoilt)
    (out / "text.zip").write_bytes(b"not an archive, though its name says so")
    (out / "short.zip").write_bytes(b"PK")




def sparse(path, files, gap):
    """zipfile's own archive with a hole before the last members."""
    with open(path, "w+b") as file, zipfile.ZipFile(file, "w") as archive:
        names = list(files)
        archive.writestr(names[0], files[names[0]])
        file.seek(gap)
        archive.start_dir = gap  # where zipfile writes the next member
        for name in names[1:]:
            archive.writestr(name, files[name])


def big(out):
    beyond = (1 << 32) + 12345
    sparse(out / "beyond_4gib.zip", FILES, beyond)
    read_back(out, "beyond_4gib")
    with zipfile.ZipFile(out / "many.zip", "w") as archive:
        for i in range(70000):
            archive.writestr(f"{i % 7}/{i}", b"")
        archive.writestr("last", b"the last one")
    keep(out, "many", {"last": b"the last one"})

    # A member that is itself longer than 4 GiB: a hole.
    length = (1 << 32) + 5
    name = b"long"
    extra = struct.pack("<HHQQ", 1, 16, length, length)
    crc = 0x12345678  # nobody reads as far
    with open(out / "long_member.zip", "wb") as file:
        file.write(struct.pack("<IHHHHHIIIHH", 0x04034B50, 45, 0, 0, 0, 33, crc, 0xFFFFFFFF, 0xFFFFFFFF, 4,
                               20))
        file.write(name + extra)
        file.seek(length, 1)
        begin = file.tell()
        file.write(struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 45, 45, 0, 0, 0, 33, crc, 0xFFFFFFFF,
                               0xFFFFFFFF, 4, 20, 0, 0, 0, 0, 0) + name + extra)
        size = file.tell() - begin
        file.write(struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, 1, 1, size, begin))
        file.write(struct.pack("<IIQI", 0x07064B50, 0, begin + size, 1))
        file.write(struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 1, 1, size, 0xFFFFFFFF, 0))

    # As macOS writes it: no ZIP64, offsets modulo 4 GiB, the content's lengths behind it.
    directory = b""
    with open(out / "macos.zip", "wb") as file:
        for i, (member, data) in enumerate(FILES.items()):
            if i == 2:
                file.seek(beyond)
            packer = zlib.compressobj(wbits=-15)
            stored, name = packer.compress(data) + packer.flush(), member.encode()
            sizes = (zlib.crc32(data), len(stored), len(data))
            offset = file.tell() % (1 << 32)
            file.write(struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 8, 8, 0, 33, 0, 0, 0, len(name), 0) + name
                       + stored)
            file.write(struct.pack("<IIII", 0x08074B50, *sizes))
            directory += struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 0x315, 20, 8, 8, 0, 33, *sizes,
                                     len(name), 0, 0, 0, 0, 0o100644 << 16, offset) + name
        begin = file.tell() % (1 << 32)
        file.write(directory)
        file.write(struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, len(FILES), len(FILES), len(directory), begin,
                               0))
    keep(out, "macos", FILES)


def pack(folder, target, top=""):
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(Path(folder).rglob("*")):
            name = Path(top) / file.relative_to(folder)
            archive.write(file, name)
            if file.is_file():
                archive.writestr(str(Path("__MACOSX") / name.parent / ("._" + name.name)), bytes(120))
        archive.writestr(str(Path(top) / "data/.DS_Store"), bytes(6148))


def named(target, kind):
    """gbk: as a Chinese Windows stores names; unix: the same of another system; field: with the name in UTF-8
    beside, as WinRAR writes it; mixed: one in UTF-8 without the flag; the others: as Windows of other
    countries stores them, or of names that may be of several."""
    ids = {"western": ["Müller".encode("cp437"), "René".encode("cp437")],
           "big5": ["陳先生".encode("big5"), "林小姐".encode("big5")],
           "korean": ["홍길동".encode("cp949"), "김철수".encode("cp949")],
           "japanese": ["山田太郎".encode("cp932"), "鈴木ソ".encode("cp932")],
           "cyrillic": ["Мария".encode("cp1251"), "Петр".encode("cp1251")],
           "capitals": ["ИВАНОВ".encode("cp1251"), "ПЕТРОВ".encode("cp1251")],
           "koi8": ["Сергей".encode("koi8-r"), "Никита".encode("koi8-r")],
           "greek": ["Νίκη".encode("cp1253"), "ΝΙΚΟΣΩ".encode("cp1253")],
           "rare": ["张三".encode("gbk"), "喆淼".encode("gbk")],
           "one": ["张1".encode("gbk"), "李2".encode("gbk")],
           "mixed": ["张三".encode("gbk"), "李四".encode("utf-8")]}.get(
               kind, ["张三1".encode("gbk"), "李四1".encode("gbk")])
    names = [f"{channel}/1.dcm" for channel in ("T1WI", "T2WI", "CE-T1WI")] + [
        f"ROI-{channel}.nii" for channel in ("T1", "T2", "CE-T1")]
    entries = []
    for one in ids:
        for name in names:
            stored = b"data/MRI-Segments/" + one + b"/" + name.encode()
            told = struct.pack("<BI", 1, zlib.crc32(stored)) + stored.decode("gbk", "replace").encode()
            field = struct.pack("<HH", 0x7075, len(told)) + told
            entries.append((stored, b"x", {"host": 3 if kind in ("unix", "field") else 0,
                                           "extra": field if kind == "field" else b""}))
    Path(target).write_bytes(raw_zip(entries))


if sys.argv[1] == "pack":
    pack(*sys.argv[2:])
elif sys.argv[1] == "named":
    named(*sys.argv[2:])
else:
    folder = Path(sys.argv[1])
    big(folder) if sys.argv[2:] == ["big"] else small(folder)
