"""The conda environments, the pinned requirements and the rules agree with what the scripts import."""

import functools
import re
import sys
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

import yaml
from inventory import each, imports
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "scripts"
ENVIRONMENTS = sorted((ROOT / "envs").glob("*.yaml"))
#: Names of a package on conda-forge that differ from its name on PyPI.
ON_PYPI = {
    "geopandas-base": "geopandas",
    "matplotlib-base": "matplotlib",
    "pytorch": "torch",
    "pytorch-geometric": "torch-geometric",
}
#: Names of a module that differ from the name of its package on PyPI.
PACKAGE_OF = {
    "yaml": "pyyaml",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "mpl_toolkits": "matplotlib",
    "PIL": "pillow",
    "markdown_it": "markdown-it-py",
}
#: Packages that another one calls without an import here.
CALLED = {
    r"\.to_netcdf\(|\.(open|load)_dataset\(": "netcdf4",
    r"read_parquet\(|\.to_parquet\(": "pyarrow",
    r"engine=\"openpyxl\"": "openpyxl",
}
REQUIREMENT = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)==([0-9][A-Za-z0-9.]*)")


def normal(name: str) -> str:
    """Spell the name of a package as PyPI compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def requirement_lines(file: str = "requirements.txt") -> list[str]:
    lines = (line.split("#")[0].strip() for line in (ROOT / file).read_text().splitlines())
    return [line for line in lines if line]


@functools.cache
def required(file: str = "requirements.txt") -> dict[str, str]:
    found = [REQUIREMENT.fullmatch(line) for line in requirement_lines(file)]
    return {normal(match[1]): match[2] for match in found if match}


def chosen() -> set[str]:
    """Return the requirements that the project itself asks for: those above what they pull in."""
    own, _ = (ROOT / "requirements.txt").read_text().split("# What these pull in:")
    return {normal(match[1]) for match in REQUIREMENT.finditer(own)}


@functools.cache
def pulled_in(name: str) -> set[str]:
    """Return the packages that an installed one needs on this machine, without its extras."""
    needs = [Requirement(line) for line in metadata.requires(name) or []]
    return {normal(one.name) for one in needs if one.marker is None or one.marker.evaluate({"extra": ""})}


def dependencies(file: Path) -> list[str]:
    return yaml.safe_load(file.read_text())["dependencies"]


def in_environment(file: Path) -> dict[str, str]:
    """Read the packages of a conda environment, PyPI name -> version."""
    pins = (text.split("=") for text in dependencies(file))
    return {ON_PYPI.get(normal(name), normal(name)): version for name, version in pins}


#: Rules that run a script where Snakemake runs: somebody waits for what they say.
LOCAL_SCRIPTS = {"check", "check_survey"}


def targets() -> set[str]:
    """Return the rules that only ask for files: they are listed as local at the top of a file."""
    files = [ROOT / "Snakefile", *(ROOT / "rules").glob("*.smk")]
    listed = [re.findall(r"^localrules:\n((?: +\w+,\n)+)", file.read_text(), re.MULTILINE) for file in files]
    found = {name for lists in listed for names in lists for name in re.findall(r"\w+", names)}
    assert "all" in found
    return found


@functools.cache
def rules() -> dict[str, str]:
    """Return the text of every rule that runs something, by its name."""
    found = {}
    for file in sorted((ROOT / "rules").glob("*.smk")):
        for part in re.split(r"^ *(?=rule\b)", file.read_text(), flags=re.MULTILINE)[1:]:
            name = re.match(r"rule (\w+):", part)
            assert name, f"{file.name}: a rule without a name"
            if name[1] in targets() - LOCAL_SCRIPTS:
                assert "script:" not in part, f"{file.name}: {name[1]} is local but runs a script"
                continue
            found[name[1]] = part
    return found


@functools.cache
def reached(file: Path) -> frozenset[Path]:
    """Return the files below scripts/ that a script imports, directly or not, itself included."""
    found = {file}
    for name in imports(file):
        target = SCRIPTS / name.replace(".", "/")
        for candidate in (target.with_suffix(".py"), target / "__init__.py"):
            if candidate.exists() and candidate not in found:
                found |= reached(candidate)
    return frozenset(found)


def packages_of(names: Iterable[str], folders: Iterable[Path] = (SCRIPTS,)) -> set[str]:
    """Return the third-party packages, by their names on PyPI, of dotted names; what is in folders is our own."""
    modules = {name.split(".")[0] for name in names} - {"geohalo"} - sys.stdlib_module_names
    own = {one for one in modules if any((folder / f"{one}.py").exists() for folder in folders)}
    return {PACKAGE_OF.get(module, normal(module)) for module in modules - own}


@functools.cache
def used_by(file: Path) -> set[str]:
    """Return the third-party packages, by their names on PyPI, that a file itself needs."""
    text = file.read_text(encoding="utf-8")
    called = {package for pattern, package in CALLED.items() if re.search(pattern, text)}
    return packages_of(imports(file)) | called


def packages(script: Path) -> set[str]:
    """Return the third-party packages, by their names on PyPI, that a script needs."""
    return set().union(*(used_by(file) for file in reached(script)))


def script_of(rule: str) -> Path:
    found = re.search(r"script:\s*\"\.\./scripts/(\w+\.py)\"", rules()[rule])
    assert found, f"rule {rule} has no script"
    return SCRIPTS / found[1]


def environment_of(rule: str) -> Path:
    found = re.search(r"conda:\s*\"\.\./envs/(\w+\.yaml)\"", rules()[rule])
    assert found, f"rule {rule} has no conda environment"
    file = ROOT / "envs" / found[1]
    assert file in ENVIRONMENTS, f"rule {rule} names {file.name}, which is not there"
    return file


def test_requirements_pin_every_version_once():
    lines = requirement_lines()
    assert [line for line in lines if not REQUIREMENT.fullmatch(line)] == []
    assert len(required()) == len(lines)
    assert {"torch", "torch-geometric", "snakemake", "pytest"} <= set(required())


def test_what_runs_here_is_what_is_pinned():
    """The environment of the tests is that of the requirements; a build of PyTorch may name its kind."""
    installed = {normal(one.metadata["Name"]): one.version for one in metadata.distributions()}
    found = {name: installed.get(name, "not installed") for name in required()}
    differing = {
        name: (pin, found[name])
        for name, pin in required().items()
        if found[name] == "not installed" or Version(Version(found[name]).public) != Version(pin)
    }
    assert differing == {}, "pinned, installed; `make env` installs what is pinned"


@each(sorted(required()))
def test_what_a_requirement_pulls_in_is_pinned(name):
    missing = pulled_in(name) - set(required())
    if name == "torch":
        # What its build with CUDA adds is of that build's choice.
        missing = {one for one in missing if not one.startswith(("nvidia-", "cuda-", "triton"))}
    assert not missing, f"{name} needs {sorted(missing)}"


def test_nothing_is_pinned_that_nothing_needs():
    needed, found = set(), chosen()
    while found:
        needed |= found
        found = {one for name in found for one in pulled_in(name)} - needed
    assert set(required()) - needed == set()


def test_what_the_project_imports_is_pinned():
    folders = [SCRIPTS, *(path for path in (ROOT / "tests").rglob("*") if path.is_dir())]
    files = [file for folder in ("scripts", "tests") for file in (ROOT / folder).rglob("*.py")]
    names = {name for file in files for name in imports(file)}
    for file in [ROOT / "Snakefile", *(ROOT / "rules").glob("*.smk")]:
        names |= set(re.findall(r"^\s*(?:import|from) ([\w.]+)", file.read_text(), re.MULTILINE))
    needed = packages_of(names, folders)
    assert {"snakemake", "pytest", "torch", "scikit-learn"} <= needed
    assert needed - set(required()) == {"pykrige", "pysheds"}


def test_what_only_the_benchmarks_need_is_pinned_apart():
    """On top of the workflow's own packages; the workflow itself and its tests import none of it."""
    lines, bench = requirement_lines("requirements-bench.txt"), required("requirements-bench.txt")
    assert lines[0] == "--requirement requirements.txt"
    assert len(bench) == len(lines) - 1
    # The last two are what pysheds pulls in.
    assert set(bench) == {"pykrige", "pysheds", "geojson", "looseversion"}
    assert set(bench) & set(required()) == set()
    tests = [file for file in (ROOT / "tests").rglob("*.py") if file.parent.name != "benchmarks"]
    needed = packages_of(name for file in [*SCRIPTS.rglob("*.py"), *tests] for name in imports(file))
    assert needed & set(bench) == set()


