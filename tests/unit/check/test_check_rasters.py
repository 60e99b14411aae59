"""Rasters: what was understood of each band, and all errors that a run would stop at."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from geohalo.check.findings import Findings
from geohalo.check.rasters import check_rasters
from geohalo.settings import check_settings
from rasterio.transform import from_origin


def write(
    path: Path, values: np.ndarray, unit: str = "", corner: float = 500_000, crs: str = "EPSG:32633"
) -> None:
    about = {
        "driver": "GTiff",
        "width": values.shape[1],
        "height": values.shape[0],
        "count": 1,
        "dtype": "float64",
    }
    with rasterio.open(
        path, "w", transform=from_origin(corner, 6_000_000, 100, 100), crs=crs, nodata=-1, **about
    ) as out:
        out.write(values, 1)
        if unit:
            out.units = [unit]


def section(**keys: Any) -> dict[str, Any]:
    config = {"survey": "r", "grids": {"folder": "."} | keys, "deposits": {"file": "d.csv"}}
    return check_settings(config)["grids"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with copper in ppm and gold in ppb; one cell has no data, one no copper."""
    copper = 20 + np.arange(20.0).reshape(4, 5)
    copper[0, 0], copper[1, 1] = -1, 0
    gold = 1 + np.arange(20.0).reshape(4, 5)
    gold[0, 0] = -1
    write(tmp_path / "Cu.tif", copper)
    write(tmp_path / "Au.tif", gold, "ppb")
    return tmp_path


def test_what_was_understood(folder) -> None:
    findings = Findings()
    ground = check_rasters(findings, section(), folder)
    assert findings.errors == []
    # Of the unit that the file states, and of the zero.
    assert sorted(Path(one.file).name for _, one in findings.warnings) == ["Au.tif", "Cu.tif"]
    bands = ground.columns.set_index("element")
    gold, copper = bands.loc["Au"], bands.loc["Cu"]
    assert (gold["stated_unit"], gold["unit"], gold["factor"]) == ("ppb", "ppb", 0.001)
    assert (copper["stated_unit"], copper["unit"], copper["factor"]) == ("", "ppm", 1)
    assert (copper["n"], copper["missing"], copper["zeros"], copper["nodata"]) == (19, 1, 1, -1)
    assert (copper["low"], copper["high"]) == (0, 39)
    # 2 to 20 ppb.
    assert gold["median"] == pytest.approx(0.011)
    assert (gold["size"], gold["cell"], gold["crs"]) == ("4 x 5", 100, "EPSG:32633")
    assert ground.n_cells == 19
    assert sorted(ground.elements) == ["Au", "Cu"]
    assert ground.spacing is None
    np.testing.assert_allclose(ground.places, ground.grid.centres(ground.mask))


def test_all_errors_are_found(folder) -> None:
    write(folder / "Zn.tif", np.full((4, 5), 2e7) + np.arange(20.0).reshape(4, 5))
    write(folder / "Pb.tif", 10 + np.arange(20.0).reshape(4, 5), corner=500_030)
    findings = Findings()
    ground = check_rasters(findings, section(), folder)
    messages = [message for _, message in findings.errors]
    assert len(messages) == 2
    assert any("Pb.tif" in message and "grid" in message for message in messages)
    assert any("Zn.tif" in message and "more is impossible" in message for message in messages)
    # What each band holds is shown all the same.
    assert list(ground.columns["element"]) == ["Au", "Cu", "Pb", "Zn"]
    assert ground.grid is None


def test_an_implausible_band_is_told_once(folder) -> None:
    write(folder / "Zn.tif", 1e-5 + 1e-6 * np.arange(20.0).reshape(4, 5))
    findings = Findings()
    check_rasters(findings, section(), folder)
    (error,) = findings.errors
    assert error[0] == "read_grids"
    assert "Zn.tif" in error[1]


def test_a_file_that_is_no_raster_stops(folder) -> None:
    (folder / "Zn.tif").write_text("nothing")
    findings = Findings()
    ground = check_rasters(findings, section(), folder)
    assert "not a raster that GDAL can read" in findings.errors[0][1]
    assert ground.columns.empty


def test_a_cube_that_cannot_be_stacked_is_told(folder) -> None:
    height = np.arange(20.0).reshape(4, 5) - 3.5
    height[0, 0] = -1  # no data
    write(folder / "DEM.tif", height)
    keys = section(pattern=r"^(?P<element>[A-Za-z]+)\.tif$", units={"DEM": "none"})
    findings = Findings()
    ground = check_rasters(findings, keys, folder, "clr")
    assert ground.elements == ["Au", "Cu", "DEM"]
    ((stage, message),) = findings.errors
    assert stage == "stack_cube"
    assert "element DEM: the grid has values that are zero or negative" in message
    untransformed = Findings()
    check_rasters(untransformed, keys, folder, "none")
    assert untransformed.errors == []
