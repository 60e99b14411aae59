"""The documentation site: built from the pages of the repository and the docstrings, without a warning."""

import importlib.util
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from urllib.parse import unquote

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
PINNED = re.compile(r"([\w.-]+)==([\w.]+)")
TOOLS = ["sphinx", "myst_parser", "numpydoc", "furo"]
installed = pytest.mark.skipif(
    not all(importlib.util.find_spec(name) for name in TOOLS), reason="make env-docs installs what this needs"
)


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(file: str) -> dict[str, str]:
    return {normal(name): version for name, version in PINNED.findall((ROOT / file).read_text())}


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """Build the site, and return its folder."""
    folder = tmp_path_factory.mktemp("site")
    result = subprocess.run(
        [sys.executable, ROOT / "docs" / "site" / "build.py", folder / "site"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout
    assert "WARNING" not in result.stdout
    return folder / "site" / "html"


@installed
@pytest.mark.slow
def test_every_module_and_every_page_of_the_docs_is_in_the_site(site):
    library = ROOT / "scripts" / "geohalo"
    names = {
        ".".join(("geohalo", *file.relative_to(library).with_suffix("").parts)).removesuffix(".__init__")
        for file in library.rglob("*.py")
    }
    assert len(names) > 100
    assert [name for name in sorted(names) if not (site / "api" / f"{name}.html").exists()] == []
    schema = (site / "api" / "geohalo.settings.html").read_text()
    assert 'id="geohalo.settings.check_settings"' in schema
    pages = [*ROOT.glob("docs/**/*.md"), ROOT / "README.md", ROOT / "config" / "README.md"]
    assert [page for page in pages if not (site / page.relative_to(ROOT).with_suffix(".html")).exists()] == []


@installed
@pytest.mark.slow
def test_no_link_of_the_site_leads_nowhere(site):
    lost = set()
    for page in site.rglob("*.html"):
        for target in re.findall(r"(?:href|src)=\"([^\"]+)\"", page.read_text()):
            file = unquote(target.split("#")[0].split("?")[0])
            if file and not re.match(r"\w+:|//", file) and not (page.parent / file).exists():
                lost.add((page.relative_to(site).as_posix(), target))
    assert lost == set()


def test_what_only_the_site_needs_is_pinned_apart():
    lines = (ROOT / "requirements-docs.txt").read_text().splitlines()
    lines = [line for line in lines if line and not line.startswith("#")]
    assert lines[0] == "--requirement requirements.txt"
    assert [line for line in lines[1:] if not PINNED.fullmatch(line)] == []
    assert set(pins("requirements-docs.txt")) & set(pins("requirements.txt")) == set()


@installed
def test_what_the_site_is_built_with_is_what_is_pinned():
    pinned = pins("requirements-docs.txt")
    assert {name: metadata.version(name) for name in pinned} == pinned
    needed = set()
    for name in pinned:
        needs = [Requirement(line) for line in metadata.requires(name) or []]
        needed |= {
            normal(one.name) for one in needs if one.marker is None or one.marker.evaluate({"extra": ""})
        }
    assert needed <= set(pinned) | set(pins("requirements.txt"))
