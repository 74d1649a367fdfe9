"""Compares a reading with an oracle's."""
import difflib
import itertools

import numpy as np


def same(read, expected):
    """Nothing, or in what the reading differs from the oracle's."""
    if list(read["shape"]) != list(expected["shape"]):
        return f"shape {read['shape']}, expected {list(expected['shape'])}"
    values = np.asarray(expected["values"], np.float32).ravel()
    if read["values"].tobytes() != values.tobytes():
        with np.errstate(all="ignore"):
            close = (len(values) == len(read["values"])) and np.allclose(
                read["values"], values, rtol=1e-6, atol=0, equal_nan=True)
        if not close:
            differ = np.flatnonzero(read["values"][:len(values)] != values[:len(read["values"])])[:1]
            return (f"values, {len(values)} expected, first at {differ}: "
                    f"{read['values'][differ]} not {values[differ]}")
    if "affine" in expected:
        d, h, w = expected["shape"][-3:]
        corners = np.array([[x, y, z, 1] for x in (0, w - 1) for y in (0, h - 1) for z in (0, d - 1)]).T
        apart = (np.array(read["affine"]).reshape(4, 4) - expected["affine"]) @ corners
        size = np.abs(expected["affine"] @ corners).max()
        if not np.abs(apart).max() <= max(expected.get("corner_mm", 1e-3), 1e-6 * size):
            return f"corners {np.abs(apart).max()} mm apart"
    if "text" in expected and read["text"] != expected["text"]:
        return f"text {read['text']!r}, expected {expected['text']!r}"
    return None


def changes(data, seed):
    """(from, to, bytes of the seed) of each place where a mutant differs from its seed, last first."""
    if len(data) == len(seed):
        apart = [i for i, (a, b) in enumerate(zip(data, seed)) if a != b]
        return [(i, i + 1, seed[i:i + 1]) for i in reversed(apart)]
    matcher = difflib.SequenceMatcher(None, data, seed, autojunk=False)
    return [(a, b, seed[c:d]) for kind, a, b, c, d in reversed(matcher.get_opcodes()) if kind != "equal"]


def mended(data, seed):
    """A mutant with one, two or all of its changes taken back."""
    yield seed
    found = changes(data, seed)[:24]
    for some in itertools.chain(itertools.combinations(found, 1), itertools.combinations(found, 2)):
        again = data
        for start, end, piece in some:  # from the end on, so that places before it stay
            again = again[:start] + piece + again[end:]
        yield again


def same_when_mended(read, data, seed, oracle):
    """Whether the oracle, where some change keeps it from reading a mutant, reads without that change what
    was read with it."""
    for again in mended(data, seed):
        expected = oracle(again)
        if isinstance(expected, dict) and same(read, expected) is None:
            return True
    return False
