"""Simulate a survey with known truth."""

from geohalo.survey.simulate import simulate_survey
from geohalo.whole_files import whole
from geohalo.workflow.job import job


def simulate(section: dict, samples: str, deposits: str, truth: str) -> None:
    """Write the tables that a user would have, and the truth beside them."""
    survey = simulate_survey(section)
    for table, path in ((survey.samples, samples), (survey.deposits, deposits)):
        with whole(path) as beside:
            table.to_csv(beside, index=False)
    with whole(truth) as beside:
        survey.truth.to_netcdf(beside)


if __name__ == "__main__":
    with job(snakemake):
        simulate(snakemake.params.simulate, **snakemake.output)
