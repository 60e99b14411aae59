"""Values of rasters that are doubtful: fillings for none; and the old form of GMT."""

import numpy as np
import pytest
import xarray as xr
from raster_inputs import COLUMNS, HOLE, ROWS, VALUES, X, Y, message, read, write_tiff


@pytest.mark.parametrize(("filling", "told"), [(1e-30, True), (0.001, True), (0.5, False)])
def test_tiny_values_that_fill_up_are_told(tmp_path, filling, told):
    write_tiff(tmp_path / "Cu.tif", np.where(HOLE, filling, VALUES))
    write_tiff(tmp_path / "Zn.tif", VALUES[::-1])
    found = read(tmp_path)
    np.testing.assert_allclose(found.values[0][~HOLE], VALUES[~HOLE])
    assert [one.what.split(",")[0] for one in found.warnings] == (
        [f"3 cells of Cu hold {filling:g}"] if told else []
    )


def test_the_name_of_a_file_that_says_it_is_a_logarithm(tmp_path):
    for name in ("Cu", "Zn"):
        write_tiff(tmp_path / f"{name}_log10.tif", np.log10(VALUES))
    pattern = r"^(?P<element>[A-Z][a-z])_log10\.tif$"
    text = message(tmp_path, pattern=pattern)
    assert "the file calls it 'Cu_log10', and what is made by 'log10' is no concentration" in text
    assert read(tmp_path, unit="none", pattern=pattern).elements == ["Cu", "Zn"]


@pytest.mark.parametrize("form", ["{}_ppb_idw", "{}ppb", "idw-{}-ppb"])
def test_a_unit_in_the_name_of_a_file_that_the_pattern_leaves_out(tmp_path, form):
    for name in ("Cu", "Zn"):
        write_tiff(tmp_path / (form.format(name) + ".tif"), 1000 * VALUES)
    pattern = "^" + form.format("(?P<element>[A-Z][a-z])") + r"\.tif$"
    found = read(tmp_path, pattern=pattern)
    np.testing.assert_allclose(found.values[0], VALUES)
    assert found.warnings[0].what.startswith(
        "the file states the unit 'ppb', and its values were taken as such"
    )
    by_key = read(tmp_path, pattern=pattern, units={"Cu": "ppm", "Zn": "ppm"}, implausible="report")
    np.testing.assert_allclose(by_key.values[0], 1000 * VALUES)


@pytest.mark.parametrize("node_offset", [0, 1])
def test_the_form_of_gmt_before_version_4(tmp_path, node_offset):
    edge = 500.0 * node_offset
    ends = ("side", [X[0] - edge, X[-1] + edge]), ("side", [Y[-1] - edge, Y[0] + edge])
    for name in ("Cu", "Zn"):
        about = {"scale_factor": 1.0, "add_offset": 0.0, "node_offset": node_offset}
        parts = {"x_range": ends[0], "y_range": ends[1], "spacing": ("side", [1000.0, 1000.0])}
        parts |= {"dimension": ("side", np.array([COLUMNS, ROWS], dtype="int32"))}
        values = VALUES if name == "Cu" else VALUES[::-1]
        parts |= {"z": ("xysize", values.ravel(), about)}
        xr.Dataset(parts).to_netcdf(tmp_path / f"{name}.grd", format="NETCDF3_CLASSIC")
    found = read(tmp_path, crs="EPSG:2157")
    np.testing.assert_allclose(found.grid.x, X)
    np.testing.assert_allclose(found.grid.y, Y)
    np.testing.assert_allclose(found.values[0], VALUES)
    assert found.elements == ["Cu", "Zn"]
