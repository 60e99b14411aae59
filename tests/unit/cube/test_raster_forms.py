"""Rasters as software writes them: forms of NetCDF, grid formats, and their CRS in other words."""

from pathlib import Path

import numpy as np
import pyproj
import pytest
import rasterio
import rasterio.shutil
import rioxarray  # noqa: F401  (gives datasets their .rio)
import xarray as xr
from geohalo.cube.raster_places import same_crs
from geohalo.cube.rasters import Rasters
from geohalo.settings import check_settings
from raster_inputs import message, read
from rasterio.transform import from_origin

ROWS, COLUMNS = 6, 8
X = 600500 + 1000.0 * np.arange(COLUMNS)
Y = 752500 - 1000.0 * np.arange(ROWS)
VALUES = 20 + np.arange(ROWS * COLUMNS, dtype=float).reshape(ROWS, COLUMNS) / 2
MAP = ("y", "x")


def write_tiff(path: Path, values=VALUES, crs="EPSG:2157", corner=(600000.0, 753000.0), size=1000) -> None:
    about = {"height": ROWS, "width": COLUMNS, "count": 1, "dtype": "float32"}
    with rasterio.open(
        path, "w", "GTiff", crs=crs, transform=from_origin(*corner, size, size), **about
    ) as file:
        file.write(values, 1)


def dataset(crs: str | None = "EPSG:2157", **variables) -> xr.Dataset:
    data = xr.Dataset(variables, {"x": X, "y": Y})
    return data.rio.write_crs(crs).rio.write_coordinate_system() if crs else data


def assert_read(found: Rasters, *elements: str) -> None:
    """The places, the names, and the values of each element: its number times those of the first."""
    assert tuple(found.elements) == elements
    np.testing.assert_allclose(found.grid.x, X)
    np.testing.assert_allclose(found.grid.y, Y)
    expected = [k * VALUES for k in range(1, len(elements) + 1)]
    np.testing.assert_allclose(found.values, expected, rtol=1e-6)


# Forms of NetCDF.


def test_places_over_y_and_x_are_no_element(tmp_path):
    about = {"units": "degrees_north"}
    data = dataset(
        Cu=(MAP, VALUES), lat=(MAP, VALUES), lon=(MAP, VALUES), P=(MAP, VALUES, about), Y=(MAP, 2 * VALUES)
    )
    data.to_netcdf(tmp_path / "all.nc")
    found = read(tmp_path, file="all.nc")
    # Yttrium and phosphorus have one letter; the latter is called by its unit what it is.
    assert_read(found, "Cu", "Y")
    (told,) = found.warnings
    assert told.what == "3 variables were passed over as no element: lat, lon, P"


def test_dimensions_of_length_one_do_no_harm(tmp_path):
    data = dataset(
        Cu=(MAP, VALUES), Zn=(("time", *MAP), 2 * VALUES[None]), Pb=(("band", *MAP), 3 * VALUES[None])
    )
    data.to_netcdf(tmp_path / "all.nc")
    assert_read(read(tmp_path, file="all.nc"), "Cu", "Zn", "Pb")


@pytest.mark.parametrize("order", [("element", "y", "x"), ("y", "x", "element")])
def test_one_variable_of_all_elements(tmp_path, order):
    stack = np.stack([VALUES, 2 * VALUES, 3 * VALUES])
    data = dataset(conc=(("element", *MAP), stack), mask=(MAP, np.ones_like(VALUES)))
    data = data.assign_coords(element=["Cu", "Zn", "Pb"]).transpose(*order)
    data.to_netcdf(tmp_path / "all.nc")
    found = read(tmp_path, file="all.nc")
    assert_read(found, "Cu", "Zn", "Pb")
    assert found.warnings[0].what == "1 variable was passed over as no element: mask"
    assert_read(read(tmp_path, file="all.nc", include=["Cu", "Zn"]), "Cu", "Zn")
    assert_read(read(tmp_path, file="all.nc", exclude=["Pb", "mask"]), "Cu", "Zn")


