"""Checks of many things in one test, and Python files as they are parsed, each once."""

import ast
import functools
from collections.abc import Callable, Iterable
from pathlib import Path


def check_each(check: Callable, things: Iterable, name: Callable = str) -> None:
    """Call a check that asserts on everything; fails once, with the name and the fault of each that it fails for."""
    faults, listed = [], list(things)
    assert listed, "there is nothing to check"
    for thing in listed:
        try:
            check(thing)
        except AssertionError as fault:
            faults.append(f"{name(thing)}: {fault}")
        except Exception as error:
            error.add_note(f"in the check of {name(thing)}")
            raise
    if faults:
        raise AssertionError("\n\n".join([f"{len(faults)} of {len(listed)} fail", *faults]))


def each(things: Iterable, name: Callable = str) -> Callable[[Callable], Callable[[], None]]:
    """Make one test of a check that asserts on everything: ``@each(files, name)`` before ``def test_...(file)``."""
    listed = list(things)

    def made(check: Callable) -> Callable[[], None]:
        def test() -> None:
            check_each(check, listed, name)

        test.__name__, test.__qualname__, test.__doc__ = check.__name__, check.__qualname__, check.__doc__
        test.__module__ = check.__module__
        return test

    return made


@functools.cache
def tree(file: Path) -> ast.Module:
    """Return a file as it is parsed."""
    return ast.parse(file.read_text(encoding="utf-8"))


@functools.cache
def nodes(file: Path) -> tuple[ast.AST, ...]:
    """Return everything in a file, within functions too."""
    return tuple(ast.walk(tree(file)))


@functools.cache
def imports(file: Path) -> frozenset[str]:
    """Return the dotted names of the modules that a file imports, within functions too."""
    names = set()
    # What else is in the file is not kept: many more files are asked for their imports than for the rest.
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.module, f"{file}: import without a module in line {node.lineno}"
            assert node.level == 0, f"{file}: relative import in line {node.lineno}"
            # `from geohalo import cube` names a room as well.
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(names)
