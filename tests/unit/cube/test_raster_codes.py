"""Codes for no data that hide: shared by all rasters, packed, smeared, rounded, infinite; and masks of every kind."""

import numpy as np
import pytest
import rasterio
from raster_inputs import COLUMNS, HOLE, ROWS, VALUES, assert_holed, holed, message, read, write_tiff
from rasterio.enums import ColorInterp

ELEMENTS = ("Cu", "Pb", "Zn")


@pytest.mark.parametrize("code", [77.5, 0.5, 1000, -1])
def test_one_value_in_the_same_cells_of_all_rasters_is_asked_for(tmp_path, code):
    for k, name in enumerate(ELEMENTS):
        write_tiff(tmp_path / f"{name}.tif", holed(code, VALUES + k / 4))
    text = message(tmp_path)
    assert text.startswith(
        f"{tmp_path}/Cu.tif, band 1: 3 cells hold the {'highest' if code > 50 else 'lowest'} value"
    )
    assert f"{code:g}, and in every other raster the same cells hold the same" in text
    assert f"grids.nodata: {code:g}" in text
    assert read(tmp_path, nodata=code).mask.sum() == ROWS * COLUMNS - 3
    if code > 0:
        assert read(tmp_path, nodata=[]).mask.all()


def test_one_value_in_other_cells_of_each_raster_is_a_value(tmp_path):
    write_tiff(tmp_path / "Cu.tif", holed(77.5))
    write_tiff(tmp_path / "Zn.tif", holed(77.5)[::-1])
    found = read(tmp_path)
    assert found.mask.all()
    assert found.warnings == []


@pytest.mark.parametrize("unit", ["ppm", "none"])
def test_the_largest_number_of_a_byte_is_asked_for(tmp_path, unit):
    write_tiff(tmp_path / "Cu.tif", holed(255), dtype="uint8")
    assert "the highest value, 255 in 3 cell(s), stands apart" in message(tmp_path, unit=unit)
    # As a float it is copper like any other.
    write_tiff(tmp_path / "Cu.tif", holed(255))
    assert read(tmp_path).mask.all()


def test_a_negative_code_of_packed_numbers(tmp_path):
    write_tiff(tmp_path / "Cu.tif", holed(-32768, 100 * VALUES), dtype="int16", scales=[0.01])
    found = read(tmp_path)
    assert_holed(found)
    assert "3 cells hold -327.68" in found.warnings[0].what


def test_a_code_that_an_offset_makes_a_plausible_value_is_asked_for(tmp_path):
    write_tiff(tmp_path / "Cu.tif", holed(-9999, 100 * VALUES), dtype="int16", scales=[0.01], offsets=[100])
    assert "the lowest value, 0.01 in 3 cell(s)" in message(tmp_path)
    # The key may name the number in the file or the one that it means.
    for code in (-9999, 0.01):
        found = read(tmp_path, nodata=code)
        np.testing.assert_allclose(found.values[0][~HOLE], VALUES[~HOLE] + 100)


@pytest.mark.parametrize(
    ("declared", "held"), [(-9999.9, -9999.9), (-3.4028235e38, -3.40282346e38), (-9999, -9999)]
)
def test_a_declared_code_counts_though_it_is_rounded(tmp_path, declared, held):
    write_tiff(tmp_path / "Cu.tif", holed(held), nodata=declared)
    found = read(tmp_path)
    assert_holed(found)
    assert found.warnings == []


def test_infinite_cells_are_told(tmp_path):
    write_tiff(tmp_path / "Cu.tif", holed(np.inf))
    for nodata in (None, [], -5):
        found = read(tmp_path, nodata=nodata)
        assert_holed(found)
        assert "3 cells are infinite" in found.warnings[-1].what


def test_huge_numbers_of_many_values_are_all_blanks(tmp_path):
    values = holed(1.70141e38)
    values[1, :6] = 1.70141e38 * np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    write_tiff(tmp_path / "A.tif", values)
    found = read(tmp_path, unit="none")
    assert found.mask.sum() == ROWS * COLUMNS - 9
    np.testing.assert_allclose(found.values[0][found.mask], VALUES[found.mask])
    (told,) = found.warnings
    assert "9 cells hold 1.70141e+38" in told.what


@pytest.mark.parametrize("declared", [None, -9999])
@pytest.mark.parametrize("unit", ["ppm", "none"])
def test_a_code_that_was_averaged_with_values(tmp_path, declared, unit):
    values = holed(-9999)
    values[1, :4] = (values[1, :4] - 9999) / 2
    write_tiff(tmp_path / "Cu.tif", values, nodata=declared)
    for nodata in (None, -9999):
        if unit == "none" and declared is nodata is None:
            # The averages hide that the code stands apart: it is asked for first.
            assert "the lowest value, -9999 in 3 cell(s)" in message(tmp_path, unit=unit)
            continue
        text = message(tmp_path, unit=unit, nodata=nodata)
        assert "4 cell(s) beside those without data are far from all others (the farthest is -49" in text
        assert "-srcnodata" in text


