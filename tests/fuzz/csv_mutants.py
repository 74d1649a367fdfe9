"""Tables in several encodings; the oracle is Python's csv module."""
import csv
import io
import re

from mutate import mutate_bytes

LEAST_ACCEPTED = 0.2
MEMORY = 40  # times the bytes: a cell of one letter is a string of 32 bytes
HEADER = ["编号", "Age (years)", "T stage", "mm³"]
ROWS = [["001", "45", "T3", "1.5"], ["002", "", 'say "no"', "a,b;c"], ["003", "6\t1", "结", "line\nbreak"]]


def seed(encoding, separator=",", end="\n", quoting=csv.QUOTE_MINIMAL, mark=b""):
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator=end, quoting=quoting).writerows([HEADER, *ROWS])
    return mark + text.getvalue().encode(encoding)


WESTERN = "ID;Âge;État à l'entrée\r\n1;45;Müller – Niño\r\n2;50;créée le 5, œdème\r\n3;61;T4 « non »\r\n"
CHINESE = re.compile("[编号结]")  # all that the seeds hold


def seeds(folder):
    return {"utf8": seed("utf-8"), "bom": seed("utf-8-sig", end="\r\n"), "gbk": seed("gb18030", "\t"),
            "western": WESTERN.encode("cp1252"), "semicolon": seed("utf-8", ";", "\r\n"),
            "quoted": seed("utf-8", end="\r", quoting=csv.QUOTE_ALL),
            "utf16": seed("utf-16-le", mark=b"\xff\xfe"), "utf16big": seed("utf-16-be", mark=b"\xfe\xff")}


def write(folder, name, data):
    path = folder / (name + ".csv")
    path.write_bytes(data)
    return path


PIECES = [b",", b";", b"\t", b'"', b'""', b"\n", b"\r", b"\r\n", b"\0", b"\xef\xbb\xbf", b"\xff\xfe",
          b"\xe7\xbc", b"sep=;\n", b" ", b",,,,,,,,", b"\n\n\n", b'"a,b"', b"\xb3", b"\x84\x31\xa4\x37"]


def mutate(data, rng, all_seeds):
    others = [all_seeds[k] for k in sorted(all_seeds)]
    for _ in range(rng.choice([1, 1, 2, 3])):
        if rng.random() < 0.5:
            at = rng.randrange(len(data) + 1)
            data = data[:at] + rng.choice(PIECES) * rng.choice([1, 1, 1, 20]) + data[at:]
        else:
            data = mutate_bytes(data, rng, others)
    return data


def bytes_there(path):
    return path.stat().st_size


def decoded(data):
    for mark, encoding in [(b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"),
                           (b"\xfe\xff", "utf-16-be")]:
        if data.startswith(mark):
            return data[len(mark):].decode(encoding)
    for encoding in ("utf-8", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            pass
    return data.decode("latin-1")


def filled(cell):
    return bool(cell.strip(" \t\r\n\v\f\u00a0\u3000\ufeff"))


def is_western(path):
    return path.stem.endswith("-western")


def oracle(path):
    return oracle_of(path, lambda data: western(data) if is_western(path) else decoded(data))


def western(data):
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252")


def oracle_of(path, decode):
    try:
        text = decode(path.read_bytes())
        told = re.match(r"sep=([,;\t])(\r\n|\r|\n|$)", text, re.IGNORECASE)
        text = text[told.end():] if told else text
        tables = []  # by each separator that parts the header
        for separator in told[1] if told else ",;\t":
            try:
                rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
            except csv.Error:
                continue
            if len(next((row for row in rows if any(map(filled, row))), [])) > 1:
                tables.append([row for row in rows if any(map(filled, row))])
        if not tables:
            tables = [list(csv.reader(io.StringIO(text, newline=""), strict=True))]
        # Where several do, that one by which every row has as many cells as the header.
        rows = next((t for t in tables if len({len(row) for row in t}) == 1), tables[0])
        rows = [row for row in rows if any(map(filled, row))]
        used = max(len([1 for i, _ in enumerate(row) if any(map(filled, row[i:]))]) for row in rows)
        named = len([1 for i, _ in enumerate(rows[0]) if any(map(filled, rows[0][i:]))])
        if any(len(row) < named for row in rows):
            raise ValueError("a short row")
        return {"shape": [], "values": [],
                "text": "".join("\x1f".join((row + [""] * used)[:used]) + "\x1e" for row in rows)}
    except (csv.Error, ValueError) as error:
        return f"{type(error).__name__}: {error}"


def allowed(path, read, expected):
    """What a change left may be a sign or letter of Western Europe among ASCII, or a table that took up
    another's Chinese; but Chinese is never to be read as Western letters, nor these as Chinese."""
    has_chinese = CHINESE.search(path.read_bytes().decode("gb18030", "replace")) is not None
    if has_chinese != is_western(path):
        return None
    other = oracle_of(path, decoded if is_western(path) else western)
    return "the other encoding" if isinstance(other, dict) and other["text"] == read.get("text") else None
