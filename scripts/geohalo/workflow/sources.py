"""Which files a script is made of, so that an edit to one of them re-runs the rules that use it."""

import ast
import functools
import hashlib
from collections.abc import Iterable
from pathlib import Path

SCRIPTS = Path(__file__).parents[2]


@functools.cache
def imported_files(file: Path) -> frozenset[Path]:
    """Return the files below scripts/ that a Python file imports, itself included."""
    found = {file}
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            place = SCRIPTS.joinpath(*name.split("."))
            for target in (place.with_suffix(".py"), place / "__init__.py"):
                if target.exists() and target not in found:
                    found |= imported_files(target)
    return frozenset(found)


def files_hash(files: Iterable[str]) -> str:
    """Return 12 hexadecimal digits for the content of files, in their order."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(hashlib.sha256(Path(file).read_bytes()).digest())
    return digest.hexdigest()[:12]


def content_hash(script: str, further: Iterable[Path] = ()) -> str:
    """Return 12 hexadecimal digits for what a script imports and for further files that it reads.

    The script itself is left out: Snakemake looks at it.
    """
    file, digest = SCRIPTS / f"{script}.py", hashlib.sha256()
    for one in [*sorted(imported_files(file) - {file}), *further]:
        digest.update(one.read_bytes())
    return digest.hexdigest()[:12]