def test_there_are_rules_and_environments():
    assert {"clean_samples", "train", "evaluate"} <= set(rules())
    assert {file.stem for file in ENVIRONMENTS} >= {"geo", "torch"}


@each(ENVIRONMENTS, lambda file: file.stem)
def test_environment_has_the_versions_of_the_requirements(file):
    content = yaml.safe_load(file.read_text())
    assert set(content) == {"channels", "dependencies"}
    assert content["channels"] == ["conda-forge", "nodefaults"]
    pins = in_environment(file)
    assert len(pins) == len(content["dependencies"])
    assert tuple(map(int, pins.pop("python").split("."))) >= (3, 11)
    # A post-release on PyPI packs the same version anew; conda-forge numbers that as a build.
    expected = {name: re.sub(r"\.post\d+$", "", required().get(name, "not required")) for name in pins}
    assert pins == expected


@each(ENVIRONMENTS, lambda file: file.stem)
def test_environment_uses_the_names_of_conda_forge(file):
    lines = dependencies(file)
    assert [line for line in lines if not re.fullmatch(r"[a-z0-9_-]+=[0-9][0-9.]*", line)] == []
    names = {normal(line.split("=")[0]) for line in lines}
    # On conda-forge another package, or none, goes by the name that these have on PyPI.
    assert names & set(ON_PYPI.values()) == set()
    assert lines == [lines[0], *sorted(lines[1:])]


