"""Simulate a survey with known truth."""

import geopandas as gpd
import numpy as np

from geohalo.atomic_files import atomic_write
from geohalo.cube.grid import Grid
from geohalo.files.cells import Survey
from geohalo.files.maps import Band, write_map
from geohalo.survey import simulate
from geohalo.survey.simulation.layers import SimulatedLayers


def simulate_survey(
    section: dict,
    samples: str,
    deposits: str,
    truth: str,
    geology: str | None = None,
    structures: str | None = None,
    magnetics: str | None = None,
) -> None:
    """Write the tables that a user would have, and the truth beside them.

    With `geology`, `structures` and `magnetics`, the layers that a user would have beside the samples as well.
    """
    survey = simulate.simulate_survey(section)
    for table, path in ((survey.samples, samples), (survey.deposits, deposits)):
        with atomic_write(path) as temporary:
            table.to_csv(temporary, index=False)
    with atomic_write(truth) as temporary:
        survey.truth.to_netcdf(temporary)
    if survey.layers and geology and structures and magnetics:
        _write_shapes(survey.layers.geology, geology, "geology")
        _write_shapes(survey.layers.structures, structures, "structures")
        _write_field(survey.layers, survey.crs, magnetics)


def _write_shapes(table: gpd.GeoDataFrame, path: str, layer: str) -> None:
    with atomic_write(path) as temporary:
        table.to_file(temporary, layer=layer, driver="GPKG")


def _write_field(layers: SimulatedLayers, crs: str, path: str) -> None:
    everywhere = Survey(Grid(layers.x, layers.y), np.ones(layers.magnetics.shape, dtype=bool), crs)
    band = Band("magnetics", "magnetic anomaly", "nT")
    write_map(everywhere, layers.magnetics[None], path, np.nan, [band])
