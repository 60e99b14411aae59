"""What a contributor is told to run is what is run: make, the hooks before a commit, the page that names them."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]


def recipe(target: str) -> list[str]:
    """Return the commands of a target of the Makefile."""
    text = (ROOT / "Makefile").read_text()
    found = re.search(rf"^{target}:.*\n((?:\t.*\n?)+)", text, re.MULTILINE)
    assert found, target
    return [line.strip().replace("$(BIN)", ".venv/bin") for line in found[1].splitlines()]


def test_hooks_are_what_make_lint_runs():
    (source,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    # From the pinned environment: nothing is fetched, and versions stand in one place.
    assert source["repo"] == "local"
    assert {hook["language"] for hook in source["hooks"]} == {"system"}
    assert all(hook["pass_filenames"] is False for hook in source["hooks"])
    assert [hook["entry"] for hook in source["hooks"]] == recipe("lint")
    # Every file that a hook is about starts it.
    files = {hook["id"]: hook.get("files") for hook in source["hooks"]}
    rules = [ROOT / "Snakefile", ROOT / "rules" / "claims" / "Snakefile", *ROOT.glob("rules/*.smk")]
    for hook in ("snakefmt", "snakemake-lint", "snakemake-lint-claims"):
        assert all(re.search(files[hook], file.relative_to(ROOT).as_posix()) for file in rules)


def test_check_runs_style_types_and_the_unit_tests_that_are_not_slow():
    commands = recipe("check")
    assert set(commands[:-1]) <= set(recipe("lint"))
    assert ".venv/bin/mypy" in commands
    assert ".venv/bin/ruff check ." in commands
    assert 'pytest tests/unit -m "not slow"' in commands[-1]
    assert "--numprocesses" in commands[-1]


def test_commands_and_files_of_the_page_exist():
    text = (ROOT / "CONTRIBUTING.md").read_text()
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"make ([a-z]+)\b(?=`|\s+#|$)", text, re.MULTILINE))
    assert {"env", "check", "lint", "test", "docs"} <= named
    assert named <= targets
    links = {link for link in re.findall(r"\]\(([^)#:]+)\)", text)}
    assert [link for link in sorted(links) if not (ROOT / link).exists()] == []
    assert {"ARCHITECTURE.md", "docs/method.md", "config/README.md", "CHANGELOG.md"} <= links


def test_catalog_entry_says_what_the_workflow_can_do():
    """As the catalog of Snakemake workflows asks: ways to install the software, and whether there is a report."""
    usage = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text())
    assert set(usage) == {"usage"}
    assert set(usage["usage"]) <= {"mandatory-flags", "software-stack-deployment", "report"}
    deployment = usage["usage"]["software-stack-deployment"]
    assert deployment == {"conda": True}
    rules = "".join(file.read_text() for file in ROOT.glob("rules/*.smk"))
    assert "conda:" in rules
    assert usage["usage"]["report"] is ("report(" in rules)
    assert (ROOT / "config" / "README.md").exists()


def test_tests_that_are_listed_as_slow_exist():
    listed = (ROOT / "tests" / "slow_tests.txt").read_text(encoding="utf-8").splitlines()
    names = [line for line in listed if not line.startswith("#")]
    assert names == sorted(set(names))
    missing = []
    for name in names:
        file, _, function = name.partition("::")
        text = (ROOT / "tests" / file).read_text(encoding="utf-8")
        if not re.search(rf"^def {re.escape(function.split('::')[-1])}\(", text, re.MULTILINE):
            missing.append(name)
    assert missing == []
