"""Fixtures shared by all tests."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is slow, and tests are not timed: that is what `make bench` is for.
settings.register_profile("geohalo", deadline=None)
settings.load_profile("geohalo")

ROOT = Path(__file__).resolve().parents[1]


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