def test_units_along_the_elements(tmp_path):
    stack = np.stack([VALUES, 20 * VALUES])
    data = dataset(conc=(("element", *MAP), stack), units=("element", ["ppm", "ppb"]))
    data.assign_coords(element=["Cu", "Ag"]).to_netcdf(tmp_path / "all.nc")
    np.testing.assert_allclose(read(tmp_path, file="all.nc").values[1], VALUES / 50)


def test_names_of_bands_in_an_attribute(tmp_path):
    data = dataset(data=(("band", *MAP), np.stack([VALUES, 2 * VALUES]), {"long_name": ["Cu", "Zn"]}))
    data.assign_coords(band=[1, 2]).to_netcdf(tmp_path / "all.nc")
    assert_read(read(tmp_path, file="all.nc"), "Cu", "Zn")


def test_concentrations_beside_their_variances(tmp_path):
    stack = np.stack([VALUES, 2 * VALUES])
    data = dataset(concentration=(("element", *MAP), stack), variance=(("element", *MAP), stack))
    data.assign_coords(element=["Cu", "Zn"]).to_netcdf(tmp_path / "all.nc")
    found = read(tmp_path, file="all.nc")
    assert_read(found, "Cu", "Zn")
    assert "variance" in found.warnings[0].what
    data.rename(concentration="mean").assign_coords(element=["Cu", "Zn"]).to_netcdf(tmp_path / "other.nc")
    assert "2 variables hold several grids each (mean, variance)" in message(tmp_path, file="other.nc")
    assert_read(read(tmp_path, file="other.nc", exclude=["variance"]), "Cu", "Zn")


def test_a_dimension_without_names_stops(tmp_path):
    data = dataset(Cu=(MAP, VALUES), Pb=(("time", *MAP), np.stack([VALUES, VALUES])))
    data.to_netcdf(tmp_path / "all.nc")
    text = message(tmp_path, file="all.nc")
    assert "all.nc, variable Pb: beside y and x there is another dimension (time 2)" in text
    assert "grids.exclude" in text
    assert_read(read(tmp_path, file="all.nc", exclude=["Pb"]), "Cu")
    assert_read(read(tmp_path, file="all.nc", include=["Cu"]), "Cu")


@pytest.mark.parametrize(
    "names",
    [
        ("northing", "easting"),
        ("Northing", "Easting"),
        ("Y", "X"),
        ("yc", "xc"),
        ("utm_y", "utm_x"),
        ("north", "east"),
    ],
)
def test_customary_names_of_dimensions(tmp_path, names):
    data = dataset(Cu=(MAP, VALUES), Zn=(MAP, 2 * VALUES)).rename(dict(zip(MAP, names, strict=True)))
    data.to_netcdf(tmp_path / "all.nc")
    assert_read(read(tmp_path, file="all.nc"), "Cu", "Zn")


def test_dimensions_are_known_by_their_attributes(tmp_path):
    data = dataset(Cu=(MAP, VALUES)).rename(x="ost", y="nord")
    data["ost"].attrs, data["nord"].attrs = {"standard_name": "projection_x_coordinate"}, {"axis": "Y"}
    data.to_netcdf(tmp_path / "all.nc")
    assert_read(read(tmp_path, file="all.nc"), "Cu")


def test_coordinates_in_kilometres(tmp_path):
    data = dataset(Cu=(MAP, VALUES)).assign_coords(x=X / 1000, y=Y / 1000)
    data["x"].attrs["units"] = data["y"].attrs["units"] = "km"
    data.to_netcdf(tmp_path / "all.nc")
    assert_read(read(tmp_path, file="all.nc"), "Cu")


