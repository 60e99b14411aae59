"""Damage valid tables at random, cell by cell and byte by byte, and read each one as samples and deposits.

    python tests/robustness/fuzz_tables.py --number 300 --keep faults

Each table may be read or end with a message to the user; an error that no one expected and more than 10 s of the
processor are faults, which are told and kept. Ends with 1 if there are faults. It is no part of the tests.
"""

import argparse
import json
import os
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import pandas as pd  # noqa: E402
from geohalo.settings import check_settings  # noqa: E402
from geohalo.stages.clean_deposits import clean_deposits  # noqa: E402
from geohalo.stages.clean_samples import clean_samples  # noqa: E402
from outcomes import outcome  # noqa: E402
from small_surveys import emptied, write_surveys  # noqa: E402

#: Surveys of `small_surveys` that read tables, and the tables of each.
TABLES = {
    "table": ["samples.csv", "deposits.csv"],
    "mapped": ["samples.xlsx"],
    "long": ["long.csv"],
    "joined": ["places.csv", "assays.csv"],
    "controlled": ["controlled.csv", "certified.csv"],
}
#: Cells that are none of what stands in a table, or only nearly.
ODD = [
    *(
        "",
        " ",
        "nan",
        "NA",
        "N/A",
        "-",
        "--",
        "*",
        "null",
        "#N/A",
        "#DIV/0!",
        "TRUE",
        "x",
        "<",
        ">",
        "<<1",
        "< -1",
        "<0",
    ),
    *(
        "<1e400",
        "1e400",
        "-1e400",
        "1e-400",
        "0",
        "-0",
        "-1",
        "-9999",
        "-99",
        "99999999",
        "inf",
        "-inf",
        "1,5",
        "1.5.5",
    ),
    *(
        "1,234,567.8",
        "1 234",
        "1'234",
        "1 %",
        "12%",
        "0x1F",
        "1_000",
        "1e",
        "e5",
        "1d5",
        "½",
        "²",
        "٣",
        "१२",
        "１２",
        "−5",
    ),
    *(
        "2021-03-05",
        "5-Mar",
        "Mar-05",
        "10:20",
        "31/12/99",
        "1/2",
        "=1+1",
        "=cmd|' /C calc'!A0",
        "@SUM(A1)",
        "+1",
        "-a",
    ),
    *(
        "<b>",
        "</script>",
        "a\nb",
        "a\rb",
        "\x00",
        "\x1b[31m",
        "\u202e",
        "\ufeff",
        "\ud83d\udc80",
        "é",
        "名前",
        "µg/g",
        "'",
    ),
    *(
        '"',
        '""',
        "\\",
        "\t",
        ";",
        ",",
        "|",
        "C:\\a",
        "../..",
        "x" * 100_000,
        "9" * 5000,
        "<" * 2000,
        "1" * 400,
        "4.9E-324",
    ),
    *(
        "180",
        "-181",
        "90.0001",
        "1e9",
        "48,5",
        "48°30'N",
        "W 12",
        "500000",
        "0.0000001",
        "EPSG:4326",
        "S1",
        "STD",
    ),
]


