"""Small tars as shards are; the oracle is Python's tarfile."""
import io
import tarfile

from mutate import mutate_bytes

LEAST_ACCEPTED = 0.1
MEMORY = 8  # contents are compared as hexadecimal digits, in a string that grows


def tar(members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as file:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))
    return out.getvalue().rstrip(b"\0") + b"\0" * 1024  # tarfile pads to 10 KiB


def seeds(folder):
    return {"one": tar([("case.json", b'{"format": 1}\n')]),
            "sample": tar([("a.image.npy", bytes(range(256)) * 3), ("a.label.npy", b"\1" * 512),
                           ("a.json", b"{}")]),
            "long": tar([("x" * 100, b"1"), ("b.json", b"")])}


def write(folder, name, data):
    path = folder / (name + ".tar")
    path.write_bytes(data)
    return path


# Field: place, width.
NUMBERS = {"mode": (100, 8), "owner": (108, 8), "group": (116, 8), "size": (124, 12), "time": (136, 12)}
OTHERS = {"name": (0, 100), "type": (156, 1), "link": (157, 100), "magic": (257, 8), "user": (265, 32),
          "major": (329, 8), "prefix": (345, 155)}
WORDS = [b"0", b"1", b"511", b"512", b"00000001000", b"00000000002", b"77777777777", b"777777777777",
         b"0000644 ", b" 644",
         b"7 7", b"8", b"", b"-1", b"0x1f", b"\x80\0\0\0\0\0\0\x01", b"\xff" * 8, b"5", b"L", b"x",
         b"a/b.json", b"..", b"\xe4", b"1_0", b"000000001 9", b"ustar  \0", b"ustar\x0000"]


def mutate(data, rng, all_seeds):
    """Another word in a field of a header, mostly with the sum made right, or any bytes."""
    if rng.random() < 0.3:
        return mutate_bytes(data, rng, [all_seeds[k] for k in sorted(all_seeds)])
    places, at = [], 0
    while data[at:at + 512].strip(b"\0"):
        places.append(at)
        at += 512 + -(-int(data[at + 124:at + 135], 8) // 512) * 512
    at = rng.choice(places)
    block = bytearray(data[at:at + 512])
    for _ in range(rng.choice([1, 1, 2])):
        start, width = rng.choice([*NUMBERS.values(), NUMBERS["size"], NUMBERS["size"], *OTHERS.values()])
        word = rng.choice(WORDS)
        block[start:start + width] = word[:width].ljust(width, b"\0")
    if rng.random() < 0.9:
        block[148:156] = b" " * 8
        block[148:156] = b"%06o\0 " % sum(block)
    return data[:at] + bytes(block) + data[at + 512:]


def bytes_there(path):
    return path.stat().st_size


def oracle(path):
    try:
        with tarfile.open(path, "r:", encoding="utf-8", errors="surrogateescape") as file:
            text = ""
            for member in file:
                if not member.isreg():
                    raise ValueError("no regular file")
                content = file.extractfile(member).read()
                if len(content) != member.size:
                    raise ValueError("cut off")
                text += member.name.encode("utf-8", "surrogateescape").hex() + "\x1f" + content.hex() + "\x1e"
        return {"shape": [], "values": [], "text": text}
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def allowed(path, read, expected):
    return None
