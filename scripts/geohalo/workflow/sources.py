"""Which files a script is made of, so that an edit to one of them re-runs the rules that use it."""

import functools
import hashlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

SCRIPTS = Path(__file__).parents[2]
#: An import on lines of its own, as the formatter leaves it; to parse all files would take a second of every start.
IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]+(\([^)]*\)|[^\n]*)|import[ \t]+([^\n]*))", re.MULTILINE
)


def _listed(names: str) -> list[str]:
    """Return the names of a list of imports, without what they are called here and without remarks."""
    bare = re.sub(r"#[^\n]*", "", names).strip(" ()\n")
    return [name.split()[0] for name in bare.split(",") if name.strip()]


def imported_names(text: str) -> Iterator[str]:
    """Yield the dotted name of each module that the text of a Python file may import."""
    for module, names, alone in IMPORT.findall(text):
        if module:
            yield module
            yield from (f"{module}.{name}" for name in _listed(names))
        else:
            yield from _listed(alone)


@functools.cache
def _modules(folder: Path) -> dict[str, Path]:
    """Return the Python files below a folder by their dotted names: one look instead of one for each import."""
    files = {file.relative_to(folder).with_suffix("").parts: file for file in folder.rglob("*.py")}
    return {".".join(parts[:-1] if parts[-1] == "__init__" else parts): file for parts, file in files.items()}


@functools.cache
def _content(file: Path) -> bytes:
    """Return the content of a file that many rules use."""
    return file.read_bytes()


@functools.cache
def imported_files(file: Path) -> frozenset[Path]:
    """Return the files below scripts/ that a Python file imports, itself included."""
    found = {file}
    for name in imported_names(_content(file).decode()):
        target = _modules(SCRIPTS).get(name)
        if target and target not in found:
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
        digest.update(_content(one))
    return digest.hexdigest()[:12]