def test_a_crs_in_an_attribute_or_a_variable_that_nothing_points_to(tmp_path):
    data = dataset(None, Cu=(MAP, VALUES))
    data.assign_attrs(crs="EPSG:2157").to_netcdf(tmp_path / "attribute.nc")
    data.assign(projection=((), 0, pyproj.CRS(2157).to_cf())).to_netcdf(tmp_path / "variable.nc")
    for name in ("attribute.nc", "variable.nc"):
        found = read(tmp_path, file=name)
        assert_read(found, "Cu")
        assert found.crs.to_epsg() == 2157
    data.assign_attrs(crs="the usual").to_netcdf(tmp_path / "bad.nc")
    assert "bad.nc, variable Cu: its CRS is not understood" in message(tmp_path, file="bad.nc")


def test_a_folder_with_one_netcdf_for_each_element(tmp_path):
    dataset(z=(MAP, VALUES), lat=(MAP, VALUES)).to_netcdf(tmp_path / "Cu.nc")
    dataset(Zn=(MAP, 2 * VALUES), Zn_variance=(MAP, VALUES)).to_netcdf(tmp_path / "Zn.nc")
    # As the Generic Mapping Tools name theirs.
    dataset(z=(("y", "x"), 3 * VALUES)).to_netcdf(tmp_path / "Pb.grd")
    found = read(tmp_path)
    assert found.elements == ["Cu", "Pb", "Zn"]
    np.testing.assert_allclose(found.values, [VALUES, 3 * VALUES, 2 * VALUES])
    assert [(Path(told.file).name, told.what.split(": ")[1]) for told in found.warnings] == [
        ("Cu.nc", "lat"),
        ("Zn.nc", "Zn_variance"),
    ]
    dataset(a=(MAP, VALUES), b=(MAP, VALUES)).to_netcdf(tmp_path / "Ni.nc")
    assert "Ni.nc: 2 variables (a, b), and none is named Ni" in message(tmp_path)
    assert read(tmp_path, exclude=["Ni.nc"]).elements == ["Cu", "Pb", "Zn"]


def test_the_elements_that_geohalo_writes(tmp_path):
    from geohalo.stages.read_grids import read_grids

    dataset(Cu=(MAP, VALUES), Zn=(MAP, 2 * VALUES)).to_netcdf(tmp_path / "all.nc")
    config = {"survey": "a", "deposits": {"file": "b.csv"}, "grids": {"file": "all.nc"}}
    read_grids(check_settings(config, "a.yaml")["grids"], str(tmp_path), str(tmp_path / "elements.nc"))
    found = read(tmp_path, file="elements.nc")
    assert_read(found, "Cu", "Zn")
    assert [told.what for told in found.warnings] == ["1 variable was passed over as no element: mask"]


# Formats of grids.


def convert(tmp_path: Path, driver: str, suffix: str, values=VALUES) -> None:
    write_tiff(tmp_path / "given.tiff", values)
    rasterio.shutil.copy(tmp_path / "given.tiff", tmp_path / f"Cu{suffix}", driver=driver)
    (tmp_path / "given.tiff").unlink()


FORMATS = {"ERS": ".ers", "AAIGrid": ".asc", "SAGA": ".sdat", "HFA": ".IMG", "PCIDSK": ".pix", "ENVI": ".dat"}
WITHOUT_CRS = {"GSAG": ".grd", "GSBG": ".grd", "GS7BG": ".grd"}


@pytest.mark.parametrize(("driver", "suffix"), (FORMATS | WITHOUT_CRS).items())
def test_formats_of_grid_software(tmp_path, driver, suffix):
    convert(tmp_path, driver, suffix)
    pattern = "^(?P<element>[A-Z][a-z]?)\\.(grd|ers|asc|sdat|img|pix|dat)$"
    # Without what GDAL leaves beside the file, some formats have no CRS.
    (tmp_path / f"Cu{suffix}.aux.xml").unlink(missing_ok=True)
    stated = {"crs": "EPSG:2157"} if driver in WITHOUT_CRS else {}
    found = read(tmp_path, pattern=pattern, **stated)
    assert_read(found, "Cu")
    assert found.warnings == []
    if not stated:
        return
    assert "Cu.grd, band 1: the raster has no CRS; set grids.crs" in message(tmp_path, pattern=pattern)


