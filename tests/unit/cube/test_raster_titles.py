"""What rasters are called: units and transforms in titles and tags, names of files, attributes of NetCDF."""

import re

import numpy as np
import pytest
import rasterio.shutil
import xarray as xr
from geohalo.cube.netcdf_bands import is_netcdf
from pyproj import CRS
from raster_inputs import HOLE, VALUES, X, Y, assert_holed, dataset, holed, message, read, write_tiff

MAP = ("y", "x")
#: Gold in ppb.
PPB = VALUES


# Units.


@pytest.mark.parametrize(
    "keys",
    [
        {"descriptions": ["Au (ppb)"]},
        {"descriptions": ["gold in ppb, ordinary kriging"]},
        {"tags": {"UNITS": "ppb"}},
        {"tags": {"TIFFTAG_IMAGEDESCRIPTION": "Au [ug/kg]"}},
        {"units": ["ppb"], "descriptions": ["Au"]},
    ],
)
def test_units_in_titles_and_tags_of_a_geotiff(tmp_path, keys):
    write_tiff(tmp_path / "Au.tif", PPB, **keys)
    found = read(tmp_path)
    np.testing.assert_allclose(found.values[0], PPB / 1000, rtol=1e-6)
    (told,) = found.warnings
    assert re.search("unit '(ppb|ug/kg)'", told.what)


def test_a_title_with_several_units_or_none_tells_nothing(tmp_path):
    for title in ("Cu, ppm or ppb", "Cu of 2012 (AAS)", "Cu"):
        write_tiff(tmp_path / "Cu.tif", VALUES, descriptions=[title])
        found = read(tmp_path)
        np.testing.assert_allclose(found.values[0], VALUES)
        assert found.warnings == []


def test_a_title_that_contradicts_the_unit(tmp_path):
    write_tiff(tmp_path / "Cu.tif", VALUES, units=["ppm"], descriptions=["Cu (ppb)"])
    assert "state different units (ppb and ppm)" in message(tmp_path)


@pytest.mark.parametrize(
    ("driver", "name", "header"), [("SAGA", "Au.sdat", "Au.sgrd"), ("RST", "Au.rst", "Au.rdc")]
)
def test_units_in_the_headers_of_saga_and_idrisi(tmp_path, driver, name, header):
    write_tiff(tmp_path / "a.tif", holed(-9999, PPB), nodata=-9999)
    rasterio.shutil.copy(tmp_path / "a.tif", tmp_path / name, driver=driver)
    (tmp_path / "Au.prj").write_text(CRS.from_epsg(2157).to_wkt("WKT1_ESRI"))
    text = (tmp_path / header).read_text()
    text, count = re.subn(r"(?m)^(UNIT\s*=|value units\s*:).*$", r"\1 ppb", text)
    assert count == 1
    (tmp_path / header).write_text(text)
    found = read(tmp_path, pattern=r"^(?P<element>Au)\.(sdat|rst)$")
    assert_holed(found, factor=1e-3)


@pytest.mark.parametrize(
    ("about", "factor"),
    [
        ({"unit": "ppb"}, 1e-3),
        ({"long_name": "gold (ppb)"}, 1e-3),
        ({"units": "kg kg-1"}, 1e6),
        ({"units": "1e-6"}, 1),
        ({"units": "1e-09"}, None),
    ],
)
def test_units_of_a_netcdf_variable(tmp_path, about, factor):
    ppm = VALUES / 10 if factor == 1e-3 else VALUES
    dataset(Cu=(MAP, ppm / (factor or 1), about)).to_netcdf(tmp_path / "all.nc")
    if factor is None:
        assert "the file states the unit '1e-09'" in message(tmp_path, file="all.nc")
        return
    np.testing.assert_allclose(read(tmp_path, file="all.nc").values[0], ppm)


def test_the_unit_of_heights_in_a_compound_crs_is_none_of_the_band(tmp_path):
    write_tiff(tmp_path / "Cu.tif", holed(np.nan), crs="EPSG:2157+5773")
    with rasterio.open(tmp_path / "Cu.tif") as file:
        assert file.units == ("metre",)
    assert_holed(read(tmp_path))
    assert_holed(read(tmp_path, crs="EPSG:2157"))


