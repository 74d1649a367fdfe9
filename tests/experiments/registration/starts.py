"""Experiment `starts`: from headers that are off by up to 20 mm and 20 degrees, frames of reference
differing."""
import numpy as np

import data
import rigid
import tables
from programs import OPEN, OTHER_FRAME, off_by
from tables import number

STARTS = 100
MOST = 20  # mm and degrees
RECOVERED_MM = 1.0


def sources(context):
    """[(pair, its matrix by its own header, whether it is real)]: simulated ones have a truth, of the
    real ones it is the answer from their own header."""
    out = [(pair, pair.truth, False) for pair in data.simulated(context.data, context.quick)
           if context.quick or pair.kind.endswith(("none", "3 mm 3 deg"))]
    real = []
    if context.has_real_data:
        real = data.glioma_pairs(context.data, context.programs.trivox, context.source)
        real += data.study_pairs(context.data, context.source)
    for pair in real[:1] if context.quick else real:
        base = context.programs.register(pair.name, pair.files, OPEN)
        out.append((pair, np.array(base["found"]), True))
    return out


def run(context):
    places, rows = sources(context), []
    for k in range(6 if context.quick else STARTS):
        pair, own, is_real = places[k % len(places)]
        start = rigid.drawn(np.random.default_rng([2020, k]), pair.points.mean(axis=0), MOST, MOST)
        # So that the header is off by `start` and nothing else.
        turned = pair.turned(start @ np.linalg.inv(own))
        name = f"{pair.name}, start {k}"
        answer = context.programs.register(name, turned, OTHER_FRAME)
        truth = np.array(answer["motion"]) @ own
        shift, turn = rigid.shift_and_turn(truth, pair.points)
        row = {"name": name, "is_real": is_real, "kind": pair.kind.split(",")[0],
               "off_mm": shift, "off_deg": turn,
               "outcome": answer.get("outcome", "error"), "inconsistency_mm": answer.get("inconsistency_mm"),
               "reasons": answer.get("reasons", []), "wall_s": answer["wall_s"], "session": answer["session"],
               "mm": off_by(answer, truth, pair.points)}
        rows.append(row)
        if not is_recovered(row):
            context.say(f"{name}: off by {shift:.1f} mm, {turn:.1f} deg; {row['outcome']}, "
                        f"{number(row['mm'])} mm, inconsistent by {number(row['inconsistency_mm'])} mm")
    context.say(f"{sum(is_recovered(row) for row in rows)} of {len(rows)} recovered")
    return {"rows": rows}


def is_recovered(row):
    return row["outcome"] == "refined" and row["mm"] <= RECOVERED_MM


def is_wrong(row):
    return row["outcome"] == "header" or (row["outcome"] == "refined" and row["mm"] > RECOVERED_MM)


def groups(rows):
    """{name: rows}; the real ones alone may be missing, as their data may."""
    real = [row for row in rows if row["is_real"]]
    out = {"simulated": [row for row in rows if not row["is_real"]]}
    return out | ({"real": real} if real else {}) | {"all": rows}


def gates(result):
    """Simulated and real ones apart: of the real ones the truth is the program's own answer."""
    rows = result["rows"]
    return [*(tables.at_least(f"recovered within 1 mm, {name}",
                              tables.share(is_recovered(row) for row in some), 98)
              for name, some in groups(rows).items()),
            tables.none_of("accepted wrong", [f"{row['name']} ({number(row['mm'])} mm)" for row in rows
                                              if is_wrong(row)])]


def report(result):
    def line(name, rows):
        found = [row["mm"] for row in rows if is_recovered(row)]
        return [name, len(rows), sum(is_recovered(row) for row in rows),
                sum(row["outcome"] in ("rejected", "error") for row in rows),
                sum(is_wrong(row) for row in rows),
                number(tables.median(found) if found else None, 3), number(max(found, default=None), 3),
                number(tables.median(row["wall_s"] for row in rows))]

    rows = result["rows"]
    kinds = sorted({row["kind"] for row in rows})
    return tables.table(["pairs", "starts", "recovered", "flagged", "accepted wrong",
                         "median mm of the recovered", "worst of them", "s"],
                        [line(kind, [row for row in rows if row["kind"] == kind]) for kind in kinds]
                        + [line(f"**{name}**", some) for name, some in groups(rows).items()])
