"""63 nested stream samples of the Cairngorms on a raster of flow directions, against the path of every cell."""

import numpy as np
import pandas as pd
import pytest
from geohalo.catchments.catchment import delineated
from geohalo.catchments.directions import checked_directions
from geohalo.catchments.quality import Limits
from geohalo.catchments.snapping import snapped
from geohalo.catchments.terrain import read_drainage
from geohalo.catchments.terrain_file import Wanted
from geohalo.cube.grid import survey_grid
from geohalo.errors import InputError
from pyproj import CRS
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order

#: The national grid with another origin (docs/your-survey.md): eastings are less by 115.0 km, northings by 506.3 km.
LOCAL = "+proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=285000 +y_0=-606300 +ellps=airy +units=m"
SECTION = {"file": "d8.tif", "codes": "esri", "crs": LOCAL, "resolution": None, "nodata": None}

pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module")
def folder(survey_data):
    return survey_data / "cairngorms-stream"


@pytest.fixture(scope="module")
def places(folder):
    table = pd.read_csv(folder / "samples.csv")
    return table[["x_coordinate", "y_coordinate"]].to_numpy(dtype=float)


@pytest.fixture(scope="module")
def drainage(folder, places):
    return read_drainage(SECTION, folder, Wanted(CRS(LOCAL), 1000.0, places))


@pytest.fixture(scope="module")
def found(drainage, places):
    return delineated(drainage, snapped(drainage, places, 0.0, 0.04e6), survey_grid(places, 1000.0, 40_000.0))


def steps(codes):
    """Flat cell that each cell drains to, and itself where its water leaves or stays."""
    rows, columns = codes.shape
    row, column = np.indices(codes.shape)
    down = np.zeros(codes.shape, dtype=int)
    across = np.zeros(codes.shape, dtype=int)
    for code, (r, c) in {
        1: (0, 1), 2: (1, 1), 4: (1, 0), 8: (1, -1), 16: (0, -1), 32: (-1, -1), 64: (-1, 0), 128: (-1, 1)
    }.items():  # fmt: skip
        down[codes == code], across[codes == code] = r, c
    r, c = row + down, column + across
    inside = (r >= 0) & (r < rows) & (c >= 0) & (c < columns)
    return np.where(inside, r * columns + c, row * columns + column).ravel()


def test_each_catchment_is_all_ground_whose_water_passes_its_sample(drainage, found):
    catchments, _ = found
    step = steps(drainage.codes)
    cells = np.flatnonzero(step != np.arange(step.size))
    graph = csr_array((np.ones(cells.size), (step[cells], cells)), shape=(step.size, step.size))
    for sample, cell in enumerate(catchments.cell):
        # The graph runs upstream: whatever can be reached from the sample drains to it.
        upstream = breadth_first_order(graph, cell, return_predecessors=False)
        assert catchments.area[sample] == pytest.approx(len(upstream) * 200.0**2)


def test_samples_lie_on_the_drainage_as_they_are(drainage, found, places):
    catchments, _ = found
    assert len(set(catchments.cell)) == 63
    assert (catchments.cell == drainage.frame.cells_at(places)).all()
    assert (catchments.twin == -1).all()
    assert (catchments.snapped <= np.hypot(100, 100)).all()


def test_areas_on_the_grid_add_up(found):
    catchments, label = found
    assert catchments.own_area.sum() == pytest.approx((label >= 0).sum() * 200.0**2)
    assert catchments.shares.sum(axis=1) == pytest.approx(catchments.own_area)


def test_other_codes_are_refused(folder):
    import rasterio

    with rasterio.open(folder / "d8.tif") as file:
        values = file.read(1).astype(np.float32)
    for name in ("taudem", "ldd"):
        with pytest.raises(
            InputError, match=rf"is no flow direction of terrain.codes: {name}; .*esri or whitebox"
        ):
            checked_directions(values, name, "d8.tif")
    with pytest.raises(InputError, match="read as esri"):
        checked_directions(values, "whitebox", "d8.tif")


def test_without_a_crs_the_message_says_what_to_set(folder, places):
    with pytest.raises(InputError, match=r"d8\.tif: the raster has no CRS; set terrain\.crs"):
        read_drainage(SECTION | {"crs": None}, folder, Wanted(CRS(LOCAL), 1000.0, places))


def test_a_survey_of_rivers_has_no_catchment_that_is_too_large(found):
    catchments, _ = found
    limits = Limits(reach=0.0, channel=0.04e6, least=0.25e6, most=None).of_survey(catchments)
    assert (catchments.area > 500e6).sum() == 32
    assert catchments.area.max() < limits.most