@pytest.mark.parametrize(
    "title", ["log10 Cu", "Cu, clr", "ln(Cu ppm)", "kriging variance of Cu", "percentile"]
)
def test_what_is_made_of_concentrations_is_none(tmp_path, title):
    write_tiff(tmp_path / "Cu.tif", VALUES, descriptions=[title])
    text = message(tmp_path)
    assert f"Cu.tif, band 1: the file calls it '{title}'" in text
    assert "grids.units: {Cu: none}" in text
    # Said to be concentrations, they are.
    np.testing.assert_allclose(read(tmp_path, units={"Cu": "ppm"}).values[0], VALUES)
    np.testing.assert_allclose(read(tmp_path, unit="none").values[0], VALUES)


@pytest.mark.parametrize("title", ["Cu, lognormal kriging", "Cu of catalogue 3", "analogue"])
def test_titles_that_only_look_derived(tmp_path, title):
    write_tiff(tmp_path / "Cu.tif", VALUES, descriptions=[title])
    assert read(tmp_path).elements == ["Cu"]


# Names of files.


@pytest.mark.parametrize(
    "form", ["Au_ppb.tif", "Au-ppb.TIF", "Au_PPB.tif", "Au ppb.tif", "Au (ppb).tif", "Auppb.tif"]
)
def test_a_unit_in_the_name_of_a_file(tmp_path, form):
    write_tiff(tmp_path / form, PPB, descriptions=["Au"])
    write_tiff(tmp_path / "Cu_ppm.tif", VALUES)
    if form == "Auppb.tif":
        assert "'Auppb' is no element" in message(tmp_path)
        return
    if " " in form or "PPB" in form:
        assert f"grids.pattern does not match: {form}" in read(tmp_path).warnings[0].what
        return
    found = read(tmp_path)
    assert found.elements == ["Au", "Cu"]
    np.testing.assert_allclose(found.values, [PPB / 1000, VALUES], rtol=1e-6)
    assert len(found.warnings) == 1
    assert read(tmp_path, include=["Au"]).elements == read(tmp_path, exclude=["Cu"]).elements == ["Au"]
    assert "grids.units is ppm" in message(tmp_path, units={"Au": "ppm"})


@pytest.mark.parametrize(
    "names",
    [
        ("cu.tif", "zn.tif", "Pb.tiff"),
        ("01_Cu.tif", "02_Zn.tif", "legend.tif"),
        ("Cu_ppm_IDW.tif", "Zn_ppm_IDW.tif", "Au_ppb_IDW.tif"),
        ("grid.1(Cu).tif", "grid.2(Zn).tif", "as_built.tif"),
    ],
)
def test_a_pattern_that_would_match_is_suggested(tmp_path, names):
    for name in names:
        write_tiff(tmp_path / name, VALUES)
    text = message(tmp_path, pattern="^(?P<element>no)$")
    suggested = re.search(r"'(\^[^']*\$)' would match (\d) of them", text)
    assert suggested is not None, text
    found = read(tmp_path, pattern=suggested[1])
    assert {"Cu", "Zn"} <= set(found.elements)
    assert len(found.elements) == int(suggested[2])
    if "Au" in found.elements:
        np.testing.assert_allclose(found.values[found.elements.index("Au")], VALUES / 1000)


# Forms of NetCDF.


@pytest.mark.parametrize("packed", [False, True])
def test_what_lies_outside_the_valid_range_is_no_data(tmp_path, packed):
    for about in ({"valid_range": [0, 80]}, {"valid_max": 80}):
        values = holed(90)
        encoding = {"_FillValue": None}
        if packed:
            about = {key: (np.array(limit) * 100).astype(np.int16) for key, limit in about.items()}
            encoding = {"dtype": "i2", "scale_factor": 0.01, "_FillValue": -32768}
        dataset(Cu=(MAP, values, about)).to_netcdf(tmp_path / "all.nc", encoding={"Cu": encoding})
        found = read(tmp_path, file="all.nc")
        assert_holed(found)
        assert "3 cells lie outside" in found.warnings[0].what
        (tmp_path / "all.nc").unlink()


