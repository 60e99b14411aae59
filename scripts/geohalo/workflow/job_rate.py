"""No limit on how many jobs start in a second, where they run on this machine: it keeps a finished run waiting."""

from typing import Any

#: Snakemake's own limit, jobs and seconds; another one was asked for by the user.
DEFAULT = (100, 1)


def lift_default_rate(workflow: Any) -> bool:
    """Take Snakemake's default limit on jobs per second away at the start of a run; returns whether it was taken.

    Cores limit the jobs of this machine. The limit's timers look at all waiting jobs each second, the more often the
    more jobs have ended, and keep Snakemake alive for a second after its last job.

    Parameters
    ----------
    workflow : snakemake.workflow.Workflow
        About to start its jobs. It is left as it is where jobs are submitted elsewhere, or with a limit of the user's.
    """
    limiter = getattr(workflow.scheduler, "job_rate_limiter", None)
    if limiter is None or workflow.non_local_exec or (limiter.max_jobs, limiter.timespan) != DEFAULT:
        return False
    workflow.scheduler.job_rate_limiter = None
    return True
