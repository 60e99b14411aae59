"""Tutorial and troubleshooting quote what the workflow says: messages, commands, files and jobs."""

import ast
import functools
import importlib.util
import re
import shlex
import subprocess
from pathlib import Path

import numpy as np
import pytest
import yaml
from documents import METHOD, NAMES, ROOT, blocks, figure_names, output_files, text_of
from geohalo.product_table import maps_for

GUIDES = ["docs/tutorial.md", "docs/troubleshooting.md"]
#: Options of Snakemake that are followed by one value, and by several.
ONE = {
    "--cores",
    "--profile",
    "--directory",
    "--snakefile",
    "--rerun-triggers",
    "--report",
    "--sdm",
    "--until",
}
ONE |= {"--software-deployment-method", "--slurm-status-command", "--max-threads", "--jobs", "--latency-wait"}
SEVERAL = {
    "--quiet",
    "--configfile",
    "--config",
    "--groups",
    "--group-components",
    "--set-resources",
    "--resources",
}
#: Words of pip, Debian and the shell.
OTHERS = [
    "Could not find a version that satisfies the requirement",
    "ensurepip is not available",
    "snakemake: command not found",
    "No such file or directory: 'ablation'",
]


def rules() -> set[str]:
    files = [ROOT / "Snakefile", *ROOT.glob("rules/*.smk")]
    return set(re.findall(r"^\s*rule (\w+):", "".join(map(Path.read_text, files)), re.MULTILINE))


def literals(source: str) -> list[str]:
    """Return every text of a module, as a pattern in which values may be anything."""
    found = []
    tree = ast.parse(source)
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if id(node) in inside:
            continue
        parts = node.values if isinstance(node, ast.JoinedStr) else [node]
        if not all(isinstance(part, (ast.Constant, ast.FormattedValue)) for part in parts):
            continue
        text = "".join(str(part.value) if isinstance(part, ast.Constant) else "\0" for part in parts)
        found += text.split("\n")
    return found


@functools.cache
def spoken() -> list[str]:
    """Return lines that GeoHalo and Snakemake may write, ``\\0`` for each value in them."""
    snakemake = Path(importlib.util.find_spec("snakemake").origin).parent
    files = [*(ROOT / "scripts").rglob("*.py"), *snakemake.glob("*.py"), *snakemake.glob("*/__init__.py")]
    lines = [line for file in files for line in literals(file.read_text(encoding="utf-8"))]
    lines += [
        name
        for file in snakemake.glob("*.py")
        for name in re.findall(r"^class (\w+)", file.read_text(), re.M)
    ]
    told = "".join(
        file.read_text(encoding="utf-8") for file in [*ROOT.glob("rules/*.smk"), ROOT / "Makefile"]
    )
    return [line for line in [*lines, *re.findall(r'"([^"\n]*)"', told)] if len(line.replace("\0", "")) > 6]


def is_spoken(line: str) -> bool:
    """Tell whether a line is a text of the code with its values put in, or is mostly made of such texts."""
    stage = re.match(r"\[[\w-]+, (\w+)\] ", line)
    if stage and stage[1] in rules():
        line = line[stage.end() :]
    covered = np.zeros(len(line), dtype=bool)
    for told in spoken():
        parts = told.split("\0")
        if len(told) - len(parts) + 1 > 0.4 * len(line) and re.search(".*".join(map(re.escape, parts)), line):
            return True
        if stage and len(parts[0]) > 6 and line.startswith(parts[0]):
            return True
        for part in parts:
            if len(part) >= 10 and " " in part and (start := line.find(part)) >= 0:
                covered[start : start + len(part)] = True
    return bool(covered.mean() > 0.6)


def first_cells(page: str, heading: str) -> list[str]:
    """Return what stands in code in the first column of the table below a heading."""
    section = text_of(page).split(f"\n## {heading}\n")[1].split("\n## ")[0]
    cells = re.findall(r"^\| (.+?) \| .+ \| .+ \|$", section, re.MULTILINE)
    return [code for cell in cells for code in re.findall(r"`([^`]+)`", cell)]


def test_patterns_tell_messages_from_inventions():
    assert is_spoken("LockException:")
    assert is_spoken("[demo, rank_targets] 15 targets on 632 km2 of new ground, 3 on known halos, which")
    assert not is_spoken("GeoHalo is tired and would like to rest for a while")
    assert not is_spoken("samples.csv: there is no column of that sort, sorry")


@pytest.mark.parametrize("page", GUIDES)
def test_terminal_lines_are_those_of_the_program(page):
    job = re.compile(rf" *(?:{'|'.join(rules())})(?: +\d+)?")
    known = re.compile(r"job +count|-+ +-+|total +\d+|\.\.\.|Job stats:")
    lines = [line for block in blocks(page, "text") for line in block.splitlines()]
    assert len(lines) > 8
    unknown = [
        line for line in lines if not (job.fullmatch(line) or known.fullmatch(line) or is_spoken(line))
    ]
    assert unknown == []


@pytest.mark.parametrize("heading", ["Installing", "Starting", "Memory"])
def test_messages_in_the_tables_exist(heading):
    told = "\n".join(line.replace("\0", "...") for line in spoken()) + text_of("Makefile")
    # The message of a killed job is Python's own.
    told += str(subprocess.CalledProcessError(-9, "a command"))
    cells = [code for code in first_cells("docs/troubleshooting.md", heading) if code not in OTHERS]
    assert len(cells) >= 1
    fragments = [part.strip() for cell in cells for part in cell.split("...")]
    # This one is worded by jsonschema, which test_docs.py asks.
    fragments.remove("is not of type 'number'") if heading == "Starting" else None
    assert [part for part in fragments if part not in told] == []