def damaged_cells(cells: list[list[str]], chance: random.Random) -> list[list[str]]:
    """Change cells, rows and columns of a table of text."""
    cells = deepcopy(cells)
    for _ in range(chance.choice([1, 1, 2, 4])):
        row = chance.randrange(len(cells))
        what = chance.random()
        if not cells[row]:
            cells[row] = [chance.choice(ODD)]
        elif what < 0.3:
            cells[row][chance.randrange(len(cells[row]))] = chance.choice(ODD)
        elif what < 0.42:  # a column
            column, odd, share = chance.randrange(len(cells[0]) or 1), chance.choice(ODD), chance.random()
            for line in cells[chance.choice([0, 1]) :]:
                if column < len(line) and chance.random() < share:
                    line[column] = odd
        elif what < 0.5:  # the header
            place = chance.randrange(len(cells[0]) or 1)
            cells[0][place:place] = chance.choice([[chance.choice(ODD)], [chance.choice(cells[0] or [""])]])
        elif what < 0.58:
            del cells[row][chance.randrange(len(cells[row]))]
        elif what < 0.64:
            cells[row] += [chance.choice(ODD)] * chance.choice([1, 3, 300])
        elif what < 0.7:
            cells.insert(
                row,
                chance.choice([[], [""] * len(cells[0]), ["# note"], ["Sheet 1"], ["ppm"] * len(cells[0])]),
            )
        elif what < 0.76:
            cells[row:row] = [list(cells[row])] * chance.choice([1, 5, 200])
        elif what < 0.82:
            del cells[row:]
            cells = cells or [[]]
        elif what < 0.88:  # units, signs and blanks around all cells of a column
            column, around = (
                chance.randrange(len(cells[0]) or 1),
                chance.choice(["%s ", " %s", "%s ppm", "<%s", '"%s"', "-%s"]),
            )
            for line in cells[1:]:
                if column < len(line):
                    line[column] = around % line[column]
        elif what < 0.94:
            chance.shuffle(cells)
        else:
            cells = [list(column) for column in zip(*cells, strict=False)] or [[]]
    return cells


def as_text(cells: list[list[str]], chance: random.Random) -> bytes:
    """Write a table as text, in a way that laboratories and spreadsheets may choose."""
    mark = chance.choice([",", ",", ",", ";", "\t", "|"])
    end = chance.choice(["\n", "\n", "\r\n", "\r"])
    quoted = chance.choice([True, True, False])

    def written(cell: str) -> str:
        special = any(sign in cell for sign in (mark, '"', "\n", "\r"))
        return '"' + cell.replace('"', '""') + '"' if quoted and special else cell

    text = end.join(mark.join(map(written, line)) for line in cells)
    head = chance.choice(
        ["", "", "", "sep=;\n", f"sep={mark}\n", "# a\n# b\n", "\n\n", "Certificate 7\nClient,Ann\n"]
    )
    coding = chance.choice(
        ["utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1", "cp1252", "utf-32"]
    )
    content = (head + text + chance.choice(["", end, end * 3])).encode(coding, "replace")
    return damaged_bytes(content, chance) if chance.random() < 0.25 else content


def damaged_bytes(content: bytes, chance: random.Random) -> bytes:
    """Cut, flip, insert or repeat bytes."""
    data = bytearray(content)
    for _ in range(chance.choice([1, 1, 3, 20])):
        place = chance.randrange(len(data) + 1)
        what = chance.random()
        if what < 0.3 and data:
            data[min(place, len(data) - 1)] = chance.randrange(256)
        elif what < 0.5:
            data[place:place] = bytes(chance.choices(b"\x00\xff\xfe\"'\n\r,;<", k=chance.choice([1, 2, 100])))
        elif what < 0.7:
            del data[place : place + chance.choice([1, 10, 1000])]
        elif what < 0.85:
            data[place:place] = data[: chance.choice([1, 50, 5000])]
        else:
            del data[place:]
    return bytes(data)


def write_damaged(source: Path, target: Path, chance: random.Random) -> None:
    """Write a damaged copy of a table."""
    if source.suffix == ".xlsx":
        if chance.random() < 0.3:
            target.write_bytes(damaged_bytes(source.read_bytes(), chance))
            return
        frame = pd.read_excel(source, header=None, dtype=str, keep_default_na=False)
        cells = damaged_cells(frame.to_numpy().tolist(), chance)
        typed = [[_typed(cell, chance) for cell in line[:500]] for line in cells]
        try:
            with pd.ExcelWriter(target) as book:
                pd.DataFrame(typed).to_excel(
                    book, header=False, index=False, sheet_name=chance.choice(["Soil", "Soil", "A"])
                )
        except ValueError:  # what a workbook cannot hold
            target.write_bytes(source.read_bytes()[: chance.randrange(5000)])
        return
    cells = [line.split(",") for line in source.read_text(encoding="utf-8").splitlines()]
    target.write_bytes(as_text(damaged_cells(cells, chance), chance))