def test_an_undeclared_code_of_packed_numbers(tmp_path):
    encoding = {"dtype": "i2", "scale_factor": 0.01, "add_offset": 100.0, "_FillValue": None}
    values = holed(-9999 * 0.01 + 100, VALUES + 100)
    dataset(Cu=(MAP, values)).to_netcdf(tmp_path / "all.nc", encoding={"Cu": encoding})
    assert "the lowest value, 0.01 in 3 cell(s), stands apart" in message(tmp_path, file="all.nc")


def test_a_valid_range_of_unsigned_bytes(tmp_path):
    stored = holed(255, np.rint(100 + VALUES)).astype(np.uint8).view(np.int8)
    about = {"_Unsigned": "true", "valid_range": np.array([0, -2], np.int8)}
    dataset(Cu=(MAP, stored, about)).to_netcdf(tmp_path / "all.nc")
    found = read(tmp_path, file="all.nc")
    np.testing.assert_array_equal(found.mask, ~HOLE)
    np.testing.assert_allclose(found.values[0][~HOLE], np.rint(100 + VALUES)[~HOLE])
    assert "outside 0 to 254" in found.warnings[0].what


def test_groups_are_told(tmp_path):
    inner = dataset(Zn=(MAP, VALUES))
    inner.to_netcdf(tmp_path / "all.nc", group="more")
    assert "variables in groups (more) are not read" in message(tmp_path, file="all.nc")
    dataset(Cu=(MAP, VALUES)).to_netcdf(tmp_path / "two.nc")
    inner.to_netcdf(tmp_path / "two.nc", group="more", mode="a")
    found = read(tmp_path, file="two.nc")
    assert found.elements == ["Cu"]
    assert "groups of variables are not read: more" in found.warnings[0].what


def test_borders_of_cells_that_nothing_declares(tmp_path):
    borders = ("x", "nv"), np.stack([X - 500, X + 500], axis=1)
    dataset(Cu=(MAP, VALUES), x_bnds=borders, profile=borders).to_netcdf(tmp_path / "all.nc")
    found = read(tmp_path, file="all.nc")
    assert found.elements == ["Cu"]
    assert [told.what for told in found.warnings] == ["1 variable was passed over as no element: profile"]


def test_names_of_layers_in_a_coordinate_beside_their_numbers(tmp_path):
    layers = ("band", *MAP), np.stack([VALUES, 2 * VALUES])
    data = dataset(grids=layers).assign_coords(band=[1, 2], symbol=("band", ["Cu", "Zn"]))
    data.assign_coords(units=("band", ["ppm", "ppm"])).to_netcdf(tmp_path / "all.nc")
    found = read(tmp_path, file="all.nc")
    assert found.elements == ["Cu", "Zn"]
    np.testing.assert_allclose(found.values, layers[1])


@pytest.mark.parametrize("where", ["global", "variable", "mapping"])
@pytest.mark.parametrize("about", [{"epsg_code": "EPSG:2157"}, {"EPSG": 2157}, {"proj4": "EPSG:2157"}])
def test_a_crs_as_a_code(tmp_path, where, about):
    data = dataset(None, Cu=(MAP, VALUES))
    if where == "global":
        data.attrs = about
    elif where == "variable":
        data["Cu"].attrs = about
    else:
        data["crs"] = xr.DataArray(0, attrs=about)
        data["Cu"].attrs["grid_mapping"] = "crs"
    data.to_netcdf(tmp_path / "all.nc")
    found = read(tmp_path, file="all.nc")
    assert found.crs.to_epsg() == 2157
    np.testing.assert_allclose(found.grid.y, Y)


def test_hdf5_by_its_content(tmp_path):
    dataset(Cu=(MAP, holed(np.nan))).to_netcdf(tmp_path / "Cu.h5")
    assert is_netcdf(tmp_path / "Cu.h5")
    assert_holed(read(tmp_path))
    assert not is_netcdf(tmp_path / "absent.h5")
