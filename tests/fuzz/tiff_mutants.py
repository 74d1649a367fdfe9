"""TIFFs of grey values as raters' masks come; the oracle is Pillow."""
import io
import struct
import warnings

import numpy as np
from PIL import Image

from compare import same_when_mended
from mutate import INTERESTING, mutate_bytes

warnings.simplefilter("ignore")
LEAST_ACCEPTED = 0.1
FIXED_BYTES = 4 << 20  # libtiff's own buffers and tables


def tiff(pages, **options):
    images = [Image.fromarray(p) for p in pages]
    out = io.BytesIO()
    images[0].save(out, "TIFF", save_all=len(images) > 1, append_images=images[1:], **options)
    return out.getvalue()


def seeds(folder):
    rng = np.random.default_rng(5)
    eight = (rng.random((2, 12, 17)) > .6).astype(np.uint8) * 255
    sixteen = rng.integers(0, 65536, (2, 11, 9)).astype(np.uint16)
    out = {f"8{c}": tiff(eight, compression=c) for c in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits")}
    return out | {"16raw": tiff(sixteen, compression="raw"), "16lzw": tiff(sixteen, compression="tiff_lzw"),
                  "1raw": tiff([rng.random((9, 19)) > .5], compression="raw"),
                  "big": tiff(eight[:1], big_tiff=True)}


def write(folder, name, data):
    path = folder / (name + ".tif")
    path.write_bytes(data)
    return path


def mutate_tag(data, rng):
    """Another tag, type, count or value in the first directory of a classic little-endian TIFF."""
    if len(data) < 8 or data[:4] != b"II*\0":
        return data
    (at,) = struct.unpack("<I", data[4:8])
    if at + 2 > len(data):
        return data
    (entries,) = struct.unpack("<H", data[at:at + 2])
    start = at + 2 + 12 * rng.randrange(max(entries, 1))
    offset, width = rng.choice([(0, 2), (2, 2), (4, 4), (8, 2), (8, 4)])
    value = rng.choice([*INTERESTING, *range(20), 32773, 32946]) % 2**(8 * width)
    return data[:start + offset] + value.to_bytes(width, "little") + data[start + offset + width:]


def mutate(data, rng, all_seeds):
    others = [all_seeds[k] for k in sorted(all_seeds)]
    for _ in range(rng.choice([1, 1, 2])):
        data = mutate_tag(data, rng) if rng.random() < 0.5 else mutate_bytes(data, rng, others)
    return data


def bytes_there(path):
    return path.stat().st_size


def oracle_of(data):
    try:
        pages = []
        with Image.open(io.BytesIO(data), formats=["TIFF"]) as image:
            for k in range(image.n_frames):
                image.seek(k)
                if image.mode not in ("1", "L", "I;16"):
                    raise ValueError("mode " + image.mode)
                pages.append(np.asarray(image).astype(np.float32))
        values = np.stack(pages)
        return {"shape": list(values.shape), "values": values}
    except Exception as error:  # whatever Pillow throws
        return f"{type(error).__name__}: {error}"


def oracle(path):
    return oracle_of(path.read_bytes())


def allowed(path, read, expected):
    seed_path = path.parent / ("seed-" + path.stem.split("-", 1)[1] + ".tif")
    seed = oracle(seed_path)
    if seed["shape"] == read["shape"] and seed["values"].tobytes() == read["values"].tobytes():
        return "the seed's image: libtiff reads on where a tag has another type or count"
    if isinstance(expected, str) and "cannot identify image file" in expected and same_when_mended(
            read, path.read_bytes(), seed_path.read_bytes(), oracle_of):
        return "libtiff reads on where a tag has another type or count"
    is_16 = "16" in path.stem.split("-")[1]
    if isinstance(expected, dict) and list(expected["shape"]) == read["shape"] and is_16:
        pages = expected["values"].reshape(len(expected["values"]), -1)
        turned = [np.array_equal(ours, 65535 - page) or np.array_equal(ours, page)
                  for ours, page in zip(read["values"].reshape(pages.shape), pages)]
        if all(turned):
            return "white is 0: Pillow does not turn 16 bits round"
    return None