def test_an_anomaly_at_the_edge_is_none(tmp_path):
    values = holed(np.nan)
    values[1, 1] = 900
    write_tiff(tmp_path / "Cu.tif", values)
    assert read(tmp_path).values[0][1, 1] == 900
    assert "(the farthest is 900, others are" in message(tmp_path, unit="none")
    assert read(tmp_path, unit="none", nodata=[]).values[0][1, 1] == 900


@pytest.mark.parametrize("dummy", ["-1e12", "-1.0E+32", "-9999", "*"])
def test_the_dummy_value_of_a_gxf_grid(tmp_path, dummy):
    cells = np.where(HOLE, dummy, VALUES.astype(str))
    rows = [" ".join(row) for row in cells]
    about = f"#POINTS\n{COLUMNS}\n#ROWS\n{ROWS}\n#PTSEPARATION\n1000\n#RWSEPARATION\n1000\n#XORIGIN\n600500\n"
    about += f"#YORIGIN\n747500\n#ROTATION\n0\n#SENSE\n1\n#DUMMY\n{dummy}\n#GRID\n"
    # The first row is the southernmost.
    (tmp_path / "Cu.gxf").write_text(about + "\n".join(rows[::-1]) + "\n")
    found = read(tmp_path, crs="EPSG:2157")
    assert_holed(found)
    assert found.warnings == []


# Masks.


@pytest.mark.parametrize("internal", [True, False])
def test_masks_of_a_file(tmp_path, internal):
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=internal):
        write_tiff(tmp_path / "Cu.tif", holed(0))
        with rasterio.open(tmp_path / "Cu.tif", "r+") as file:
            file.write_mask(~HOLE)
    assert_holed(read(tmp_path))


@pytest.mark.parametrize("dtype", ["float32", "uint16"])
def test_a_band_of_opacity_is_a_mask(tmp_path, dtype):
    bands = holed(0), holed(0), np.where(HOLE, 0, 255)
    keys = {"dtype": dtype, "descriptions": ["Cu", "Zn", None]}
    kinds = [ColorInterp.gray, ColorInterp.undefined, ColorInterp.alpha]
    write_tiff(tmp_path / "all.tif", *bands, colorinterp=kinds, **keys)
    found = read(tmp_path, file="all.tif")
    assert found.elements == ["Cu", "Zn"]
    np.testing.assert_array_equal(found.mask, ~HOLE)
    write_tiff(
        tmp_path / "Cu.tif",
        holed(0),
        bands[2],
        dtype=dtype,
        colorinterp=[ColorInterp.gray, ColorInterp.alpha],
    )
    np.testing.assert_array_equal(read(tmp_path, include=["Cu.tif"]).mask, ~HOLE)


def test_the_fourth_of_four_bands_of_bytes_is_no_opacity(tmp_path):
    bands = [np.rint(VALUES) + k for k in range(4)]
    bands[3][0, 0] = 0
    write_tiff(tmp_path / "all.tif", *bands, dtype="uint8")
    with rasterio.open(tmp_path / "all.tif") as file:
        assert file.colorinterp[3] == ColorInterp.alpha
    found = read(tmp_path, file="all.tif", unit="none")
    assert found.elements == ["band_1", "band_2", "band_3", "band_4"]
    assert found.mask.all()
    np.testing.assert_array_equal(found.values, bands)


def test_complex_numbers_and_pictures(tmp_path):
    write_tiff(tmp_path / "Cu.tif", VALUES, dtype="complex64")
    assert "Cu.tif, band 1: the values are complex numbers" in message(tmp_path)
    write_tiff(tmp_path / "Cu.tif", VALUES, dtype="uint8")
    with rasterio.open(tmp_path / "Cu.tif", "r+") as file:
        file.write_colormap(1, {k: (k, 0, 255 - k, 255) for k in range(256)})
    assert "a table of colours" in read(tmp_path).warnings[0].what


def test_one_value_everywhere_stops(tmp_path):
    write_tiff(tmp_path / "Cu.tif", VALUES)
    write_tiff(tmp_path / "Zn.tif", 0 * VALUES + 5)
    assert "Zn.tif, band 1: the same value, 5, in all 48 cells" in message(tmp_path)
    write_tiff(tmp_path / "Zn.tif", VALUES * np.nan)
    assert "Zn.tif, band 1: no cell has data; leave the element out" in message(tmp_path)
