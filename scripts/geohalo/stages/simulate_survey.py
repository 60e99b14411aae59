"""Simulate a survey with known truth."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow
import pyarrow.csv

from geohalo.atomic_files import atomic_write
from geohalo.cube.grid import Grid
from geohalo.files.cells import Survey
from geohalo.files.maps import Band, write_map
from geohalo.survey import simulate
from geohalo.survey.simulation.layers import SimulatedLayers
from geohalo.survey.simulation.relief import Relief, Waters


def simulate_survey(
    section: dict,
    samples: str,
    deposits: str,
    truth: str,
    geology: str | None = None,
    structures: str | None = None,
    magnetics: str | None = None,
    relief: str | None = None,
) -> None:
    """Write the tables that a user would have, and the truth beside them.

    With `geology`, `structures` and `magnetics`, the layers that a user would have beside the samples as well. Of
    streams, the heights go to `relief`.
    """
    survey = simulate.simulate_survey(section, _waters() if section.get("medium") == "stream" else None)
    _write_samples(survey.samples, samples)
    with atomic_write(deposits) as temporary:
        survey.deposits.to_csv(temporary, index=False)
    with atomic_write(truth) as temporary:
        survey.truth.to_netcdf(temporary)
    if survey.relief and relief:
        _write_relief(survey.relief, survey.crs, relief)
    if survey.layers and geology and structures and magnetics:
        _write_shapes(survey.layers.geology, geology, "geology")
        _write_shapes(survey.layers.structures, structures, "structures")
        _write_field(survey.layers, survey.crs, magnetics)


def _write_samples(table: pd.DataFrame, path: str) -> None:
    """Write as pandas would, only faster: texts without commas or quotes, and places to a tenth of a metre."""
    places = {axis: [f"{place:.1f}" for place in table[axis].to_list()] for axis in "xy"}
    texts = pyarrow.Table.from_pandas(table.assign(**places), preserve_index=False)
    options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="none")
    with atomic_write(path) as temporary, open(temporary, "wb") as file:
        file.write(f"{','.join(table.columns)}\n".encode())
        pyarrow.csv.write_csv(texts, file, options)


def _waters() -> Waters:
    from geohalo.catchments.waters import SteepestWaters  # compiles loops: slow to import

    return SteepestWaters()


def _write_relief(relief: Relief, crs: str, path: str) -> None:
    everywhere = Survey(Grid(relief.x, relief.y), np.ones(relief.heights.shape, dtype=bool), crs)
    write_map(
        everywhere, relief.heights[None], path, np.nan, [Band("height", "height above the lowest edge", "m")]
    )


def _write_shapes(table: gpd.GeoDataFrame, path: str, layer: str) -> None:
    with atomic_write(path) as temporary:
        table.to_file(temporary, layer=layer, driver="GPKG")


def _write_field(layers: SimulatedLayers, crs: str, path: str) -> None:
    everywhere = Survey(Grid(layers.x, layers.y), np.ones(layers.magnetics.shape, dtype=bool), crs)
    band = Band("magnetics", "magnetic anomaly", "nT")
    write_map(everywhere, layers.magnetics[None], path, np.nan, [band])
