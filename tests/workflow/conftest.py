"""One complete run of the reduced demo, shared by the tests of the workflow."""

from pathlib import Path

import pytest
from workflow_runs import snakemake


@pytest.fixture(scope="session")
def demo(tmp_path_factory) -> Path:
    """Return the folder of a complete run of the reduced demo."""
    folder = tmp_path_factory.mktemp("demo")
    result = snakemake(folder)
    assert result.returncode == 0, result.stdout
    return folder
