"""Every file that the workflow leaves is written beside its place and renamed: no script writes one directly."""

import ast
import errno
from collections.abc import Iterator
from pathlib import Path

import pytest
from geohalo.errors import InputError
from geohalo.stages import fetch_survey
from inventory import each, nodes

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
#: Methods that write a file, and where its path stands: on the left of the dot, or the first argument.
WRITERS = {
    "write_text": "left",
    "write_bytes": "left",
    "to_csv": "first",
    "to_parquet": "first",
    "to_netcdf": "first",
    "to_file": "first",
    "to_excel": "first",
    "savefig": "first",
    "save": "second",
    "savez": "first",
    "savez_compressed": "first",
    "dump": "second",
    "write_dataframe": "second",
    "copyfile": "second",
    "copy": "second",
}
#: Functions that get a path from one that calls `atomic_write`, and files that are no results.
ALLOWED = {
    ("geohalo/files/cells.py", "_to_netcdf"),  # of write_netcdf and netcdf_by_rows
    ("geohalo/key_table.py", "<module>"),  # a part of the documentation, by a developer
    ("geohalo/products/styles.py", "figure_png"),  # into memory
}


def path_of(call: ast.Call) -> ast.expr | None:
    """Return what a call writes to; None if it writes nothing."""
    if isinstance(call.func, ast.Name) and call.func.id == "open":
        modes = [
            one.value
            for one in [*call.args[1:], *(k.value for k in call.keywords)]
            if isinstance(one, ast.Constant)
        ]
        return (
            call.args[0] if any(isinstance(mode, str) and set("wax+") & set(mode) for mode in modes) else None
        )
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in WRITERS:
        return None
    place = WRITERS[call.func.attr]
    if place == "left":
        return call.func.value
    return call.args[place == "second"] if len(call.args) > (place == "second") else None


def direct_writes(file: Path) -> Iterator[tuple[str, int]]:
    """Yield function and line of what writes past the path that `atomic_write` gives, or a file opened there."""
    functions = [node for node in nodes(file) if isinstance(node, ast.FunctionDef)]
    inside = {node: function.name for function in functions for node in ast.walk(function)}
    beside = set()
    for node in nodes(file):
        if isinstance(node, ast.With):
            for item in node.items:
                called = item.context_expr
                named = isinstance(called, ast.Call) and isinstance(called.func, ast.Name)
                if named and called.func.id in ("atomic_write", "open") and item.optional_vars:
                    beside.add(ast.unparse(item.optional_vars))
    for node in nodes(file):
        if isinstance(node, ast.Call) and (path := path_of(node)) is not None:
            names = {one.id for one in ast.walk(path) if isinstance(one, ast.Name)}
            if not names & beside:
                yield inside.get(node, "<module>"), node.lineno


@each(sorted(SCRIPTS.rglob("*.py")), lambda file: str(file.relative_to(SCRIPTS)))
def test_no_script_writes_a_file_directly(file):
    name = file.relative_to(SCRIPTS).as_posix()
    if name in ("geohalo/atomic_files.py", "geohalo/workflow/job.py"):  # `atomic_write` itself, and the log
        return
    assert [place for place in direct_writes(file) if (name, place[0]) not in ALLOWED] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("def f(p):\n    p.write_text('a')", [("f", 2)]),
        ("def f(p):\n    with atomic_write(p) as beside:\n        beside.write_text('a')", []),
        ("def f(p, t):\n    with atomic_write(p) as beside:\n        t.to_csv(p)", [("f", 3)]),
        ("open('a', 'w')", [("<module>", 1)]),
        ("open('a', mode='r')\nopen('b')", []),
        (
            "def f(p):\n    with atomic_write(p) as b, open(b, 'wb') as s:\n        np.savez(s, 1)\n"
            "        torch.save(1, b)",
            [],
        ),
    ],
)
def test_what_is_a_direct_write(tmp_path, text, found):
    (tmp_path / "a.py").write_text(text)
    assert list(direct_writes(tmp_path / "a.py")) == found


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_download_for_which_there_is_no_room_is_told_as_such(tmp_path, monkeypatch, number):
    def retrieve(*words, **keys):
        raise OSError(number, "no room")

    monkeypatch.setattr(fetch_survey.pooch, "retrieve", retrieve)
    with pytest.raises(OSError, match="no room") as stopped:
        fetch_survey.fetch_survey("https://example.org/a.csv", "0" * 64, str(tmp_path / "a.csv"))
    assert stopped.value.errno == number
    assert stopped.value.filename == str(tmp_path / "a.csv")


def test_a_download_that_fails_otherwise_says_what_to_do(tmp_path, monkeypatch):
    def retrieve(*words, **keys):
        raise ConnectionError("no route")

    monkeypatch.setattr(fetch_survey.pooch, "retrieve", retrieve)
    with pytest.raises(InputError, match=r"cannot be downloaded \(ConnectionError\)"):
        fetch_survey.fetch_survey("https://example.org/a.csv", "0" * 64, str(tmp_path / "a.csv"))
