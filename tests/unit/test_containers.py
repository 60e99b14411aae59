"""The recipes of the containers: both install the pinned requirements, hold what the workflow reads, and start it."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
HOME = "/opt/geohalo"
#: Folders of the repository that a run reads, with the files at its top.
READ = ("config", "envs", "profiles", "resources", "rules", "scripts")
TOP = {"Snakefile", "README.md", "CITATION.cff", "LICENSE", "requirements.txt"}


def docker_steps() -> list[tuple[str, str]]:
    """Return the instructions of the Dockerfile, (name, rest), continued lines joined."""
    text = (ROOT / "containers" / "Dockerfile").read_text()
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ").splitlines()
    pairs = (line.split(maxsplit=1) for line in joined if line.strip())
    return [(name, " ".join(rest.split())) for name, rest in pairs]


def docker(name: str) -> list[str]:
    return [rest for step, rest in docker_steps() if step == name]


def apptainer_text() -> str:
    text = (ROOT / "containers" / "geohalo.def").read_text()
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))


def apptainer(section: str) -> list[str]:
    """Return the lines of a section of the definition, continued lines joined; the header is the section ''."""
    parts = re.split(r"^%(\w+)\n", "%\n" + apptainer_text(), flags=re.MULTILINE)
    sections = {"": parts[0].removeprefix("%\n"), **dict(zip(parts[1::2], parts[2::2], strict=True))}
    joined = sections[section].replace("\\\n", " ").splitlines()
    return [" ".join(line.split()) for line in joined if line.strip()]


def shell_lines(recipe: str) -> list[str]:
    """Return the commands that build an image."""
    if recipe == "apptainer":
        return apptainer("post")
    return [part.strip() for run in docker("RUN") for part in run.split("&&")]


def base_image(recipe: str) -> str:
    if recipe == "docker":
        (image,) = docker("FROM")
        return image
    return dict(line.split(": ") for line in apptainer(""))["From"]


def copied(recipe: str) -> dict[str, str]:
    """Return what is copied into the image: path in the repository -> path in the image."""
    if recipe == "apptainer":
        return dict(line.split() for line in apptainer("files"))
    found = {}
    for step in docker("COPY"):
        *sources, target = step.split()
        found |= {one: target + one if target.endswith("/") else target for one in sources}
    return found


def index(recipe: str) -> str:
    """Return the default of the index that is asked beside that of pip."""
    (line,) = docker("ARG") if recipe == "docker" else apptainer("arguments")
    name, address = line.split("=", 1)
    assert name == "EXTRA_INDEX"
    return address


def ignored(path: str) -> bool:
    """Tell whether .dockerignore keeps a path out of the build: the last pattern that it or a parent matches."""
    lines = [line.strip() for line in (ROOT / ".dockerignore").read_text().splitlines()]
    out, parents = False, [path, *map(str, Path(path).parents)][:-1]
    for line in filter(lambda line: line and not line.startswith("#"), lines):
        pattern = re.escape(line.lstrip("!")).replace(r"\*\*/", "(.*/)?").replace(r"\*", "[^/]*")
        if any(re.fullmatch(pattern, one) for one in parents):
            out = not line.startswith("!")
    return out


def tracked() -> list[str]:
    """Return the files of the repository; without git, all that are there and not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        return [name for name in listed.stdout.splitlines() if (ROOT / name).exists()]
    files = (str(file.relative_to(ROOT)) for file in ROOT.rglob("*") if file.is_file())
    return [name for name in files if not ignored(name)]


def image(recipe: str, folder: Path) -> Path:
    """Lay out in a folder what an image holds; return that of the workflow."""
    for source, target in copied(recipe).items():
        place = folder / target.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / source).is_dir():
            leave = shutil.ignore_patterns("__pycache__", "surveys" if source == "resources" else "")
            shutil.copytree(ROOT / source, place, ignore=leave)
        else:
            shutil.copy(ROOT / source, place)
    return folder / HOME.lstrip("/")


def command(recipe: str) -> tuple[list[str], list[str]]:
    """Return what is run, and its arguments if none are given."""
    if recipe == "docker":
        (entry,), (arguments,) = docker("ENTRYPOINT"), docker("CMD")
        return json.loads(entry), json.loads(arguments)
    text = "\n".join(apptainer("runscript"))
    start = re.search(r"^exec (.*) \"\$@\"$", text, re.MULTILINE)
    default = re.search(r"^if \[ \$# -eq 0 \]; then\nset -- (.*)\nfi$", text, re.MULTILINE)
    return shlex.split(start[1]), shlex.split(default[1])


RECIPES = pytest.mark.parametrize("recipe", ["docker", "apptainer"])


@RECIPES
def test_python_is_that_of_the_conda_environments(recipe):
    assert base_image(recipe) == base_image("docker")
    version = re.fullmatch(r"python:(\d+\.\d+)-slim-\w+", base_image(recipe))[1]
    for file in (ROOT / "envs").glob("*.yaml"):
        assert f"python={version}" in yaml.safe_load(file.read_text())["dependencies"]
    least = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert tuple(map(int, version.split("."))) >= tuple(map(int, least.removeprefix(">=").split(".")))


