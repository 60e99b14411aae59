"""Bearings of the ice from a raster: its cells, and each message."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
from geohalo.errors import InputError
from geohalo.sources import ice_flow
from geohalo.sources.ice_flow import read_flow
from pyproj import CRS
from rasterio.transform import Affine, from_origin

UTM = CRS.from_epsg(32633)
BEARINGS = np.array([[350.0, 10.0, 20.0], [-1.0, 90.0, 360.0]])


def written(folder, values=BEARINGS, crs="EPSG:32633", nodata=-1.0, transform=None):
    bands = values[None] if values.ndim == 2 else values
    path = folder / "ice.tif"
    profile = {"count": len(bands), "dtype": "float32", "crs": crs, "nodata": nodata}
    profile["transform"] = transform or from_origin(1000, 2000, 100, 200)
    height, width = bands.shape[1:]
    with rasterio.open(path, "w", driver="GTiff", height=height, width=width, **profile) as file:
        file.write(bands.astype(np.float32))
    return path


def test_each_place_has_the_bearing_of_its_cell(tmp_path):
    flow = read_flow(written(tmp_path), UTM)
    places = np.array(
        [
            [1001, 1999],
            [1199.9, 1800.1],
            [1299, 1700],
            [1050, 1700],
            [999, 1900],
            [1050, 1599],
            [np.nan, 1900],
        ]
    )
    expected = [350, 10, 360, np.nan, np.nan, np.nan, np.nan]
    np.testing.assert_array_equal(flow(places), expected)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"values": np.stack([BEARINGS, BEARINGS])}, "2 bands; bearings of the ice have one"),
        ({"crs": None}, r"the raster has no CRS; write that of the maps, EPSG:32633"),
        ({"crs": "EPSG:32634"}, r"count from the north of the maps, whose CRS is EPSG:32633.*EPSG:32634"),
        ({"nodata": None}, r"-1 in row 2, column 1 is no bearing \(1 such cells\).*declare the code"),
        ({"values": BEARINGS + 300}, r"650 in row 1, column 1 is no bearing \(3 such cells\)"),
        ({"transform": Affine(100, 10, 1000, 0, -200, 2000)}, "the raster is turned"),
    ],
)
def test_messages(tmp_path, changes, message):
    with pytest.raises(InputError, match=message):
        read_flow(written(tmp_path, **changes), UTM)


def test_files_that_cannot_be_read(tmp_path, monkeypatch):
    with pytest.raises(InputError, match=r"no such file \(ice\.bearing\)"):
        read_flow(Path(tmp_path / "none.tif"), UTM)
    (tmp_path / "text.tif").write_text("no raster")
    with pytest.raises(InputError, match="not a raster that GDAL can read"):
        read_flow(tmp_path / "text.tif", UTM)
    monkeypatch.setattr(ice_flow, "MOST_CELLS", 5)
    with pytest.raises(InputError, match="6 cells, and 5 are the most for bearings of the ice"):
        read_flow(written(tmp_path), UTM)