@pytest.mark.parametrize("blank", ["1.70141e+38", "nan"])
def test_blanks_of_surfer(tmp_path, blank):
    rows = [" ".join(f"{value:g}" for value in row) for row in VALUES[::-1]]
    rows[0] = rows[0].replace("40 ", f"{blank} ", 1)
    head = [f"{COLUMNS} {ROWS}", f"{X[0]} {X[-1]}", f"{Y[-1]} {Y[0]}", f"{VALUES.min()} {VALUES.max()}"]
    (tmp_path / "Cu.grd").write_text("\r\n".join(["DSAA", *head, *rows]))
    found = read(tmp_path, crs="EPSG:2157")
    assert found.mask.sum() == ROWS * COLUMNS - 1
    assert not found.mask[5, 0]
    np.testing.assert_allclose(found.values[0][found.mask], VALUES[found.mask])
    (tmp_path / "Cu.grd").write_text("\r\n".join(["DSAA", *head, *rows[:-1]]))
    assert "Cu.grd: 40 values for 6 x 8 cells; the file is cut off" in message(tmp_path, crs="EPSG:2157")


def test_gxf(tmp_path):
    about = {"POINTS": COLUMNS, "ROWS": ROWS, "PTSEPARATION": 1000, "RWSEPARATION": 1000, "XORIGIN": X[0]}
    about |= {"YORIGIN": Y[-1], "ROTATION": 0, "DUMMY": -1e32, "SENSE": 1}
    values = VALUES[::-1].copy()
    values[0, 0] = -1e32
    text = "".join(f"#{key}\n{value}\n" for key, value in about.items()) + "#GRID\n"
    (tmp_path / "Cu.gxf").write_text(
        text + "\n".join(" ".join(f"{v:g}" for v in row) for row in values) + "\n"
    )
    found = read(tmp_path, crs="EPSG:2157")
    assert np.argwhere(~found.mask).tolist() == [[ROWS - 1, 0]]
    np.testing.assert_allclose(found.values[0][found.mask], VALUES[found.mask], rtol=1e-6)
    np.testing.assert_allclose(found.grid.y, Y)


def test_the_cause_of_a_failure_is_told(tmp_path):
    write_tiff(tmp_path / "Cu.tif")
    rasterio.shutil.copy(tmp_path / "Cu.tif", tmp_path / "Cu.vrt", driver="VRT")
    (tmp_path / "Cu.tif").unlink()
    text = message(tmp_path, pattern="^(?P<element>[A-Z][a-z])\\.vrt$")
    assert f"({tmp_path}/Cu.tif: No such file or directory)" in text


# The same CRS in other words.


@pytest.mark.parametrize(
    "code", [2193, 3035, 2180, 31467, 28355, 32633, 2157, 27700, 26912, 7855, 3067, 3006]
)
@pytest.mark.parametrize("driver", ["AAIGrid", "ERS", "SAGA", "PCIDSK"])
def test_rasters_of_one_crs_by_different_drivers(tmp_path, code, driver):
    suffix, crs = FORMATS[driver], pyproj.CRS(code)
    area = crs.area_of_use
    to_map = pyproj.Transformer.from_crs(4326, crs, always_xy=True)
    corner = np.round(to_map.transform((area.west + area.east) / 2, (area.south + area.north) / 2), -3)
    write_tiff(tmp_path / "Zn.tif", crs=f"EPSG:{code}", corner=corner)
    rasterio.shutil.copy(tmp_path / "Zn.tif", tmp_path / f"Cu{suffix}", driver=driver)
    (tmp_path / f"Cu{suffix}.aux.xml").unlink(missing_ok=True)
    found = read(tmp_path, pattern="^(?P<element>[A-Z][a-z])\\.(tif|asc|ers|sdat|pix)$")
    assert found.elements == ["Cu", "Zn"]
    np.testing.assert_allclose(found.grid.x, corner[0] + 500 + 1000 * np.arange(COLUMNS))
    # That of the file that says best what it is is taken.
    taken = pyproj.CRS.from_wkt(found.crs.to_wkt())
    assert same_crs(taken, crs)
    assert "Unknown" not in taken.datum.name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (28355, 28356),
        (28355, 7855),
        (32633, 25833),
        (27700, 29903),
        (31467, 31468),
        (2157, 29903),
        (2193, 27200),
        (2180, 2179),
    ],
)
def test_other_crs_stay_others(one, other):
    assert not same_crs(pyproj.CRS(one), pyproj.CRS(other))


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (25833, "EPSG:25833+5941"),
        (
            31467,
            "+proj=tmerc +lat_0=0 +lon_0=9 +k=1 +x_0=3500000 +ellps=bessel +towgs84=598.1,73.7,418.2,0,0,0,0 +units=m",
        ),
    ],
)
def test_heights_and_shifts_make_no_other_crs(code, text):
    assert same_crs(pyproj.CRS(text), pyproj.CRS(code))
    assert same_crs(pyproj.CRS(code), pyproj.CRS(text))


