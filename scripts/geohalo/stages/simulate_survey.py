"""Simulate a survey with known truth."""

from geohalo.atomic_files import atomic_write
from geohalo.survey import simulate


def simulate_survey(section: dict, samples: str, deposits: str, truth: str) -> None:
    """Write the tables that a user would have, and the truth beside them."""
    survey = simulate.simulate_survey(section)
    for table, path in ((survey.samples, samples), (survey.deposits, deposits)):
        with atomic_write(path) as temporary:
            table.to_csv(temporary, index=False)
    with atomic_write(truth) as temporary:
        survey.truth.to_netcdf(temporary)
