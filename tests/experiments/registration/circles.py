"""Experiment `circles`: through three sequences and back to the start."""
import numpy as np

import data
import rigid
import tables
from data import Pair
from programs import OPEN, PYRAMIDS
from tables import number


def circles(context):
    """[(name, [files in turn])], the first being the fixed one of the first leg."""
    files = data.glioma(context.data, context.programs.trivox, context.source)
    out = [("glioma", ("CE-T1WI", "T1WI", "T2WI"), files)]
    for name in data.STUDIES:
        out.append((name, ("FLAIR", "T1W", "T2W"), data.study(context.data, context.source, name)))
    return out[:1] if context.quick else out


def run(context):
    rows = []
    for name, order, files in circles(context):
        legs = [Pair(f"{name} {b} to {a}", "", files[a], files[b])
                for a, b in zip(order, order[1:] + order[:1])]
        points = legs[0].points
        row = {"name": f"{name}: " + " to ".join(order + order[:1])}
        for side in ("ours", *PYRAMIDS):
            whole = np.eye(4)
            for leg in legs:
                answer = (context.programs.register(leg.name, leg.files, OPEN) if side == "ours" else
                          context.programs.elastix(leg.name, leg.files, side))
                whole = None if whole is None or "found" not in answer else np.array(answer["found"]) @ whole
            row[side] = None if whole is None else rigid.distance(whole, np.eye(4), points)
        rows.append(row)
        context.say(f"{row['name']}: {number(row['ours'], 3)}; elastix "
                    + ", ".join(number(row[p], 3) for p in PYRAMIDS) + " mm")
    return {"rows": rows}


def gates(result):
    return [tables.at_most("median", tables.median(row["ours"] for row in result["rows"]), 0.6)]


def report(result):
    sides, rows = ("ours", *PYRAMIDS), result["rows"]
    lines = [[row["name"], *(number(row[side]) for side in sides)] for row in rows]
    lines.append(["**median**", *(number(tables.median(row[side] for row in rows)) for side in sides)])
    return tables.table(["circle, mm", "trivox", "elastix recursive", "elastix smoothing"], lines)