def _typed(cell: str, chance: random.Random) -> Any:
    """Return a cell of a workbook: mostly a number where it can be one, seldom a date or a truth value."""
    cell = "".join(sign for sign in cell if sign.isprintable())[:32_000]
    if chance.random() < 0.002:
        return chance.choice([True, pd.Timestamp("2021-03-05"), pd.Timedelta("1h"), None, 1e300])
    try:
        return float(cell) if chance.random() < 0.98 else cell
    except ValueError:
        return cell


def reading(config: dict[str, Any], folder: Path) -> Callable[[], str]:
    """Return the work of reading the tables of a config."""

    def read() -> str:
        os.chdir(folder)
        settings = check_settings(config)
        data, section, grid = Path(settings["data"]["folder"]), settings["samples"], settings["grid"]
        quality = section.get("quality", {})
        names = ("quality", "quality_reference", "quality_duplicates")
        control = {name: f"{name}.csv" for name in names} if quality else {}
        assays, certified = section.get("join", {}).get("file"), quality.get("certified")
        clean_samples(
            str(data / section["file"]),
            section,
            grid,
            "samples.parquet",
            "report.csv",
            "warnings.csv",
            assays and str(data / assays),
            certified and str(data / certified),
            str(data),
            **control,
        )
        arguments = (
            settings["deposits"],
            grid["max_distance"],
            settings["labels"],
            "deposits.parquet",
            "d.csv",
        )
        clean_deposits(str(data / settings["deposits"]["file"]), "samples.parquet", *arguments, str(data))
        return "done"

    return read


def main() -> None:
    """Read the damaged tables and tell the outcomes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--number", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, help="read this one alone, and tell its outcome")
    parser.add_argument(
        "--keep", type=Path, help="folder for the tables that end in a fault, and a list of all outcomes"
    )
    arguments = parser.parse_args()
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as scratch:
        data, work = Path(scratch, "data"), Path(scratch, "work")
        data.mkdir()
        surveys = json.loads(outcome(lambda: json.dumps(write_surveys(data))).text)
        for number in range(arguments.number) if arguments.only is None else [arguments.only]:
            chance = random.Random(f"{arguments.seed} {number}")
            config = deepcopy(surveys[chance.choice(sorted(TABLES))])
            name = chance.choice(TABLES[config["survey"]])
            emptied(work)
            here = work / "data"
            here.mkdir()
            for file in {*TABLES[config["survey"]], "deposits.csv"}:
                (here / file).write_bytes((data / file).read_bytes())
            outcome(
                lambda name=name, chance=chance, here=here: (
                    write_damaged(data / name, here / name, chance) or ""
                )
            )
            config["data"]["folder"] = str(here)
            found = outcome(reading(config, work))
            counts[found.kind] += 1
            if arguments.keep is not None:
                arguments.keep.mkdir(parents=True, exist_ok=True)
                with (arguments.keep / "tables.txt").open("a", encoding="utf-8") as file:
                    file.write(
                        f"{number}: {name}, {found.kind}, {found.seconds:.1f} s: {found.text[:400]!r}\n"
                    )
            if found.fault or arguments.only is not None:
                print(
                    f"--- {number}: {name}: {found.kind}, {found.seconds:.1f} s\n{found.text[-1800:]}",
                    flush=True,
                )
                if arguments.keep is not None:
                    (arguments.keep / f"{number}-{name}").write_bytes((here / name).read_bytes())
                    (arguments.keep / f"{number}.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    print(dict(counts))
    sys.exit(any(counts[kind] for kind in ("unknown", "late", "crash")))


if __name__ == "__main__":
    main()
