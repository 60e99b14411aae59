"""Surveys that come as rasters: values at their places, units, and every fault of the files."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
import rioxarray  # noqa: F401  (gives datasets their .rio)
import xarray as xr
from geohalo.cube.raster_files import raster_files
from geohalo.cube.rasters import read_rasters
from geohalo.errors import InputError
from rasterio.transform import Affine, from_origin

ROWS, COLUMNS = 3, 4
ORIGIN = from_origin(600000, 753000, 1000, 1000)
X = 600500 + 1000 * np.arange(COLUMNS)
Y = 752500 - 1000 * np.arange(ROWS)
#: Value of a cell: 100 for each row from the north plus one for each column from the west.
VALUES = 10 + 100.0 * np.arange(ROWS)[:, None] + np.arange(COLUMNS)
PATTERN = "^(?P<element>[A-Z][A-Za-z0-9]*)\\.tiff?$"


def write_tiff(path: Path, *layers, names=(), crs="EPSG:2157", transform=ORIGIN, nodata=-1.0, **keys) -> Path:
    image = np.where(np.isnan(layers), nodata, layers)
    about = {"height": image.shape[1], "width": image.shape[2], "count": len(image), "dtype": "float32"}
    with rasterio.open(
        path, "w", "GTiff", **about | keys, crs=crs, transform=transform, nodata=nodata
    ) as file:
        file.write(image)
        file.descriptions = names or [None] * len(image)
    return path


def write_netcdf(path: Path, crs="EPSG:2157", dims=("y", "x"), **layers) -> Path:
    data = xr.Dataset({name: (dims, layer) for name, layer in layers.items()}, {"x": X, "y": Y})
    if crs:
        data = data.rio.write_crs(crs).rio.write_coordinate_system()
    data.to_netcdf(path)
    return path


def read(section: dict, folder: Path, unit="ppm"):
    found = read_rasters({"pattern": PATTERN, "unit": unit} | section, folder)
    return found.grid, found.crs, found.elements, found.values, found.mask


def message(section: dict, folder: Path) -> str:
    with pytest.raises(InputError) as caught:
        read(section, folder)
    text = str(caught.value)
    assert "\n" not in text
    return text


def assert_places(grid, crs) -> None:
    np.testing.assert_allclose(grid.x, X)
    np.testing.assert_allclose(grid.y, Y)
    assert crs.to_epsg() == 2157


def test_folder_of_rasters(tmp_path):
    hole = VALUES.copy()
    hole[2, 1] = np.nan
    write_tiff(tmp_path / "Cu.tif", hole)
    write_tiff(tmp_path / "Zn.tiff", 2 * hole)
    (tmp_path / "readme.txt").write_text("not a raster")
    (tmp_path / "Pb.tif.aux.xml").write_text("not a raster")
    grid, crs, names, values, mask = read({"folder": "."}, tmp_path)
    assert_places(grid, crs)
    assert names == ["Cu", "Zn"]
    np.testing.assert_array_equal(mask, ~np.isnan(hole))
    np.testing.assert_array_equal(values, [hole, 2 * hole])


def test_multi_band_geotiff_keeps_the_order_of_its_bands(tmp_path):
    write_tiff(tmp_path / "all.tif", VALUES, 3 * VALUES, names=["Zn", "As"])
    grid, crs, names, values, mask = read({"file": "all.tif"}, tmp_path)
    assert_places(grid, crs)
    assert names == ["Zn", "As"]
    assert mask.all()
    np.testing.assert_array_equal(values, [VALUES, 3 * VALUES])


def test_scale_and_offset_of_a_band_are_applied(tmp_path):
    path = write_tiff(tmp_path / "Cu.tif", VALUES)
    with rasterio.open(path, "r+") as file:
        file.scales, file.offsets = [0.01], [5]
    values = read({"folder": "."}, tmp_path)[3]
    np.testing.assert_allclose(values[0], 0.01 * VALUES + 5)


def test_mirrored_geotiff_comes_out_with_ascending_eastings(tmp_path):
    write_tiff(tmp_path / "Cu.tif", VALUES[:, ::-1], transform=Affine(-1000, 0, 604000, 0, -1000, 753000))
    grid, crs, _, values, _ = read({"folder": "."}, tmp_path)
    assert_places(grid, crs)
    np.testing.assert_array_equal(values[0], VALUES)


@pytest.mark.parametrize("ascending", [False, True])
@pytest.mark.parametrize("transposed", [False, True])
def test_netcdf_comes_out_north_up(tmp_path, ascending, transposed):
    hole = VALUES.copy()
    hole[0, 3] = np.nan
    path = write_netcdf(tmp_path / "given.nc", Cu=hole, Zn=2 * hole)
    data = xr.load_dataset(path, decode_coords="all")
    data = data.isel(y=slice(None, None, -1)) if ascending else data
    data = data.transpose("x", "y") if transposed else data
    data.to_netcdf(tmp_path / "turned.nc")
    grid, crs, names, values, mask = read({"file": "turned.nc"}, tmp_path)
    assert_places(grid, crs)
    assert names == ["Cu", "Zn"]
    np.testing.assert_array_equal(values, [hole, 2 * hole])
    assert not mask[0, 3]
    assert mask.sum() == VALUES.size - 1
    # The cell 600500 E, 750500 N is the southwestern one.
    row, column = np.argmin(abs(grid.y - 750500)), np.argmin(abs(grid.x - 600500))
    assert values[0, row, column] == 210


def test_south_up_geotiff_comes_out_north_up(tmp_path):
    write_tiff(tmp_path / "Cu.tif", VALUES[::-1], transform=Affine(1000, 0, 600000, 0, 1000, 750000))
    grid, crs, _, values, _ = read({"folder": "."}, tmp_path)
    assert_places(grid, crs)
    np.testing.assert_array_equal(values[0], VALUES)


def test_cf_grid_mapping_without_well_known_text(tmp_path):
    """Other software writes the parameters of the projection alone, under a name of its own."""
    data = xr.load_dataset(write_netcdf(tmp_path / "given.nc", crs=None, Cu=VALUES))
    parameters = {
        "grid_mapping_name": "transverse_mercator",
        "latitude_of_projection_origin": 53.5,
        "longitude_of_central_meridian": -8.0,
        "scale_factor_at_central_meridian": 0.99982,
        "false_easting": 600000.0,
        "false_northing": 750000.0,
        "semi_major_axis": 6378137.0,
        "inverse_flattening": 298.257222101,
    }
    data["projection"] = ((), 0, parameters)
    data["Cu"].attrs["grid_mapping"] = "projection"
    data.to_netcdf(tmp_path / "cf.nc")
    grid, crs, _, values, _ = read({"file": "cf.nc"}, tmp_path)
    np.testing.assert_allclose(grid.x, X)
    assert crs.to_dict()["x_0"] == 600000
    np.testing.assert_array_equal(values[0], VALUES)


def test_units_and_oxides_become_ppm_of_the_element(tmp_path):
    share = VALUES / 1000
    write_tiff(tmp_path / "all.tif", share, 100 * share, share, names=["Cu", "Al2O3", "PC1"])
    section = {"file": "all.tif", "units": {"PC1": "none"}}
    _, _, names, values, _ = read(section, tmp_path, unit="percent")
    assert names == ["Cu", "Al", "PC1"]
    np.testing.assert_allclose(values[0], 1e4 * share, rtol=1e-6)
    # Two of aluminium (26.982) in Al2O3 (101.961).
    np.testing.assert_allclose(values[1], 1e6 * share * 2 * 26.982 / 101.961, rtol=1e-4)
    # What is no element is taken as it is, if the config says so.
    np.testing.assert_allclose(values[2], share, rtol=1e-6)
    write_tiff(tmp_path / "Cu.tif", VALUES)
    np.testing.assert_allclose(
        read({"folder": "."} | {"include": ["Cu"]}, tmp_path, unit="ppb")[3][0], VALUES / 1000
    )


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        ({"transform": from_origin(600500, 753000, 1000, 1000)}, ["grid", "600500", "600000", "gdalwarp"]),
        ({"transform": from_origin(600000, 753000, 1001, 1001)}, ["grid", "1001 x 1001", "1000 x 1000"]),
        ({"crs": None}, ["no CRS", "gdal_edit.py"]),
        ({"crs": "EPSG:32629"}, ["EPSG:32629", "EPSG:2157", "gdalwarp"]),
    ],
)
def test_rasters_that_do_not_share_one_grid(tmp_path, change, parts):
    write_tiff(tmp_path / "Cu.tif", VALUES)
    write_tiff(tmp_path / "Zn.tif", VALUES, **change)
    text = message({"folder": "."}, tmp_path)
    assert text.startswith(f"{tmp_path}/Zn.tif, band 1: "), text
    for part in parts:
        assert part in text


def test_rasters_of_another_size(tmp_path):
    write_tiff(tmp_path / "Cu.tif", VALUES)
    write_tiff(tmp_path / "Zn.tif", VALUES[:2])
    text = message({"folder": "."}, tmp_path)
    assert "Zn.tif, band 1: its grid (2 x 4 cells" in text
    assert "Cu.tif, band 1 (3 x 4 cells" in text


def test_a_rounding_of_the_corner_is_no_other_grid(tmp_path):
    write_tiff(tmp_path / "Cu.tif", VALUES)
    write_tiff(tmp_path / "Zn.tif", VALUES, transform=from_origin(600000.01, 753000, 1000, 1000))
    assert read({"folder": "."}, tmp_path)[2] == ["Cu", "Zn"]


@pytest.mark.parametrize(
    ("keys", "parts"),
    [
        ({"crs": "EPSG:4326", "transform": from_origin(-8, 53.6, 0.01, 0.01)}, ["EPSG:4326", "EPSG:32629"]),
        ({"crs": "EPSG:3857"}, ["EPSG:3857", "not in metres on the ground"]),
        ({"transform": Affine(1000, 200, 600000, 200, -1000, 753000)}, ["rotated", "gdalwarp"]),
        ({"transform": from_origin(600000, 753000, 1000, 500)}, ["1000 x 500", "not square"]),
        ({"transform": None}, ["does not state its place"]),
    ],
)
def test_a_raster_that_is_no_metric_map(tmp_path, keys, parts):
    # Web Mercator's stretch of a metre shows at high latitudes only.
    north = {"transform": from_origin(-890000, 7080000, 1000, 1000)} if keys.get("crs") == "EPSG:3857" else {}
    write_tiff(tmp_path / "Cu.tif", VALUES, **north | keys)
    text = message({"folder": "."}, tmp_path)
    assert f"{tmp_path}/Cu.tif" in text
    for part in parts:
        assert part in text, text


def test_one_row_of_cells_is_no_map(tmp_path):
    write_tiff(tmp_path / "Cu.tif", VALUES[:1])
    assert "Cu.tif, band 1: 1 x 4 cells" in message({"folder": "."}, tmp_path)


def test_no_data_inside_the_mask(tmp_path):
    hole = VALUES.copy()
    hole[1, 2] = hole[2, 2] = np.nan
    write_tiff(tmp_path / "all.tif", VALUES, hole, names=["Cu", "Zn"])
    text = message({"file": "all.tif"}, tmp_path)
    assert text.startswith(f"{tmp_path}/all.tif, band 2: 2 cells have no data")
    assert "row 2, column 3" in text


def test_infinite_value_is_no_data(tmp_path):
    infinite = VALUES.copy()
    infinite[0, 0] = np.inf
    write_netcdf(tmp_path / "all.nc", Cu=VALUES, Zn=infinite)
    assert "variable Zn: 1 cells have no data" in message({"file": "all.nc"}, tmp_path)


def test_no_data_at_all(tmp_path):
    write_tiff(tmp_path / "Cu.tif", np.full_like(VALUES, np.nan))
    assert "Cu.tif, band 1: no cell" in message({"folder": "."}, tmp_path)


def test_element_twice(tmp_path):
    write_tiff(tmp_path / "Al.tif", VALUES)
    write_tiff(tmp_path / "Al2O3.tif", VALUES)
    text = message({"folder": "."}, tmp_path)
    assert "Al2O3.tif, band 1: element Al occurs twice" in text
    assert f"{tmp_path}/Al.tif, band 1" in text


def test_unnamed_band(tmp_path):
    write_tiff(tmp_path / "all.tif", VALUES, VALUES, names=["Cu", ""])
    text = message({"file": "all.tif"}, tmp_path)
    assert text.startswith(f"{tmp_path}/all.tif, band 2: the band has no description")


def test_many_bands_in_a_file_of_one_element(tmp_path):
    write_tiff(tmp_path / "Cu.tif", VALUES, VALUES)
    assert "Cu.tif: 2 bands" in message({"folder": "."}, tmp_path)


@pytest.mark.parametrize("name", ["all.tif", "all.nc"])
def test_a_file_that_is_no_raster(tmp_path, name):
    (tmp_path / name).write_text("Cu,Zn\n1,2\n")
    assert message({"file": name}, tmp_path).startswith(f"{tmp_path}/{name}: this is not a")


def test_a_raster_that_is_cut_off(tmp_path):
    path = write_tiff(tmp_path / "Cu.tif", np.tile(VALUES, (50, 50)))
    path.write_bytes(path.read_bytes()[:4000])
    assert "Cu.tif: this is not a raster" in message({"folder": "."}, tmp_path)


def test_netcdf_without_crs(tmp_path):
    write_netcdf(tmp_path / "all.nc", crs=None, Cu=VALUES)
    assert "all.nc, variable Cu: the raster has no CRS" in message({"file": "all.nc"}, tmp_path)


def test_netcdf_without_grids(tmp_path):
    xr.Dataset({"Cu": ("sample", [1.0, 2.0])}).to_netcdf(tmp_path / "all.nc")
    assert "all.nc: no variable with two dimensions" in message({"file": "all.nc"}, tmp_path)


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (xr.Dataset({"Cu": (("a", "b"), VALUES)}), "x and y"),
        (xr.Dataset({"Cu": (("y", "x"), VALUES)}), "x and y"),
        (
            xr.Dataset({"Cu": (("y", "x"), np.full(VALUES.shape, "high"))}, {"x": X, "y": Y}),
            "not a grid of numbers",
        ),
        (
            xr.Dataset({"Cu": (("y", "x"), VALUES)}, {"x": X + 9 * (X > 602000), "y": Y}),
            "coordinate x is not evenly spaced",
        ),
        (xr.Dataset({"Cu": (("y", "x"), VALUES[:1])}, {"x": X, "y": Y[:1]}), "coordinate y has 1 value"),
    ],
)
def test_netcdf_without_a_regular_grid(tmp_path, data, part):
    data.to_netcdf(tmp_path / "all.nc")
    text = message({"file": "all.nc"}, tmp_path)
    assert text.startswith(f"{tmp_path}/all.nc, variable Cu: ")
    assert part in text


def test_missing_file_and_folder(tmp_path):
    assert f"grids.file: {tmp_path}/all.tif does not exist" in message({"file": "all.tif"}, tmp_path)
    assert f"grids.folder: {tmp_path}/maps is not a folder" in message({"folder": "maps"}, tmp_path)


@pytest.mark.parametrize(
    ("pattern", "part"),
    [
        ("([A-Z]", "not a valid regular expression"),
        ("^([A-Z][a-z])\\.tif$", "needs a group named `element`"),
        ("^(?P<element>[A-Z][a-z])\\.img$", "no file in"),
    ],
)
def test_pattern(tmp_path, pattern, part):
    write_tiff(tmp_path / "Cu.tif", VALUES)
    text = message({"folder": ".", "pattern": pattern}, tmp_path)
    assert text.startswith("config key grids.pattern: ")
    assert part in text


def test_rasters_that_are_still_to_be_downloaded(tmp_path):
    sources = ["maps/Zn.tif", "maps/Cu.tif", "maps/readme.txt", "other/Pb.tif", "all.nc"]
    section = {"folder": "maps", "pattern": PATTERN}
    maps = tmp_path / "maps"
    assert raster_files(section, tmp_path, sources) == {maps / "Cu.tif": "Cu", maps / "Zn.tif": "Zn"}
    maps.mkdir()
    (maps / "As.tif").touch()
    assert list(raster_files(section, tmp_path, sources)) == [
        maps / name for name in ("As.tif", "Cu.tif", "Zn.tif")
    ]
    assert raster_files({"file": "all.nc"}, tmp_path, sources) == {tmp_path / "all.nc": None}
    with pytest.raises(InputError, match=r"data\.sources"):
        raster_files({"file": "none.nc"}, tmp_path, sources)


def test_bands_of_any_kind_keep_names_and_values(tmp_path):
    """Without a unit, no name is an element and no value a concentration; bands without a name are numbered."""
    layer = VALUES - 200
    write_tiff(tmp_path / "cube.tif", layer, 2 * layer, layer, names=["Cu", "", "Al2O3"], nodata=-9999)
    _, _, names, values, mask = read({"file": "cube.tif"}, tmp_path, unit="none")
    assert names == ["Cu", "band_2", "Al2O3"]
    np.testing.assert_array_equal(values, [layer, 2 * layer, layer])
    assert mask.all()
