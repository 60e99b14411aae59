"""What docs/your-survey.md says: the excerpts, configs and tables of its sections."""

import io
import re
from typing import Any

import pandas as pd
import yaml
from documents import text_of

PAGE = "docs/your-survey.md"


def section(heading: str) -> str:
    """Return the text below a heading, down to the next one."""
    below = text_of(PAGE).split(f"# {heading}\n")[1]
    return re.split(r"^##", below, maxsplit=1, flags=re.MULTILINE)[0]


def excerpts(heading: str) -> dict[str, str]:
    """Return the files of a section: each block of text stands below a line that begins with its name."""
    pattern = r"^`([\w./-]+)`[^\n]*:\n\n```text\n(.*?)^```$"
    found = dict(re.findall(pattern, section(heading), re.MULTILINE | re.DOTALL))
    assert len(found) == section(heading).count("```text")
    return found


def config(heading: str) -> dict[str, Any]:
    """Return the config of a section, which is complete."""
    (body,) = re.findall(r"^```yaml\n(.*?)^```$", section(heading), re.MULTILINE | re.DOTALL)
    return yaml.safe_load(body)


def tables(heading: str) -> list[list[list[str]]]:
    """Return the tables of a section, each as rows of cells, the header first."""
    found = re.findall(r"(?:^\|.*\|\n)+", section(heading), re.MULTILINE)
    rows = [[line for line in table.splitlines() if not re.fullmatch(r"[|\- ]+", line)] for table in found]
    return [[[cell.strip() for cell in line.strip("|").split("|")] for line in table] for table in rows]


def stated(heading: str) -> pd.DataFrame:
    """Return the table of what GeoHalo reads, numbers as numbers."""
    text = section(heading).split("GeoHalo reads")[1]
    header, *rows = next(table for table in tables(heading) if f"| {' | '.join(table[0])} |" in text)
    # As a table of text: numbers become numbers, empty cells are missing.
    text = "\n".join("\t".join(cells) for cells in [header, *rows])
    return pd.read_csv(io.StringIO(text), sep="\t")


def left_out(heading: str) -> list[tuple[str, list[str]]]:
    """Return the keys that a section leaves out, each with the parts of the message that it quotes."""
    (table,) = [table for table in tables(heading) if table[0][0] == "Without this key"]
    return [
        (re.findall(r"`([^`]+)`", key)[0], re.findall(r"`([^`]+)`", message)) for key, message in table[1:]
    ]
