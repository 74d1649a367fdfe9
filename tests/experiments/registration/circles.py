"""Experiment `circles`: through three sequences and back to the start. Each leg's moving header is moved by a
known motion, which is undone in the answer: a program that does nothing would come back exactly without."""
import zlib

import numpy as np

import data
import rigid
import tables
from data import Pair
from programs import OPEN, PYRAMIDS, undone
from tables import number

MOVED = 3  # mm and degrees
MOST_MM = 0.6


def circles(context):
    """[(name, [files in turn])], the first being the fixed one of the first leg."""
    files = data.glioma(context.data, context.programs.trivox, context.source)
    out = [("glioma", ("CE-T1WI", "T1WI", "T2WI"), files)]
    for name in data.STUDIES:
        out.append((name, ("FLAIR", "T1W", "T2W"), data.study(context.data, context.source, name)))
    return out[:1] if context.quick else out


def moved(leg):
    rng = np.random.default_rng([zlib.crc32(leg.name.encode()), MOVED])
    return leg.turned(rigid.in_some_direction(rng, leg.points.mean(axis=0), MOVED, MOVED))


def end(matrices, points):
    """How far from the start one ends; None where a leg has no answer."""
    whole = np.eye(4)
    for one in matrices:
        if one is None:
            return None
        whole = one @ whole
    return rigid.distance(whole, np.eye(4), points)


def run(context):
    rows, programs = [], context.programs
    for name, order, files in circles(context):
        legs = [Pair(f"{name} {b} to {a}", "", files[a], files[b])
                for a, b in zip(order, order[1:] + order[:1])]
        points = legs[0].points
        asked = [(f"{leg.name}, circle", moved(leg)) for leg in legs]
        ours = [programs.register(*one, OPEN) for one in asked]
        row = {"name": f"{name}: " + " to ".join(order + order[:1]),
               "nothing": end([np.linalg.inv(answer["motion"]) for answer in ours], points),
               "ours": end([undone(answer) for answer in ours], points),
               "accepted": [answer.get("outcome") in ("refined", "header") for answer in ours]}
        for pyramid in PYRAMIDS:
            row[pyramid] = end([undone(programs.elastix(*one, pyramid)) for one in asked], points)
        rows.append(row)
        context.say(f"{row['name']}: {number(row['ours'], 3)}, nothing {row['nothing']:.3f}, elastix "
                    + ", ".join(number(row[p], 3) for p in PYRAMIDS) + " mm")
    return {"rows": rows}


def gates(result):
    rows = result["rows"]
    return [tables.at_most("median", tables.median(row["ours"] for row in rows), MOST_MM),
            tables.above("a program that does nothing fails", tables.median(row["nothing"] for row in rows),
                         MOST_MM)]


def report(result):
    sides, rows = ("ours", *PYRAMIDS, "nothing"), result["rows"]
    accepted = [one for row in rows for one in row["accepted"]]
    lines = [[row["name"], *(number(row[side]) for side in sides), counted(row["accepted"])] for row in rows]
    lines.append(["**median**", *(number(tables.median(row[side] for row in rows)) for side in sides),
                  counted(accepted)])
    return tables.table(["circle, mm", "trivox", "elastix recursive", "elastix smoothing", "nothing done",
                         "trivox accepted"], lines)


def counted(accepted):
    return f"{sum(accepted)} of {len(accepted)}"
