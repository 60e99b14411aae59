"""A dry run lists jobs without reasons, unless the user says what to be quiet about."""

import io
import logging

import pytest
from geohalo.workflow.dry_runs import LOGGER, leave_out_reasons, without_summary
from snakemake.logging import logger
from snakemake.profiles import ProfileConfigFileParser
from workflow_runs import ROOT


@pytest.fixture
def told():
    """Return what Snakemake's logger tells, and take the filter away again."""
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())
    known = logging.getLogger(LOGGER)
    level = known.level
    known.addHandler(handler)
    known.setLevel(logging.INFO)
    yield lines
    known.removeHandler(handler)
    known.setLevel(level)
    known.removeFilter(without_summary)


@pytest.mark.parametrize(
    ("argv", "quiet"),
    [
        (["snakemake", "-n"], True),
        (["snakemake", "--dry-run", "check"], True),
        (["snakemake", "-n", "--quiet", "host"], False),
        (["snakemake", "--cores", "2"], False),
    ],
)
def test_the_summary_of_reasons_is_left_out_of_a_dry_run(told, argv, quiet):
    assert logger.name == LOGGER
    leave_out_reasons(argv)
    logger.info("Job stats:\n...")
    logger.info("Reasons:\n    (check individual jobs above for details)")
    assert [line.split("\n")[0] for line in told] == ["Job stats:", *([] if quiet else ["Reasons:"])]


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["snakemake", "-n"], ["rules", "reason"]),
        (["snakemake", "--cores", "2"], None),
        # On a cluster, what would be submitted is asked for.
        (["snakemake", "-n", "--profile", "profiles/slurm"], None),
    ],
)
def test_the_default_profile_is_quiet_in_dry_runs_alone(monkeypatch, argv, expected):
    monkeypatch.setattr("sys.argv", argv)
    file = io.StringIO((ROOT / "profiles" / "default" / "config.yaml").read_text())
    file.name = str(ROOT / "profiles" / "default" / "config.yaml")
    assert ProfileConfigFileParser().parse(file).get("quiet") == expected