def test_a_crs_for_files_that_state_none(tmp_path):
    write_tiff(tmp_path / "Cu.tif", crs=None)
    write_tiff(tmp_path / "Zn.tif", 2 * VALUES)
    found = read(tmp_path, crs="EPSG:2157")
    assert_read(found, "Cu", "Zn")
    assert found.crs.to_epsg() == 2157
    assert "Zn.tif, band 1: the file states the CRS EPSG:2157, but grids.crs is EPSG:29903" in message(
        tmp_path, crs="EPSG:29903"
    )
    assert "grids.crs: 'EPSG:4326' (WGS 84) is not projected" in message(tmp_path, crs="EPSG:4326")
    assert "grids.crs: 'UTM' is not a known CRS" in message(tmp_path, crs="UTM")


def test_an_engineering_crs(tmp_path):
    write_tiff(tmp_path / "Cu.tif", crs='LOCAL_CS["mine grid",UNIT["metre",1]]')
    text = message(tmp_path)
    assert "Cu.tif, band 1: its CRS 'mine grid' is neither geographic nor projected" in text
    assert "grids.crs" in text
    assert_read(read(tmp_path, crs="EPSG:2157"), "Cu")


@pytest.mark.parametrize(
    ("crs", "corner", "size", "parts"),
    [
        ("EPSG:4326", (600000, 753000), 1000, ["600000, 753000 lies outside EPSG:4326", "look like metres"]),
        (
            "EPSG:2157",
            (-8, 53.5),
            0.01,
            ["-8, 53.5 lies within 360 m of the origin of EPSG:2157", "look like degrees"],
        ),
        ("EPSG:2157", (600000, 7530000), 1000, ["600000, 7530000 lies outside the area of use of EPSG:2157"]),
        ("EPSG:2053", (50000, 2900000), 1000, ["EPSG:2053 point south and west", "gdalwarp"]),
        ("EPSG:3413", (0, 100000), 1000, []),
    ],
)
def test_a_crs_that_does_not_suit_the_place(tmp_path, crs, corner, size, parts):
    write_tiff(tmp_path / "Cu.tif", crs=crs, corner=corner, size=size)
    if not parts:
        assert read(tmp_path).grid.x[0] == 500
        return
    text = message(tmp_path)
    assert text.startswith(f"{tmp_path}/Cu.tif, band 1: ")
    for part in parts:
        assert part in text


def test_a_survey_somewhat_beyond_its_zone(tmp_path):
    """Four degrees west of zone 33 and not six: taken, and told."""
    corner = np.round(pyproj.Transformer.from_crs(4326, 32633, always_xy=True).transform(8.5, 60), -3)
    write_tiff(tmp_path / "Cu.tif", crs="EPSG:32633", corner=corner)
    found = read(tmp_path)
    assert "outside the area of use of EPSG:32633" in found.warnings[0].what
    assert found.grid.x[0] == corner[0] + 500