def test_every_warning_of_the_verdict_is_explained():
    files = ("verdict", "map_basis")
    source = "".join((ROOT / f"scripts/geohalo/evidence/{name}.py").read_text("utf-8") for name in files)
    bold = set(re.findall(r"\*\*(?:\{[^}]*\} )?([A-Z]?[a-z][^*{]+)\*\*", source)) - {"Warnings"}
    told = text_of("docs/troubleshooting.md").split("## The warnings of verdict.md")[1]
    cells = re.findall(r"^\| (.+?) \| .+ \| .+ \|$", told, re.MULTILINE)[1:]
    first = {cell.split(" ... ")[0] for cell in cells}
    assert len(bold) == 9
    assert first == bold
    rest = [part for cell in cells for part in cell.split(" ... ")[1:]]
    several = ("**The survey is too small to tell methods apart**", "**No basis for a map**")
    assert len(rest) == sum(source.count(one) for one in several)
    assert [part for part in rest if part not in source] == []


def test_message_of_the_report_without_javascript_is_quoted():
    page = " ".join(text_of("docs/troubleshooting.md").split())
    (told,) = re.findall(r"\*(The interactive map [^*]+)\*", page)
    assert told.split(", which")[0] in text_of("scripts/geohalo/resources/report/report.html.j2")


def commands(name: str) -> list[list[str]]:
    """Return the words after ``snakemake`` of each command of a page."""
    lines = "\n".join(blocks(name, "sh")).replace("\\\n", " ").splitlines()
    lines += re.findall(r"`(snakemake [^`\n]+)`", text_of(name))
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("snakemake ")]


def targets(words: list[str]) -> list[str]:
    """Return the targets of a command: words that are no option and belong to none."""
    found, taken = [], None
    for word in words:
        if word.startswith("-"):
            taken = word
        elif taken in SEVERAL:
            continue
        elif taken in ONE:
            taken = None
        else:
            found.append(word)
    return found


def test_targets_of_a_command_are_told_from_values():
    words = shlex.split("--cores all sweep --configfile a.yaml b.yaml -n")
    assert targets(words) == ["sweep"]
    assert targets(shlex.split("--cores all --rerun-triggers mtime")) == []


@pytest.mark.parametrize("name", NAMES)
def test_targets_of_commands_exist(name):
    wanted = {target for words in commands(name) for target in targets(words)}
    assert wanted - rules() - {"<outfile>"} == set()


def test_files_that_the_guides_name_exist():
    known = {file.split("{")[0] for file in output_files()} | {
        f"figures/{name}.png" for name in figure_names()
    }
    known |= {f"figures/{name}.png" for name in ("samples", "truth", "attribution", "fingerprints")}
    known |= {Path(file).name for file in known} | {f"maps/{name}.tif" for name in maps_for(classes=False)}
    for page in GUIDES:
        named = re.findall(
            r"`(?:results/demo/)?((?:figures|maps|simulated|folds)/[\w./]+\w|\w+\.csv)`", text_of(page)
        )
        assert len(named) > 1
        assert set(named) - known - {"samples.csv", "deposits.csv"} == set()


def test_readme_lists_every_page_once():
    section = text_of("README.md").split("## More\n")[1].split("\n## ")[0]
    listed = re.findall(r"\]\(((?:docs|config)/[\w-]+\.md)\)", section)
    assert listed[0] == "docs/tutorial.md"
    pages = [name for name in NAMES if name.startswith(("docs/", "config/"))]
    assert sorted(listed) == sorted(set(pages) - set(METHOD[1:]))


def test_citation_is_valid():
    """The required keys of the Citation File Format 1.2.0, and values as its schema wants them."""
    cited = yaml.safe_load(text_of("CITATION.cff"))
    keys = {"cff-version", "message", "title", "type", "authors", "license", "version", "references"}
    keys |= {"abstract", "date-released", "keywords"}
    assert set(cited) == keys
    assert cited["cff-version"] == "1.2.0"
    assert cited["type"] == "software"
    assert f'version = "{cited["version"]}"' in text_of("pyproject.toml")
    assert cited["license"] in text_of("LICENSE").splitlines()[0]
    (paper,) = cited["references"]
    assert {"type", "title", "authors"} <= set(paper)
    assert (paper["type"], paper["year"]) == ("article", 2024)
    assert [one["family-names"] for one in paper["authors"]] == ["Xu", "Zuo"]
    assert re.fullmatch(r"10\.\d{4,9}/\S+", paper["doi"])
    assert paper["doi"] in text_of("README.md")
    assert all(set(author) == {"name"} for author in cited["authors"])
    assert all(set(author) == {"family-names", "given-names"} for author in paper["authors"])
    released = f"## {cited['version']} ({cited['date-released'].isoformat()})"
    assert next(line for line in text_of("CHANGELOG.md").splitlines() if line.startswith("## 0")) == released


def test_the_terms_of_the_report_are_those_of_the_glossary():
    """The page needs no network, so that it holds the terms that it uses; the glossary explains them."""
    glossary = re.findall(
        r"^### (.+?)\n\n(.+?)(?=\n\n#|\Z)", text_of("docs/glossary.md"), re.MULTILINE | re.DOTALL
    )
    known = {name: " ".join(text.split()) for name, text in glossary}
    terms = text_of("scripts/geohalo/resources/report/terms.md").strip().split("\n\n")
    for term in terms:
        name, text = re.fullmatch(r"\*\*(.+?)\.\*\* (.+)", " ".join(term.split())).groups()
        assert known[name].startswith(text), name
        assert re.fullmatch(r" \[.+\]\(.+\)", known[name].removeprefix(text)), name
    assert len(terms) > 20
