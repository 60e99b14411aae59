"""Simulate a survey with known truth."""

from geohalo.survey import simulate
from geohalo.whole_files import whole


def simulate_survey(section: dict, samples: str, deposits: str, truth: str) -> None:
    """Write the tables that a user would have, and the truth beside them."""
    survey = simulate.simulate_survey(section)
    for table, path in ((survey.samples, samples), (survey.deposits, deposits)):
        with whole(path) as beside:
            table.to_csv(beside, index=False)
    with whole(truth) as beside:
        survey.truth.to_netcdf(beside)
