"""Build the documentation site: the pages of the repository and a reference made from the docstrings.

Usage: python docs/site/build.py [folder]. The start page is then <folder>/html/README.html; default: site/.
"""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: Pages at the top of the site, in their order, with what the navigation calls the group.
GROUPS = {
    "Guides": ["docs/tutorial.md", "docs/install.md", "docs/your-survey.md", "config/README.md", "docs/*.md"],
    "Method": ["docs/*/*.md"],
    "Project": ["CONTRIBUTING.md", "ARCHITECTURE.md", "CHANGELOG.md", "findings/README.md"],
    "Other pages": ["resources/deposits/README.md", "results/README.md"],
}
LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)#\s:]+)(#[^)\s]*)?\)")
PICTURE = re.compile(r"!\[[^\]]*\]\(([^)#\s:]+)\)|<img [^>]*src=\"([^\":]+)\"")


def pages() -> dict[str, list[str]]:
    """Return the pages of each group by their paths in the repository, each page once."""
    taken: set[str] = set()
    found: dict[str, list[str]] = {}
    for group, patterns in GROUPS.items():
        names = [
            file.relative_to(ROOT).as_posix() for pattern in patterns for file in sorted(ROOT.glob(pattern))
        ]
        found[group] = [name for name in dict.fromkeys(names) if name not in taken]
        taken |= set(names)
    return found


def with_files(page: str, source: Path) -> str:
    """Return the text of a page, and copy the files that it links to beside it; a folder is its README or no link."""

    def copied(target: str) -> Path | None:
        file = (ROOT / page).parent.joinpath(target).resolve()
        if not file.is_relative_to(ROOT) or not file.exists():
            return None
        place = source / file.relative_to(ROOT)
        if file.is_file() and file.suffix != ".md":
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, place)
        return file

    def link(match: re.Match[str]) -> str:
        text, target, anchor = match.groups()
        file = copied(target)
        if file is not None and file.is_dir():
            readme = file / "README.md"
            return f"[{text}]({target.rstrip('/')}/README.md{anchor or ''})" if readme.exists() else text
        return match[0]

    text = (ROOT / page).read_text(encoding="utf-8")
    for match in PICTURE.finditer(text):
        copied(match[1] or match[2])
    return LINK.sub(link, text)


def lay_out(source: Path) -> None:
    """Copy the pages, and what they link to, as they lie in the repository; the start page gets the navigation."""
    groups = pages()
    for page in ["README.md", *(name for names in groups.values() for name in names)]:
        place = source / page
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(with_files(page, source), encoding="utf-8")
    groups["Reference"] = ["api/index.rst"]
    navigation = "".join(
        f"\n```{{toctree}}\n:caption: {group}\n:hidden:\n:maxdepth: 2\n\n"
        + "".join(f"{name.rsplit('.', 1)[0]}\n" for name in names)
        + "```\n"
        for group, names in groups.items()
        if names
    )
    with (source / "README.md").open("a", encoding="utf-8") as start:
        start.write(navigation)


def modules() -> dict[str, str]:
    """Return the first line of the docstring of every module of the library, by its dotted name."""
    library, found = ROOT / "scripts" / "geohalo", {}
    for file in sorted(library.rglob("*.py")):
        parts = file.relative_to(library.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
        found[name] = text.split("\n\n")[0].replace("\n", " ")
    return dict(sorted(found.items()))


def lay_out_reference(folder: Path) -> None:
    """Write a page for each module, and one that lists them by package.

    The navigation has the list alone: with all modules, every page would carry hundreds of entries.
    """
    folder.mkdir(parents=True)
    found = modules()
    packages = [name for name in found if any(other.startswith(f"{name}.") for other in found)]
    title = "Reference of the library"
    lines = [title, "=" * len(title), "", "Every module of ``geohalo``, from its docstrings.", ""]
    for package in packages:
        own = [name for name in found if name == package or name.rpartition(".")[0] == package]
        lines += [package, "-" * len(package), "", ".. list-table::", "   :widths: 30 70", ""]
        for name in own:
            if name in packages and name != package:
                continue
            lines += [f"   * - :doc:`{name} <{name}>`", f"     - {found[name]}"]
        lines += [""]
    (folder / "index.rst").write_text("\n".join(lines), encoding="utf-8")
    for name in found:
        page = [":orphan:", "", name, "=" * len(name), "", f".. automodule:: {name}", "   :members:"]
        (folder / f"{name}.rst").write_text("\n".join([*page, "   :show-inheritance:", ""]), encoding="utf-8")


def main(folder: Path) -> int:
    """Lay the pages out and run Sphinx, for which a warning is an error."""
    source = folder / "source"
    shutil.rmtree(folder, ignore_errors=True)
    lay_out(source)
    lay_out_reference(source / "api")
    options = ["--builder", "html", "--fail-on-warning", "--keep-going", "--quiet"]
    command = [sys.executable, "-m", "sphinx", *options, "--conf-dir", str(Path(__file__).parent)]
    status = subprocess.run([*command, str(source), str(folder / "html")], check=False).returncode
    if status == 0:
        print(f"The site is built: {folder / 'html' / 'README.html'}")
    return status


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "site").resolve()))
