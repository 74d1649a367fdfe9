"""Experiment `perturbed`: the moving image's header alone is moved by a known motion; the answer should move
with it. The truth is exact on real data, although nobody knows where the patient lay."""
import zlib

import numpy as np

import data
import rigid
import tables
from programs import OPEN, PYRAMIDS, undone
from tables import number

SIZES = (5, 15)  # mm and degrees, at most
REPEATS = 20
ELASTIX = 3  # of these, for comparison


def run(context):
    programs, repeats = context.programs, 2 if context.quick else REPEATS
    pairs = data.glioma_pairs(context.data, programs.trivox, context.source)
    pairs += data.study_pairs(context.data, context.source)
    out = []
    for pair in pairs[2:4] if context.quick else pairs:
        base = programs.register(pair.name, pair.files, OPEN)
        base_elastix = programs.elastix(pair.name, pair.files, PYRAMIDS[0])
        centre = pair.points.mean(axis=0)
        for size in SIZES:
            ours, elastix = [], []
            for k in range(repeats):
                rng = np.random.default_rng([zlib.crc32(pair.name.encode()), size, k])
                name = f"{pair.name}, {size} #{k}"
                turned = pair.turned(rigid.drawn(rng, centre, size, size))
                ours.append(difference(programs.register(name, turned, OPEN), base, pair.points))
                if k < ELASTIX:
                    answer = programs.elastix(name, turned, PYRAMIDS[0])
                    elastix.append(difference(answer, base_elastix, pair.points))
            out.append({"pair": pair.name, "size": size, "ours": ours, "elastix": elastix,
                        "base_outcome": base["outcome"], "base_inconsistency_mm": base["inconsistency_mm"]})
            distances = [one["mm"] for one in ours]
            context.say(f"{pair.name}, up to {size} mm and deg: median {number(tables.median(distances), 3)},"
                        f" worst {number(tables.worst(distances), 3)} mm; elastix "
                        + ", ".join(number(one["mm"]) for one in elastix))
    return {"rows": out}


def difference(answer, base, points):
    """From the unperturbed answer, in the fixed image's space."""
    if "found" not in answer or "found" not in base:
        return {"mm": None, "outcome": "error", "key": answer["key"]}
    return {"mm": rigid.distance(undone(answer), np.array(base["found"]), points),
            "outcome": answer.get("outcome"), "inconsistency_mm": answer.get("inconsistency_mm"),
            "key": answer["key"]}


def distances(result, size, who="ours"):
    return [float("inf") if one["mm"] is None else one["mm"]
            for row in result["rows"] if row["size"] == size for one in row[who]]


def gates(result):
    out = []
    for size in SIZES:
        values, what = distances(result, size), f"up to {size} mm and degrees"
        out.append(tables.at_most(f"{what}, median", tables.median(values), 0.2, digits=3))
        out.append(tables.at_most(f"{what}, 95th percentile", tables.percentile(values, 95), 0.6, digits=3))
    return out


def report(result):
    def line(name, size, rows):
        ours = [one for row in rows for one in row["ours"]]
        values = [float("inf") if one["mm"] is None else one["mm"] for one in ours]
        elastix = [one["mm"] for row in rows for one in row["elastix"]]
        accepted = sum(one["outcome"] in ("refined", "header") for one in ours)
        return [name, f"{size} mm, {size} deg", f"{accepted} of {len(ours)}",
                number(tables.median(values), 3), number(tables.percentile(values, 95), 3),
                number(max(values), 3), number(tables.median(elastix), 3), number(tables.worst(elastix), 3)]
    rows = result["rows"]
    lines = [line(row["pair"], row["size"], [row]) for row in rows]
    lines += [line("**all**", size, [row for row in rows if row["size"] == size]) for size in SIZES]
    return tables.table(["pair", "up to", "accepted", "trivox, median mm", "95th percentile", "worst",
                         f"elastix recursive, median of {len(rows[0]['elastix'])}", "worst"], lines)
