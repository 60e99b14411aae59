"""The target `claims` of the main Snakefile: it names the command that runs it."""


def claims_command(wildcards):
    """Raise WorkflowError, since `claims` has a Snakefile of its own."""
    raise WorkflowError(
        "claims is an experiment of the method and has a Snakefile of its own: "
        f"snakemake --snakefile {ROOT}/rules/claims/Snakefile claims --cores all"
    )


rule claims:
    input:
        claims_command,
