"""Writes tables with Python's csv module, in every encoding and dialect, and what they hold.

csv_tables.py FOLDER: NNN.csv and expected.json, a list of {file, encoding, separator, cells}.
"""
import csv
import io
import json
import pathlib
import random
import sys

folder = pathlib.Path(sys.argv[1])
random.seed(4)
WORDS = ["年龄", "性别", "病理类型", "阳性", "T4a", "Volume (mm3)", "mm³", "3.5", "<400", "男", 'say "no"', "a\nb",
         "c\r\nd", "x,y", "x;y", "x\ty", "", " ", "𠀀𡃁", "é", "Ｔ１", "-", "0", '"', '""', ",", "None", "12:30"]
ENCODINGS = [("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8 with BOM"), ("utf-16-le", "UTF-16LE"),
             ("utf-16-be", "UTF-16BE"), ("gb18030", "GB18030")]
expected = []
for encoding, name in ENCODINGS:
    for separator in ",;\t":
        for end in ("\n", "\r\n", "\r"):
            # With "\r" for a line end, Python leaves a "\n" inside a cell without quotes.
            for quoting in (csv.QUOTE_ALL if end == "\r" else csv.QUOTE_MINIMAL, csv.QUOTE_ALL):
                columns = random.randint(2, 9)
                # The header shows one separator outside quotes; it is no test of doubt.
                header = [f"{random.choice(['编号', '年龄', 'ID', 'T分期'])} 列{i}" for i in range(columns)]
                rows = [[random.choice(WORDS) for _ in range(columns - 1)] + ["结"]
                        for _ in range(random.randint(0, 12))]
                text = io.StringIO()
                writer = csv.writer(text, delimiter=separator, lineterminator=end, quoting=quoting)
                writer.writerows([header] + rows)
                data = text.getvalue()
                if random.random() < .3:
                    data = data[:-len(end)]  # no line end after the last row
                mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
                raw = mark + data.encode(encoding)
                file = f"{len(expected):03}.csv"
                (folder / file).write_bytes(raw)
                back = list(csv.reader(io.StringIO(data, newline=""), delimiter=separator))
                assert back == [header] + rows, file
                expected.append(dict(file=file, encoding=name, separator=separator, cells=back))
(folder / "expected.json").write_text(json.dumps(expected))
print(len(expected))
