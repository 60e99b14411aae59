"""The library as an ordinary Python package: it installs, and is whole without the repository."""

import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "scripts" / "geohalo"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
REQUIREMENT = re.compile(r"^([\w.-]+)==([\w.]+)$", re.MULTILINE)


def run(*command: str | Path, folder: Path) -> str:
    result = subprocess.run(
        [str(word) for word in command], cwd=folder, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def python(tmp_path_factory) -> Path:
    """Return the Python of a fresh environment with geohalo in it; other packages are those of the tests."""
    folder = tmp_path_factory.mktemp("fresh")
    sources = folder / "sources"
    shutil.copytree(LIBRARY, sources / "scripts" / "geohalo", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, sources)
    # As in a repository, which has more beside the package.
    (sources / "scripts" / "train.py").write_text("raise ImportError('a rule script was imported')\n")
    venv.create(folder / "environment", with_pip=False)
    found = folder / "environment" / "bin" / "python"
    packages = Path(
        run(found, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", folder=folder).strip()
    )
    (packages / "packages_of_the_tests.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    options = ("--quiet", "--no-deps", "--no-index", "--no-build-isolation")
    run(sys.executable, "-m", "pip", "--python", found, "install", *options, sources, folder=folder)
    shutil.rmtree(sources)
    return found


def test_installed_package_is_whole(python, tmp_path):
    """From a folder that knows nothing of the repository."""
    code = (
        "import geohalo\n"
        "from geohalo.deposit_types import TABLE_PATH as types\n"
        "from geohalo.package_files import PACKAGE\n"
        "from geohalo.products.html_pages import TEMPLATES\n"
        "from geohalo.products.styles import COLOUR_FILE\n"
        "from geohalo.settings import schema\n"
        "from geohalo.survey.elements import TABLE_PATH as elements\n"
        "print(geohalo.__file__)\n"
        "assert 'survey' in schema()['properties']\n"
        "for file in (types, elements, COLOUR_FILE, TEMPLATES / 'report.html.j2'):\n"
        "    assert PACKAGE in file.parents and file.is_file(), file\n"
        "for file in sorted(PACKAGE.rglob('*')):\n"
        "    if file.is_file() and '__pycache__' not in file.parts: print(file.relative_to(PACKAGE).as_posix())\n"
    )
    place, *files = run(python, "-c", code, folder=tmp_path).splitlines()
    assert python.parents[1] in Path(place).parents
    here = {file.relative_to(LIBRARY).as_posix() for file in LIBRARY.rglob("*") if file.is_file()}
    assert set(files) == {name for name in here if "__pycache__" not in name}


def test_installed_package_brings_no_rule_scripts(python, tmp_path):
    code = "import importlib.util as u; print(u.find_spec('train') is None, u.find_spec('_job') is None)"
    assert run(python, "-c", code, folder=tmp_path).split() == ["True", "True"]


def test_version_is_that_of_the_project(python, tmp_path):
    code = "from importlib.metadata import version; print(version('geohalo'))"
    assert run(python, "-c", code, folder=tmp_path).strip() == PROJECT["version"]


def test_dependencies_are_the_direct_requirements():
    """The oldest versions that may be used are of the same minor release as the pinned ones."""
    text = (ROOT / "requirements.txt").read_text()
    direct, _ = text.split("# For tests, checks and benchmarks:")
    expected = {
        f"{name}>={'.'.join(version.split('.')[:2])}" for name, version in REQUIREMENT.findall(direct)
    }
    further = PROJECT["optional-dependencies"]["workflow"]
    assert {*PROJECT["dependencies"], *further} == expected
    assert len(PROJECT["dependencies"]) + len(further) == len(expected)
    assert [line for line in further if not line.startswith("snakemake")] == []
