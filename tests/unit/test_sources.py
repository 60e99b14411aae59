"""Which files a script is made of: what is read from the lines of imports against Python's own parser."""

import ast
from pathlib import Path

from geohalo.workflow import sources
from geohalo.workflow.sources import content_hash, imported_files, imported_names
from inventory import each

FILES = sorted(sources.SCRIPTS.rglob("*.py"))


def parsed(text: str) -> set[str]:
    """Return the dotted name of each module that a text may import, by Python's parser."""
    names = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


@each(FILES, lambda file: str(file.relative_to(sources.SCRIPTS)))
def test_imports_are_those_of_the_parser(file):
    text = file.read_text(encoding="utf-8")
    found = set(imported_names(text))
    # A sentence of a docstring may look like an import: it names no file.
    assert parsed(text) <= found
    for name in found - parsed(text):
        place = sources.SCRIPTS.joinpath(*name.split("."))
        assert not place.with_suffix(".py").exists()
        assert not place.exists()


def test_every_way_to_write_an_import():
    text = """import a, b.c as d  # e
from f import g
from h.i import (
    j,  # k, l
    m as n,
)
def o():
    from p import q, r
"""
    assert set(imported_names(text)) == parsed(text)
    assert parsed(text) == {"a", "b.c", "f", "f.g", "h.i", "h.i.j", "h.i.m", "p", "p.q", "p.r"}


def test_a_script_depends_on_all_that_it_imports_in_turn(tmp_path, monkeypatch):
    for name, text in (
        ("first", "from lower import second\n"),
        ("lower/__init__", ""),
        ("lower/second", "import lower.third\n"),
        ("lower/third", "import json\n"),
        ("lower/other", ""),
    ):
        file = tmp_path / f"{name}.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    monkeypatch.setattr(sources, "SCRIPTS", tmp_path)
    found = {str(file.relative_to(tmp_path)) for file in imported_files(tmp_path / "first.py")}
    assert found == {"first.py", "lower/__init__.py", "lower/second.py", "lower/third.py"}
    before = content_hash("first")
    Path(tmp_path / "lower" / "other.py").write_text("changed = 1\n")
    sources._content.cache_clear()
    assert content_hash("first") == before
    Path(tmp_path / "lower" / "third.py").write_text("import json\nchanged = 1\n")
    sources._content.cache_clear()
    assert content_hash("first") != before