@RECIPES
def test_packages_are_the_pinned_requirements_and_no_others(recipe):
    installs = [line for line in shell_lines(recipe) if "install" in line]
    system = [line for line in installs if line.startswith("apt-get")]
    assert system == ["apt-get install --yes --no-install-recommends libexpat1"]
    (line,) = [line for line in installs if line not in system]
    argument = {"docker": "$EXTRA_INDEX", "apptainer": "{{ EXTRA_INDEX }}"}[recipe]
    # Pip passes over an empty variable, so that an empty argument leaves its default index alone.
    assert shlex.split(line) == [
        f"PIP_EXTRA_INDEX_URL={argument}",
        *("python", "-m", "pip", "install", "--no-cache-dir", "--root-user-action", "ignore"),
        *("--requirement", copied(recipe)["requirements.txt"]),
    ]
    assert index(recipe) == ""
    file = {"docker": "Dockerfile", "apptainer": "geohalo.def"}[recipe]
    assert "://" not in (ROOT / "containers" / file).read_text()
    # Beside the default index: with another first, other packages could come from it.
    assert "--index-url" not in shlex.split(line)


def test_requirements_are_installed_before_the_code_is_copied():
    """So that an edit of the code does not install everything again."""
    order = [rest for step, rest in docker_steps() if step in ("RUN", "COPY")]
    install = next(number for number, rest in enumerate(order) if "pip install" in rest)
    before = [rest for rest in order[:install] if not rest.startswith("apt-get")]
    assert before == [f"requirements.txt {HOME}/"]


@RECIPES
def test_image_holds_what_the_workflow_reads(recipe):
    sources = copied(recipe)
    assert {name: target for name, target in sources.items() if target != f"{HOME}/{name}"} == {}
    assert [name for name in sources if not (ROOT / name).exists()] == []
    needed = {name for name in tracked() if name.startswith(tuple(f"{one}/" for one in READ))} | TOP
    held = {name for name in tracked() if any(name == one or name.startswith(f"{one}/") for one in sources)}
    assert held == needed


def test_nothing_but_that_goes_into_the_build():
    sources = copied("docker")
    names = tracked()
    assert {name for name in names if not ignored(name)} == {
        name for name in names if any(name == one or name.startswith(f"{one}/") for one in sources)
    }
    kept_out = [".git/HEAD", ".venv/bin/python", "results/demo/cube.nc", "logs/demo/train.log", ".env"]
    kept_out += ["benchmarks/demo/train.jsonl", ".snakemake/log/run.log", "resources/surveys/a/samples.csv"]
    kept_out += ["scripts/__pycache__/train.cpython-311.pyc", "scripts/geohalo/cube/__pycache__/grid.pyc"]
    assert [name for name in kept_out if not ignored(name)] == []


def test_image_is_run_by_an_ordinary_user_in_a_folder_of_data():
    steps = docker_steps()
    names = [name for name, _ in steps]
    (user,), (folder,) = docker("USER"), docker("WORKDIR")
    assert user not in ("root", "0")
    assert any(line.startswith("useradd ") and line.split()[-1] == user for line in shell_lines("docker"))
    assert {f"mkdir {folder}", f"chown {user} {folder}"} <= set(shell_lines("docker"))
    # All that needs rights is done before.
    assert names.index("USER") > max(number for number, name in enumerate(names) if name in ("RUN", "COPY"))
    # Whoever has no account in the image still has a name and a home to write to.
    environment = dict(one.split("=") for one in docker("ENV")[0].split())
    assert environment == {"HOME": "/tmp", "USER": user}
    # Apptainer runs as the user who calls it, whose own packages must stay out.
    assert apptainer("environment") == ["export PYTHONNOUSERSITE=1"]


@RECIPES
def test_image_starts_the_workflow(recipe, tmp_path):
    """What it holds is laid out in a folder, and its command run from another, as far as the plan of the jobs."""
    home = image(recipe, tmp_path / "image")
    data = tmp_path / "data"
    data.mkdir()
    entry, default = command(recipe)
    assert (entry, default) == command("docker")
    assert entry == ["snakemake", "--snakefile", f"{HOME}/Snakefile"]
    assert default == ["--cores", "all"]
    plan = subprocess.run(
        [sys.executable, "-m", "snakemake", "--snakefile", home / "Snakefile", *default, "--dry-run"],
        cwd=data,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert plan.returncode == 0, plan.stdout
    jobs = dict(re.findall(r"^(\w+) +(\d+)$", plan.stdout, re.MULTILINE))
    assert {"simulate_survey", "train", "evaluate", "map_anomalies"} <= set(jobs)


def test_definition_checks_its_image_with_the_same_workflow():
    (line,) = apptainer("test")
    words = shlex.split(line)
    assert words[:3] == command("apptainer")[0]
    assert "--dry-run" in words
