"""Fixtures shared by all tests."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# Threads that wait for each other sleep: tests share their processors, and spinning threads take them from each other.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# A busy machine is slow, and tests are not timed: that is what `make bench` is for.
settings.register_profile("geohalo", deadline=None)
settings.load_profile("geohalo")

ROOT = Path(__file__).resolve().parents[1]
#: Files that processes which test beside each other begin with, the longest first, so that none is left with a long
#: one at the end. The first makes the complete run of the demo, which the next eight do without.
LONGEST = [
    *(
        "demo",
        "bench",
        "claims",
        "label_rasters",
        "inputs",
        "national",
        "real_data",
        "several_surveys",
        "bad_input",
    ),
    *("slurm", "experiments", "consensus", "tiles", "report", "damage", "attention"),
]


def slow_tests() -> set[str]:
    """Return the tests that are listed as slow, as file and function below tests/."""
    lines = (ROOT / "tests" / "slow_tests.txt").read_text(encoding="utf-8").splitlines()
    return {line for line in lines if not line.startswith("#")}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what is listed as slow, and put what takes long first where several processes test."""
    listed = slow_tests()
    for item in items:
        if item.nodeid.partition("[")[0].removeprefix("tests/") in listed:
            item.add_marker(pytest.mark.slow)
    if not hasattr(config, "workerinput"):
        return
    places = {ROOT / "tests" / "workflow" / f"test_{name}.py": place for place, name in enumerate(LONGEST)}
    others = len(places)

    def place(item: pytest.Item) -> int:
        # After them the other runs of the workflow, the other slow tests, and all that is quick.
        slow = item.get_closest_marker("slow") is not None
        return places.get(item.path, others if "workflow" in item.path.parts else others + (1 if slow else 2))

    first = {}
    for item in items:
        first[item.path] = min(place(item), first.get(item.path, others + 2))
    items.sort(key=lambda item: first[item.path])


@pytest.fixture(scope="session")
def survey_data() -> Path:
    """Return the folder with the real surveys, or skip with a word on where to get them."""
    folder = Path(os.environ.get("GEOHALO_DATA", ROOT.parent / "shared" / "data")).resolve()
    if not (folder / "ireland-midlands-soil" / "samples.csv").exists():
        pytest.skip(
            f"no survey data in {folder}: set GEOHALO_DATA to a folder that holds ireland-midlands-soil/ and "
            "gswa-sed1/ (sources and checksums: docs/surveys.md)"
        )
    return folder
