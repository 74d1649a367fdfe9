"""Experiment `references`: T1W and T2W of ms-registration to FLAIR, against the data set's own transforms.
These are affine and scale by up to 1.6 %; compared is with the rigid one nearest to each over the body."""
import numpy as np

import data
import rigid
import tables
from programs import OPEN, PYRAMIDS, off_by
from tables import number

SEEDS = (1, 2, 3, 4, 5)
MOVED = "patient03_study2 T1W to FLAIR"  # 5.7 mm of true motion


def run(context):
    rows, programs, seeds = [], context.programs, SEEDS[:2] if context.quick else SEEDS
    pairs = data.study_pairs(context.data, context.source)
    for pair in pairs[-2:-1] if context.quick else pairs:
        affine = data.reference(context.source, pair)
        truth = rigid.rigid_fit(affine, pair.points)
        row = {"name": pair.name, "nothing": rigid.distance(np.eye(4), truth, pair.points),
               "affine": rigid.distance(affine, truth, pair.points)}
        ours = programs.register(pair.name, pair.files, OPEN)
        row["ours"], row["outcome"] = off_by(ours, truth, pair.points), ours.get("outcome")
        others = [programs.register(pair.name, pair.files, {**OPEN, "registration.seed": seed})
                  for seed in seeds[1:]]
        row["ours_by_seed"] = [off_by(answer, truth, pair.points) for answer in others]
        for pyramid in PYRAMIDS:
            answers = [programs.elastix(pair.name, pair.files, pyramid, seed) for seed in seeds]
            row[pyramid] = [off_by(answer, truth, pair.points) for answer in answers]
        rows.append(row)
        context.say(f"{pair.name}: {number(row['ours'], 3)} ({row['outcome']}), nothing "
                    f"{row['nothing']:.3f}, elastix "
                    + ", ".join(number(tables.mean(row[p]), 3) for p in PYRAMIDS) + " mm")
    return {"rows": rows}


def better(rows):
    """Mean of elastix' better pyramid over pairs and seeds; None where either failed at times."""
    means = [tables.mean(v for row in rows for v in row[p]) for p in PYRAMIDS]
    return min((m for m in means if m is not None), default=None)


def gates(result):
    rows = result["rows"]
    limit, nothing = better(rows), tables.mean(row["nothing"] for row in rows)
    moved = [row["ours"] for row in rows if row["name"] == MOVED]
    return [tables.at_most("mean, against elastix' better pyramid over five seeds",
                           tables.mean(row["ours"] for row in rows), limit, digits=3),
            tables.at_most(MOVED, moved[0] if moved else None, 1),
            tables.above("a program that does nothing fails", nothing, limit, digits=3)]


def report(result):
    def spread(values):
        if None in values:
            return "-"
        return f"{tables.mean(values):.2f} ({min(values):.2f}-{max(values):.2f})"
    rows = result["rows"]
    lines = [[row["name"], number(row["ours"]), row["outcome"], spread([row["ours"], *row["ours_by_seed"]]),
              *(spread(row[p]) for p in PYRAMIDS), number(row["nothing"]), number(row["affine"])]
             for row in rows]
    accepted = sum(row["outcome"] in ("refined", "header") for row in rows)
    lines.append(["**mean**", number(tables.mean(row["ours"] for row in rows)),
                  f"{accepted} of {len(rows)} accepted",
                  number(tables.mean(v for row in rows for v in [row["ours"], *row["ours_by_seed"]])),
                  *(number(tables.mean(v for row in rows for v in row[p])) for p in PYRAMIDS),
                  *(number(tables.mean(row[what] for row in rows)) for what in ("nothing", "affine"))])
    return tables.table(["pair, mm from the reference", "trivox", "outcome", "trivox, five seeds (range)",
                         "elastix recursive, five seeds", "elastix smoothing, five seeds", "nothing done",
                         "the affine itself"], lines)
