"""Changes to bytes that any format may suffer. Everything is drawn from the generator that is handed in."""

INTERESTING = [0, 1, 2, 3, 7, 8, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 2**24, 2**31 - 1, 2**31,
               2**32 - 2, 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1]


def flip_bits(data, rng, others):
    out = bytearray(data)
    for _ in range(rng.choice([1, 1, 1, 2, 4])):
        out[rng.randrange(len(out))] ^= 1 << rng.randrange(8)
    return bytes(out)


def overwrite(data, rng, others):
    at, n = rng.randrange(len(data)), rng.choice([1, 1, 2, 4, 8])
    return data[:at] + rng.randbytes(min(n, len(data) - at)) + data[at + n:]


def interesting_number(data, rng, others):
    width = rng.choice([1, 2, 4, 8])
    if len(data) < width:
        return data
    at = rng.randrange(len(data) - width + 1)
    value = rng.choice(INTERESTING) % 2**(8 * width)
    return data[:at] + value.to_bytes(width, rng.choice(["little", "big"])) + data[at + width:]


def truncate(data, rng, others):
    return data[:rng.randrange(len(data))]


def remove(data, rng, others):
    at, n = rng.randrange(len(data)), rng.choice([1, 2, 4, 8, 64])
    return data[:at] + data[at + n:]


def insert(data, rng, others):
    at, n = rng.randrange(len(data) + 1), rng.choice([1, 2, 4, 8, 64])
    return data[:at] + rng.choice([rng.randbytes(n), b"\0" * n, b"\xff" * n]) + data[at:]


def repeat(data, rng, others):
    at, n = rng.randrange(len(data)), rng.choice([2, 8, 64, 512])
    return data[:at + n] + data[at:at + n] + data[at + n:]


def append(data, rng, others):
    return data + rng.choice([b"\0", b"\0" * 512, rng.randbytes(7), rng.choice(others)[:1024]])


def splice(data, rng, others):
    other = rng.choice(others)
    at = rng.randrange(min(len(data), len(other)))
    return data[:at] + other[at:]


ANY = [flip_bits, flip_bits, overwrite, interesting_number, truncate, remove, insert, repeat, append, splice]


def mutate_bytes(data, rng, others):
    return rng.choice(ANY)(data, rng, others) if data else data
