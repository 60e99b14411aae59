"""Snakemake itself, but it asks every two seconds which jobs have ended.

The executor for Slurm waits 10 seconds longer after each question that finds none, for the sake of clusters with many
users, and has no option for it. A run of a dozen short jobs after each other would mostly wait.
"""

from snakemake.cli import main
from snakemake_interface_executor_plugins.executors.remote import RemoteExecutor

SECONDS = 2

if __name__ == "__main__":
    RemoteExecutor.next_seconds_between_status_checks = property(
        lambda self: SECONDS, lambda self, value: None
    )
    main()
