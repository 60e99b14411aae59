"""The pages of the documentation, and what the workflow is known to write, for tests that compare them."""

import re
from pathlib import Path

from geohalo.files.paths import ACROSS, BENCH, FILES
from geohalo.product_table import FACTS, MAPS, figures_for

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    *ROOT.glob("*.md"),
    ROOT / "config" / "README.md",
    ROOT / "results" / "README.md",
    ROOT / "findings" / "README.md",
    *ROOT.glob("docs/**/*.md"),
]
NAMES = sorted(str(page.relative_to(ROOT)) for page in PAGES)
#: The pages on how things are computed, one for each stage, below their overview.
METHOD = ["docs/method.md", *(name for name in NAMES if name.startswith("docs/method/"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def text_of(name: str) -> str:
    """Return the text of a file of the repository."""
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(name: str, language: str) -> list[str]:
    """Return the fenced blocks of one language."""
    return [body for kind, body in FENCE.findall(text_of(name)) if kind == language]


def inline_code(name: str) -> list[str]:
    """Return what stands between single backticks, outside fenced blocks."""
    return re.findall(r"`([^`\n]+)`", FENCE.sub("", text_of(name)))


def prose(name: str) -> list[str]:
    """Return the lines of a page that are neither in a fenced block nor in a table."""
    return [line for line in FENCE.sub("", text_of(name)).splitlines() if not re.match(r"\s*\||    \S", line)]


def figure_names() -> list[str]:
    """Return the figures that ``snakemake`` makes in any kind of survey, without a command of their own."""
    return figures_for(set(FACTS) - {"command"})


def output_files() -> list[str]:
    """Return the paths below a survey's results of all files that the workflow may make."""
    files = dict(FILES)
    several = {"map": [one.name for one in MAPS], "figure": figure_names()}
    for kind, names in several.items():
        pattern = files.pop(kind)
        files |= {f"{kind} {name}": pattern.replace("{" + kind + "}", name) for name in names}
    return [*files.values(), *ACROSS.values(), *BENCH.values()]