def test_names_that_differ_are_in_use():
    names = {normal(line.split("=")[0]) for file in ENVIRONMENTS for line in dependencies(file)}
    assert set(ON_PYPI) <= names
    assert set(ON_PYPI.values()) <= set(required())


@each(ENVIRONMENTS, lambda file: file.stem)
def test_environment_holds_nothing_that_no_script_needs(file):
    using = [rule for rule in rules() if environment_of(rule) == file]
    needed = set().union(*(packages(script_of(rule)) for rule in using))
    assert set(in_environment(file)) - needed == {"python"}


def test_the_local_profile_leaves_the_choice_of_environments_to_the_user():
    profile = yaml.safe_load((ROOT / "profiles" / "default" / "config.yaml").read_text())
    assert not {"software-deployment-method", "sdm", "use-conda"} & set(profile)


def test_snakemake_selects_jobs_without_a_solver():
    """During the solver of Snakemake 9 a SIGTERM waits for a lock that its own thread holds."""
    profile = yaml.safe_load((ROOT / "profiles" / "default" / "config.yaml").read_text())
    assert profile["scheduler"] == "greedy"


@each(rules())
def test_environment_of_a_rule_has_what_its_script_imports(rule):
    missing = packages(script_of(rule)) - set(in_environment(environment_of(rule)))
    assert not missing, f"{environment_of(rule).name} lacks {sorted(missing)}, which rule {rule} needs"


@each(rules())
def test_rule_says_what_it_does_and_what_it_takes(rule):
    text = rules()[rule]
    # `check` prints what its input holds, whenever it is asked to.
    kept = () if rule == "check" else ("output", "params")
    for keyword in ("log", "conda", "message", "script", *kept):
        assert re.search(rf"^ +{keyword}:", text, re.MULTILINE), f"rule {rule} lacks {keyword}"
    resources = re.search(r"resources:\n((?: {8,}.*\n)+)", text)
    assert resources, f"rule {rule} lacks resources"
    assert "mem_mb=" in resources[1]
    assert "runtime=" in resources[1]
    if rule not in {"fetch_survey", "check"}:
        # Downloads are checked by their checksum, and `check` makes nothing; all other results follow from the code.
        assert f'code=code("{script_of(rule).stem}"' in text, (
            f"rule {rule} does not hash its own script's imports"
        )
    assert script_of(rule).stem == rule


@each(rules())
def test_script_is_short_and_importable(rule):
    text = script_of(rule).read_text()
    assert len(text.splitlines()) <= 60
    assert text.startswith('"""')
    assert 'if __name__ == "__main__":\n    with job(snakemake)' in text
    assert "from __future__" not in text
    before, _ = text.split('if __name__ == "__main__":')
    # The functions know nothing of the workflow, so that a test or a notebook can call them.
    assert not re.search(r"\bsnakemake\b", before)


def test_every_script_belongs_to_a_rule():
    scripts = {file.stem for file in SCRIPTS.glob("[!_]*.py")}
    assert scripts == set(rules())
