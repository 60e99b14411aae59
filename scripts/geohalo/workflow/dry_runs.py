"""What a dry run tells: which jobs there are, and of each why it would run only if the user asks."""

import logging
from collections.abc import Sequence

#: A dry run, and options that say what Snakemake is to be quiet about.
PLANNED = ("-n", "--dry-run", "--dryrun")
QUIET = ("-q", "--quiet")
#: The logger of Snakemake, and how its summary of reasons begins.
LOGGER, SUMMARY = "snakemake.logging", "Reasons:\n"


def without_summary(record: logging.LogRecord) -> bool:
    """Tell whether a record is anything but the summary of reasons, which no option of Snakemake leaves out."""
    return not (isinstance(record.msg, str) and record.msg.startswith(SUMMARY))


def leave_out_reasons(argv: Sequence[str]) -> None:
    """Leave the summary of reasons out of a dry run; `profiles/default` leaves out those of single jobs.

    Parameters
    ----------
    argv : sequence of str
        The command. With an option of its own on what to be quiet about, nothing is left out here.
    """
    if set(argv) & set(PLANNED) and not set(argv) & set(QUIET):
        logging.getLogger(LOGGER).addFilter(without_summary)
