"""Snakemake's limit on jobs per second is left out where its own, and jobs run on this machine."""

from types import SimpleNamespace

import pytest
from geohalo.workflow.job_rate import DEFAULT, lift_default_rate
from snakemake.cli import get_argument_parser
from snakemake.scheduling.job_scheduler import JobRateLimiter, JobScheduler
from snakemake.settings.types import MaxJobsPerTimespan


def about_to_start(limit: str | None, elsewhere: bool = False) -> SimpleNamespace:
    """Return a workflow before its first job, as far as it is looked at; its limiter is Snakemake's own."""
    limiter = JobRateLimiter(MaxJobsPerTimespan.parse_choice(limit)) if limit else None
    return SimpleNamespace(scheduler=SimpleNamespace(job_rate_limiter=limiter), non_local_exec=elsewhere)


def test_the_limit_is_snakemakes_own():
    known = get_argument_parser().get_default("max_jobs_per_timespan")
    assert known == f"{DEFAULT[0]}/{DEFAULT[1]}s"
    # It is kept, and looked at, under the name that is set here.
    for used_in in (JobScheduler.__init__, JobScheduler.schedule, JobScheduler.job_selector):
        assert "job_rate_limiter" in used_in.__code__.co_names


@pytest.mark.parametrize(
    ("limit", "elsewhere", "lifted"),
    [
        ("100/1s", False, True),
        ("1000/10s", False, False),
        ("100/1m", False, False),
        ("5/1s", False, False),
        ("100/1s", True, False),
        (None, False, False),
    ],
)
def test_only_the_default_of_this_machine_is_lifted(limit, elsewhere, lifted):
    workflow = about_to_start(limit, elsewhere)
    before = workflow.scheduler.job_rate_limiter
    assert lift_default_rate(workflow) is lifted
    assert workflow.scheduler.job_rate_limiter is (None if lifted else before)
