"""Writes one made-up cohort as the three tables of a dataset, in the forms that spreadsheets of
several languages leave, and what they say.

clinical_tables.py FOLDER: VARIANT/{info_diagnoses,morphological_parameters,meta_data}.csv, truth.json
"""
import csv
import io
import json
import pathlib
import random
import sys

folder = pathlib.Path(sys.argv[1])
random.seed(7)
SEQUENCES = ["T1WI", "T2WI", "CE-T1WI"]
cohort = []
for i in range(1, 13):
    cohort.append(dict(
        id=f"{i:03}", age=random.randint(20, 91), sex=random.choice(["male", "female"]),
        t=random.choice(["T1", "T2", "T3", "T4"]), n=random.choice(["N0", "N1", "N2", "N3"]),
        m=random.choice(["M0", "M1"]),
        stage=random.choice(["1", "2", "3", "4a", "4b"]), ebv=random.choice(["positive", "negative"]),
        vca=random.choice(["positive", "negative"]), months=round(random.uniform(0, 60), 1),
        scanner=random.choice(["Achieva", "Signa HDxt"]),
        measures={s: [round(random.uniform(400, 84000), 1), round(random.uniform(400, 23000), 1),
                      round(random.uniform(17, 101), 2),
                      round(random.uniform(.2, .8), 3)] for s in SEQUENCES}))
ROMAN = {"1": "I", "2": "II", "3": "III", "4a": "IVa", "4b": "IVB"}


def write(path, rows, encoding, separator, end, comma=False, quoting=csv.QUOTE_MINIMAL):
    if comma:
        rows = [rows[0]] + [[c.replace(".", ",") if c.replace(".", "").isdigit() else c for c in r]
                            for r in rows[1:]]
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator=end, quoting=quoting).writerows(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    mark = b"\xff\xfe" if encoding == "utf-16-le" else b"\xfe\xff" if encoding == "utf-16-be" else b""
    path.write_bytes(mark + text.getvalue().encode(encoding))


def english(kind, encoding, separator, end):
    d = folder / kind
    rows = [["Patient_ID", "GENDER", "Age (years)", "T-Stage", "N-Stage", "M-Stage", "Clinical Stage", "EBV",
             "VCA-IgA", "OS (months)"]]
    rows += [[p["id"], p["sex"][0].upper(), str(p["age"]), p["t"], p["n"], p["m"], ROMAN[p["stage"]],
              p["ebv"].title(), p["vca"], str(p["months"])] for p in cohort]
    write(d / "info_diagnoses.csv", rows, encoding, separator, end)
    rows = [["ID", "MRI sequence", "Volume (mm3)", "Surface Area (mm^2)", "Max Diameter(mm)",
             "Surface regularity"]]
    rows += [[p["id"], s.replace("WI", ""), *map(str, p["measures"][s])] for p in cohort for s in SEQUENCES]
    write(d / "morphological_parameters.csv", rows, encoding, separator, end)
    write(d / "meta_data.csv",
          [["PatientName", "PatientID", "ManufacturerModelName", "MagneticFieldStrength"]] +
          [[p["id"], "", p["scanner"], "1.5"] for p in cohort], encoding, separator, end)


def chinese(kind, encoding, separator, end, comma):
    d = folder / kind
    rows = [["编号", "性别（1=男，2=女）", "年龄（岁）", "Ｔ分期", "N分期", "M分期", "临床分期", "EB病毒", "VCA-IgA", "总生存期(月)", "备注"]]
    rows += [[str(int(p["id"])), "1" if p["sex"] == "male" else "2", str(p["age"]), p["t"][1:], p["n"][1:],
              p["m"][1:],
              ROMAN[p["stage"]] + "期", "阳性" if p["ebv"] == "positive" else "阴性",
              "+" if p["vca"] == "positive" else "-", str(p["months"]), "无特殊"] for p in cohort]
    write(d / "info_diagnoses.csv", rows, encoding, separator, end, comma)
    head = ["编号"]
    for s in ("T1", "T2", "增强T1"):
        head += [f"{s}体积(cm³)" if encoding != "gb2312" else f"{s}体积(cm3)", f"{s}表面积（平方厘米）", f"{s}最大径/cm",
                 f"{s}规则度"]
    rows = [head]
    for p in cohort:
        row = [str(int(p["id"]))]
        for s in SEQUENCES:
            v, a, l, r = p["measures"][s]
            row += [f"{v / 1000:.4f}", f"{a / 100:.3f}", f"{l / 10:.3f}", f"{r:.3f}"]
        rows.append(row)
    write(d / "morphological_parameters.csv", rows, encoding, separator, end, comma)
    write(d / "meta_data.csv",
          [["序号", "机型", "场强(T)"]] + [[str(int(p["id"])), p["scanner"], "1.5"] for p in cohort], encoding,
          separator, end, comma)


english("english", "utf-8", ",", "\n")
english("excel", "utf-8-sig", ",", "\r\n")
english("unicode_text", "utf-16-le", "\t", "\r\n")
chinese("gbk", "gb2312", ",", "\r\n", False)
chinese("gbk_commas", "gb18030", ";", "\r\n", True)
chinese("utf16", "utf-16-be", "\t", "\n", False)
(folder / "truth.json").write_text(json.dumps(cohort))
