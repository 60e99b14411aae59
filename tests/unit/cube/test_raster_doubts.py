"""What rasters bring that is wrong or doubtful: codes for no data, units, names, zeros, places passed over."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
import rasterio.shutil
import rioxarray  # noqa: F401  (gives datasets their .rio)
import xarray as xr
from geohalo.errors import InputError
from raster_inputs import message, read
from rasterio.transform import from_origin

ROWS, COLUMNS = 6, 8
CORNER = (600000.0, 753000.0)
X = 600500 + 1000.0 * np.arange(COLUMNS)
Y = 752500 - 1000.0 * np.arange(ROWS)
#: Concentrations in ppm that suit Cu, Zn, Pb and Ni; all differ.
VALUES = 20 + np.arange(ROWS * COLUMNS, dtype=float).reshape(ROWS, COLUMNS) / 2


def write_tiff(
    path: Path, *layers, names=(), crs="EPSG:2157", corner=CORNER, size=1000, units=(), **keys
) -> None:
    about = {"height": ROWS, "width": COLUMNS, "count": len(layers), "dtype": "float32"} | keys
    with rasterio.open(
        path, "w", "GTiff", crs=crs, transform=from_origin(*corner, size, size), **about
    ) as file:
        file.write(np.stack(layers))
        file.descriptions = names or [None] * len(layers)
        if units:
            file.units = units


def dataset(crs="EPSG:2157", **variables) -> xr.Dataset:
    data = xr.Dataset(variables, {"x": X, "y": Y})
    return data.rio.write_crs(crs).rio.write_coordinate_system() if crs else data


def holed(code: float, cells: int = 2) -> np.ndarray:
    values = VALUES.copy()
    values[0, :cells] = code
    return values


# Codes for no data.


@pytest.mark.parametrize("unit", ["ppm", "none"])
@pytest.mark.parametrize("code", [-9999, -32768, -99999, 1.70141e38, 1e30, -1e32, -3.4028235e38, 9.96921e36])
def test_a_code_that_can_be_nothing_else_is_no_data(tmp_path, code, unit):
    for name in ("Cu", "Zn"):
        write_tiff(tmp_path / f"{name}.tif", holed(code))
    found = read(tmp_path, unit=unit)
    assert found.mask.sum() == ROWS * COLUMNS - 2
    assert not found.mask[0, :2].any()
    np.testing.assert_array_equal(found.values[1][found.mask], VALUES.astype(np.float32)[found.mask])
    (told,) = found.warnings
    assert told.file == f"{tmp_path}/Cu.tif"
    assert told.row == "band 1"
    assert "2 cells hold" in told.what
    assert "1 other" in told.what
    assert "grids.nodata" in told.fix


def test_two_codes_in_one_band(tmp_path):
    values = holed(-9999)
    values[5, 7] = 1.70141e38
    write_tiff(tmp_path / "Cu.tif", values)
    found = read(tmp_path)
    assert found.mask.sum() == ROWS * COLUMNS - 3
    assert len(found.warnings) == 2


@pytest.mark.parametrize(("code", "cells"), [(-7777, 3), (5000, 3), (9999, 1)])
def test_a_value_that_may_be_a_code_is_asked_for(tmp_path, code, cells):
    for name in ("Cu", "Zn"):
        write_tiff(tmp_path / f"{name}.tif", holed(code, cells))
    if code == 9999:
        # Among values of any kind, a customary code far from all others is one; copper may reach a percent.
        assert read(tmp_path, unit="none").mask.sum() == ROWS * COLUMNS - 1
        text = message(tmp_path)
    else:
        text = message(tmp_path, unit="none")
    assert text.startswith(f"{tmp_path}/Cu.tif, band 1: the ")
    assert f"{code:g} in {cells} cell(s), stands apart from all others (2" in text
    assert f"grids.nodata: {code}" in text
    assert read(tmp_path, nodata=code).mask.sum() == ROWS * COLUMNS - cells
    if code > 0:
        assert read(tmp_path, nodata=[]).values.max() == code


def test_a_high_sample_repeated_by_the_nearest_neighbour_is_no_code(tmp_path):
    write_tiff(tmp_path / "Cu.tif", holed(1250, 6))
    found = read(tmp_path)
    assert found.mask.all()
    assert found.warnings == []


def test_declared_codes_count_before_and_after_scaling_and_unused_ones_are_told(tmp_path):
    write_tiff(tmp_path / "Cu.tif", holed(-777, 4))
    with rasterio.open(tmp_path / "Cu.tif", "r+") as file:
        file.scales, file.offsets = [0.5], [1]
    found = read(tmp_path, nodata=[-777, 12345])
    assert found.mask.sum() == ROWS * COLUMNS - 4
    np.testing.assert_allclose(found.values[0][found.mask], (VALUES / 2 + 1)[found.mask])
    assert [told.what for told in found.warnings] == ["config key grids.nodata: no raster holds 12345"]


def test_cells_that_are_zero_in_all_rasters_are_asked_for(tmp_path):
    for name in ("Cu", "Zn", "Pb"):
        write_tiff(tmp_path / f"{name}.tif", holed(0))
    text = message(tmp_path)
    assert "2 cell(s) are 0 here and in all other rasters (the first at row 1, column 1" in text
    assert "grids.nodata: 0" in text
    assert read(tmp_path, nodata=0).mask.sum() == ROWS * COLUMNS - 2
    assert "0 here and in all" in message(tmp_path, unit="none")


def test_classes_of_zero_and_one_are_no_blanks(tmp_path):
    write_tiff(tmp_path / "A.tif", VALUES > 30)
    write_tiff(tmp_path / "B.tif", VALUES > 40)
    found = read(tmp_path, unit="none")
    assert found.mask.all()
    assert found.warnings == []


# Concentrations that cannot be.


def test_more_than_a_million_ppm_is_impossible(tmp_path):
    write_tiff(tmp_path / "Cu.tif", holed(2e6, 1))
    text = message(tmp_path)
    assert "Cu.tif, band 1: read as ppm, the highest value is 2e+06 ppm in 1 cell(s)" in text
    for key in ("grids.nodata", "grids.units", "grids.exclude"):
        assert key in text
    # Nor does `report` let it pass.
    assert "impossible" in message(tmp_path, implausible="report")


def test_a_median_outside_its_range_names_the_likely_unit(tmp_path):
    write_tiff(tmp_path / "Cu.tif", 1000 * VALUES)
    text = message(tmp_path)
    assert "Cu.tif, band 1: read as ppm, the median is" in text
    assert "as ppb it would be plausible" in text
    np.testing.assert_allclose(read(tmp_path, unit="ppb").values[0], VALUES)
    found = read(tmp_path, implausible="report")
    np.testing.assert_allclose(found.values[0], 1000 * VALUES)
    assert "the median is" in found.warnings[0].what


def test_a_negative_concentration_stops(tmp_path):
    write_tiff(tmp_path / "Cu.tif", holed(-0.5, 1))
    text = message(tmp_path)
    assert "Cu.tif, band 1: 1 cell(s) are negative (the lowest -0.5)" in text
    assert read(tmp_path, unit="none").values.min() == -0.5


def test_zeros_become_a_share_of_the_smallest_positive_value(tmp_path):
    write_tiff(tmp_path / "Cu.tif", holed(0))
    write_tiff(tmp_path / "Zn.tif", VALUES)
    found = read(tmp_path)
    least = VALUES[0, 2]
    np.testing.assert_allclose(found.values[0][0, :3], [least / 2, least / 2, least])
    np.testing.assert_allclose(found.values[1], VALUES)
    (told,) = found.warnings
    assert "2 cells (4.2%) of Cu are 0" in told.what
    assert "grids.floor" in told.fix
    np.testing.assert_allclose(read(tmp_path, floor=0.1).values[0][0, 0], least / 10)
    assert read(tmp_path, floor=None).values.min() == 0


# Units.


SPELT = {
    1: ["ppm", "mg/kg", "mg kg-1", "mg\u00b7kg\u207b\u00b9", "g/t", "\u00b5g/g", "\u03bcg/g", "", "unknown"],
    1e-3: ["ppb", "ug/kg", "\u00b5g kg^-1", "ng/g"],
    1e3: ["g/kg"],
    1e4: ["%", "wt.%", "pct", "Percent"],
}


@pytest.mark.parametrize(
    ("unit", "factor"), [(unit, factor) for factor, units in SPELT.items() for unit in units]
)
def test_a_unit_that_the_file_states(tmp_path, unit, factor):
    ppm = VALUES * {1e-3: 0.1}.get(factor, 1)
    dataset(Cu=(("y", "x"), ppm / factor, {"units": unit})).to_netcdf(tmp_path / "all.nc")
    found = read(tmp_path, file="all.nc")
    np.testing.assert_allclose(found.values[0], ppm)
    assert [unit in told.what for told in found.warnings] == ([True] if factor != 1 else [])


def test_units_of_the_bands_of_a_geotiff(tmp_path):
    layers = VALUES, VALUES / 10, VALUES / 10
    write_tiff(tmp_path / "all.tif", *layers, names=["Zn", "Au", "Fe2O3"], units=["ppm", "ppb", "%"])
    found = read(tmp_path, file="all.tif")
    assert found.elements == ["Zn", "Au", "Fe"]
    np.testing.assert_allclose(found.values[1], VALUES / 10_000, rtol=1e-6)
    np.testing.assert_allclose(found.values[2], VALUES * 1e3 * 0.69943, rtol=1e-4)
    assert [told.row for told in found.warnings] == ["band 2", "band 3"]


def test_config_and_file_that_disagree(tmp_path):
    write_tiff(tmp_path / "Cu.tif", VALUES, units=["ppb"])
    text = message(tmp_path, units={"Cu": "ppm"})
    assert "Cu.tif, band 1: the file states the unit 'ppb', but grids.units is ppm" in text
    text = message(tmp_path, unit="percent")
    assert "the file states the unit 'ppb', but grids.unit is percent" in text
    np.testing.assert_allclose(read(tmp_path, unit="percent", units={"Cu": "ppb"}).values[0], VALUES / 1000)


def test_a_unit_that_is_not_known(tmp_path):
    write_tiff(tmp_path / "Cu.tif", VALUES, units=["log10(ppm)"])
    text = message(tmp_path)
    assert "Cu.tif, band 1: the file states the unit 'log10(ppm)'" in text
    assert "grids.units: {Cu: ppm}" in text
    np.testing.assert_allclose(read(tmp_path, units={"Cu": "ppm"}).values[0], VALUES)


def test_units_of_single_elements(tmp_path):
    write_tiff(tmp_path / "all.tif", VALUES, VALUES, VALUES / 10, names=["Cu", "Au", "Al2O3"])
    found = read(tmp_path, file="all.tif", units={"Au": "ppb", "Al": "percent"})
    np.testing.assert_allclose(found.values[1], VALUES / 1000)
    np.testing.assert_allclose(found.values[2], VALUES * 1000 * 0.529257, rtol=1e-5)
    assert found.warnings == []
    assert "grids.units: there is no band or element 'Ag'" in message(
        tmp_path, file="all.tif", units={"Ag": "ppb"}
    )


def test_a_unit_in_the_name_of_a_band(tmp_path):
    write_tiff(tmp_path / "all.tif", VALUES, VALUES, names=["Cu_ppm", "Au (ppb)"])
    found = read(tmp_path, file="all.tif")
    assert found.elements == ["Cu", "Au"]
    np.testing.assert_allclose(found.values, [VALUES, VALUES / 1000])


# What is no element.


def test_a_height_or_mask_beside_elements(tmp_path):
    for name in ("Cu", "Zn"):
        write_tiff(tmp_path / f"{name}.tif", VALUES)
    write_tiff(tmp_path / "DEM.tif", 10 * VALUES)
    # Another grid does not matter for what is left out.
    write_tiff(tmp_path / "Mask.tif", VALUES > 30, size=900)
    assert "Mask.tif, band 1: its grid" in message(tmp_path)
    text = message(tmp_path, exclude=["Mask.tif"])
    assert "DEM.tif, band 1: 'DEM' is no element" in text
    assert "grids.exclude: [DEM]" in text
    assert read(tmp_path, exclude=["DEM", "Mask"]).elements == ["Cu", "Zn"]
    assert read(tmp_path, include=["Cu", "Zn"]).elements == ["Cu", "Zn"]
    found = read(tmp_path, exclude=["Mask"], units={"DEM": "none"})
    assert found.elements == ["Cu", "DEM", "Zn"]
    np.testing.assert_allclose(found.values[1], 10 * VALUES)


@pytest.mark.parametrize("key", ["include", "exclude"])
def test_a_name_that_is_met_nowhere(tmp_path, key):
    for name in ("Cu", "Al2O3"):
        write_tiff(tmp_path / f"{name}.tif", VALUES)
    text = message(tmp_path, **{key: ["Al", "Zn"]})
    assert text.startswith(f"config key grids.{key}: there is no file, band or element 'Zn' in ")
    assert "Al2O3" in text


def test_include_and_exclude_go_by_element(tmp_path):
    write_tiff(tmp_path / "all.tif", VALUES, 1000 * VALUES, VALUES, names=["Cu", "Al2O3", "Zn"])
    assert read(tmp_path, file="all.tif", include=["Al", "Zn"]).elements == ["Al", "Zn"]
    assert read(tmp_path, file="all.tif", exclude=["Al2O3"]).elements == ["Cu", "Zn"]
    assert "leave no band" in message(tmp_path, file="all.tif", exclude=["Cu", "Al", "Zn"])
    with pytest.raises(InputError, match=r"'Cu' is in grids\.include and in grids\.exclude"):
        read(tmp_path, file="all.tif", include=["Cu"], exclude=["Cu"])


def test_bands_of_coordinates_are_passed_over(tmp_path):
    write_tiff(tmp_path / "all.tif", VALUES, VALUES, VALUES, names=["PC1", "Longitude", "lat"])
    found = read(tmp_path, unit="none", file="all.tif")
    assert found.elements == ["PC1"]
    assert "Longitude, lat" in found.warnings[0].what
    assert read(tmp_path, unit="none", file="all.tif", include=["PC1", "lat"]).elements == ["PC1", "lat"]


# Files of a folder.


def test_a_file_that_is_named_after_one_element_and_calls_its_grid_another(tmp_path):
    write_tiff(tmp_path / "Cu.tif", VALUES, names=["Zn"])
    write_tiff(tmp_path / "Al.tif", 1000 * VALUES, names=["Al2O3"])
    write_tiff(tmp_path / "Pb.tif", VALUES, names=["kriged"])
    dataset(Ni=(("y", "x"), VALUES)).to_netcdf(tmp_path / "Co.nc")
    found = read(tmp_path)
    assert found.elements == ["Al", "Co", "Cu", "Pb"]
    told = {Path(one.file).name: (one.row, one.what) for one in found.warnings}
    assert told == {
        "Co.nc": ("variable Ni", "the file is named after Co, but calls its grid 'Ni'; it was taken for Co"),
        "Cu.tif": ("band 1", "the file is named after Cu, but calls its grid 'Zn'; it was taken for Cu"),
    }


@pytest.mark.parametrize("name", ["Pb.TIF", "Pb.Tiff", "Pb.tif"])
def test_suffixes_match_in_any_case(tmp_path, name):
    write_tiff(tmp_path / "Cu.tif", VALUES)
    write_tiff(tmp_path / name, 2 * VALUES)
    found = read(tmp_path)
    assert found.elements == ["Cu", "Pb"]
    np.testing.assert_allclose(found.values[1], 2 * VALUES)
    assert found.warnings == []


def test_files_that_were_passed_over_are_named(tmp_path):
    write_tiff(tmp_path / "Cu.tif", VALUES)
    for name in (
        "zn.tif",
        "Pb ppm.tif",
        "Ni.tif.gz",
        "As.lyr9",
        "readme.txt",
        "Cu.tif.aux.xml",
        "Cu.tfw",
        "README",
    ):
        (tmp_path / name).touch()
    (told,) = read(tmp_path).warnings
    assert told.file == str(tmp_path)
    assert told.what == (
        "4 files of the folder were passed over, since grids.pattern does not match: As.lyr9, Ni.tif.gz, Pb ppm.tif, "
        "zn.tif"
    )


def test_a_folder_without_a_match_names_what_is_there(tmp_path):
    write_tiff(tmp_path / "cu_ppm.tif", VALUES)
    assert "There are cu_ppm.tif." in message(tmp_path)
