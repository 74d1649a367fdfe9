"""Experiments `simulated`, `neck` and `phantoms`: pairs whose motion is known, against elastix' two
pyramids."""
import numpy as np

import data
import rigid
import tables
from programs import OPEN, PYRAMIDS, off_by
from tables import number

SIDES = ("default", *PYRAMIDS, "open")  # in the order in which they are run
FIELDS = ("outcome", "reasons", "inconsistency_mm", "error", "wall_s", "cpu_s", "peak_mb", "session")
ACCEPTED_WRONG_MM = 1.0


def measured(context, pairs):
    rows = []
    for pair in pairs:
        programs, answers = context.programs, {}
        answers["default"] = programs.register(pair.name, pair.files)
        for pyramid in PYRAMIDS:
            answers[pyramid] = programs.elastix(pair.name, pair.files, pyramid)
        answers["open"] = programs.register(pair.name, pair.files, OPEN)
        row = {"name": pair.name, "kind": pair.kind,
               "header_mm": rigid.distance(np.eye(4), pair.truth, pair.points)}
        for side, answer in answers.items():
            row[side] = {"mm": off_by(answer, pair.truth, pair.points),
                         "used_mm": off_by(answer, pair.truth, pair.points, "transform")}
            row[side] |= {field: answer[field] for field in FIELDS if field in answer}
        rows.append(row)
        context.say(f"{pair.name}: header {row['header_mm']:.2f}, found {number(row['open']['mm'], 3)} "
                    f"({row['open']['outcome']}, by default {row['default']['outcome']}), elastix "
                    + ", ".join(number(row[p]["mm"], 3) for p in PYRAMIDS) + " mm")
    return {"rows": rows}


def simulated(context):
    return measured(context, data.simulated(context.data, context.quick))


def with_neck(context):
    return measured(context, data.simulated(context.data, context.quick, neck=True))


def phantoms(context):
    return measured(context, data.phantoms(context.data, context.programs.trivox, context.quick))


def is_accepted(row, side):
    return row[side].get("outcome") in ("refined", "header")


def accepted_wrong(rows, side):
    return [f"{row['name']} ({row[side]['used_mm']:.2f} mm)" for row in rows
            if is_accepted(row, side) and row[side]["used_mm"] > ACCEPTED_WRONG_MM]


def gates(result):
    rows = result["rows"]
    found = [row["open"]["mm"] for row in rows]
    medians = [tables.median(row[p]["mm"] for row in rows) for p in PYRAMIDS]
    elastix = min((m for m in medians if m is not None), default=None)
    still = [row for row in rows if row["kind"].endswith("none")]
    within = tables.share(f is not None and f <= 0.5 for f in found)
    out = [tables.at_most("median of the mean errors, against elastix' better pyramid", tables.median(found),
                          elastix, digits=3),
           tables.at_least("pairs within 0.5 mm", within, 95),
           tables.none_of("accepted above 1 mm, limits by default", accepted_wrong(rows, "default")),
           tables.none_of("accepted above 1 mm, limits opened", accepted_wrong(rows, "open"))]
    if still:
        for what, field in (("before", "mm"), ("after", "used_mm")):
            worst = tables.worst(row["open"][field] for row in still)
            out.append(tables.at_most(f"no motion, the worst {what} the gate", worst, 0.3))
    return out


def by_kind(rows):
    kinds = {}
    for row in rows:
        kinds.setdefault(row["kind"], []).append(row)
    return kinds


def report(result):
    rows = result["rows"]
    accepted = tables.share(is_accepted(row, "default") for row in rows)
    opened = tables.share(is_accepted(row, "open") for row in rows)
    head = ["median error, mm", "pairs", "header", "trivox", "trivox, used", "accepted by default",
            "elastix recursive", "elastix smoothing"]

    def line(name, some):
        return [name, len(some), number(tables.median(row["header_mm"] for row in some)),
                number(tables.median(row["open"]["mm"] for row in some), 3),
                number(tables.median(row["open"]["used_mm"] for row in some), 3),
                f"{sum(is_accepted(row, 'default') for row in some)} of {len(some)}",
                *(number(tables.median(row[p]["mm"] for row in some), 3) for p in PYRAMIDS)]

    costs = [[name, *(number(tables.median(row[side][field] for row in rows), digits) for side in SIDES)]
             for name, field, digits in (("wall time, s", "wall_s", 2), ("processor time, s", "cpu_s", 2),
                                         ("peak memory, MB", "peak_mb", 0))]
    faster = [tables.median(row[p]["wall_s"] for row in rows)
              / tables.median(row["default"]["wall_s"] for row in rows) for p in PYRAMIDS]
    each = [[row["name"], row["kind"], number(row["header_mm"]), number(row["open"]["mm"], 3),
             number(row["open"]["used_mm"], 3), row["default"].get("outcome", "error"),
             *(number(row[p]["mm"], 3) for p in PYRAMIDS), *(number(row[side]["wall_s"]) for side in SIDES)]
            for row in rows]
    return "\n\n".join([
        tables.table(head, [line(kind, some) for kind, some in sorted(by_kind(rows).items())]
                     + [line("**all**", rows)]),
        f"Accepted with the limits by default: {accepted:.0f} %; opened: {opened:.0f} %.",
        tables.table(["median", "trivox", "elastix recursive", "elastix smoothing", "trivox, limits opened"],
                     costs),
        f"By the medians trivox is {faster[0]:.1f} times as fast as the recursive pyramid, {faster[1]:.1f} "
        "times as fast as the smoothing one.",
        tables.table(["pair", "what", "header, mm", "trivox, mm", "used, mm", "by default",
                      "elastix recursive, mm", "smoothing, mm", "trivox, s", "recursive, s", "smoothing, s",
                      "trivox, opened, s"], each)])
