"""Small .npy files; the oracle is NumPy."""
import io

import numpy as np

from mutate import mutate_bytes

LEAST_ACCEPTED = 0.05


def array(dtype, shape):
    return np.random.default_rng(1).integers(0, 100, shape).astype(dtype)


def npy(value):
    out = io.BytesIO()
    np.lib.format.write_array(out, value, version=(1, 0))
    return out.getvalue()


def seeds(folder):
    return {"uint8": npy(array("|u1", (2, 3, 4, 5))), "half": npy(array("<f2", (1, 3, 4, 5))),
            "single": npy(array("<f4", (3, 2, 5))), "line": npy(array("<f4", (60,)))}


def write(folder, name, data):
    path = folder / (name + ".npy")
    path.write_bytes(data)
    return path


WORDS = [b"<f4", b"<f2", b"|u1", b"<f8", b">f4", b"|O", b"<u1", b"True", b"False", b"(2, 3)", b"(0,)",
         b"(-1,)", b"()",
         b"(60,)", b"(2, 30)", b"(4611686018427387904, 4)", b"(9223372036854775807, 2, 2)", b"(60, )",
         b"(6 0,)",
         b"(,60)", b"(2,,30)", b"(60L,)", b"[60]", b"60", b"(+60,)", b"(0x3c,)", b"'descr': '<f4', "]


def mutate(data, rng, all_seeds):
    others = [all_seeds[k] for k in sorted(all_seeds)]
    for _ in range(rng.choice([1, 1, 2])):
        start, end = 10, data.find(b"\n") + 1
        if len(data) > 20 and end > start and rng.random() < 0.6:
            head = data[start:end]
            if rng.random() < 0.5:  # a value of the dictionary, the header's length kept true
                parts = [b"'descr': ", b"'fortran_order': ", b"'shape': "]
                at = head.find(rng.choice(parts))
                at = head.find(b": ", at) + 2
                stop = head.find(b")", at) + 1 if head[at:at + 1] == b"(" else head.find(b",", at)
                if at > 1 and stop > at:
                    word = rng.choice(WORDS)
                    head = head[:at] + (b"'" + word + b"'" if head[at:at + 1] == b"'" else word) + head[stop:]
            else:
                head = mutate_bytes(head, rng, others)
            length = len(head) if rng.random() < 0.9 else rng.choice([0, 1, 117, 65535])
            data = data[:8] + min(length, 65535).to_bytes(2, "little") + head + data[end:]
        else:
            data = mutate_bytes(data, rng, others)
    return data


def bytes_there(path):
    return path.stat().st_size


def read_array(data):
    stream = io.BytesIO(data)
    value = np.lib.format.read_array(stream, allow_pickle=False)
    if stream.read(1):
        raise ValueError("bytes behind the array")
    return value


def oracle(path):
    try:
        value = read_array(path.read_bytes())
        return {"shape": value.shape, "values": value.astype(np.float32)}
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def allowed(path, read, expected):
    return None
