"""Rasters as they were delivered somewhere: each handed case gives what its README calls right."""

import os
from pathlib import Path

import numpy as np
import pytest
import yaml
from geohalo.cube.rasters import Rasters, read_rasters
from geohalo.errors import InputError
from geohalo.settings import check_settings

ROOT = Path(__file__).resolve().parents[3]
CASES = Path(os.environ.get("GEOHALO_CASES", ROOT.parent / "shared" / "cases")).resolve()
ELEMENTS = ["Cu", "Pb", "Zn"]
IN_FILE = ["Cu", "Zn", "Pb"]
#: Medians over all cells of the grid that the cases share, in ppm.
MEDIANS = {"Cu": 24.835, "Zn": 69.432, "Pb": 17.698}


def read(case: str, **keys) -> Rasters:
    folder = CASES / case
    if not folder.is_dir():
        pytest.skip(f"no case {case} in {CASES}")
    config = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    config["grids"] |= keys
    return read_rasters(check_settings(config, str(folder / "config.yaml"))["grids"], folder)


def assert_grid(found: Rasters, elements: list[str], cells: int = 720, corner=(500500, 6023500)) -> None:
    """24 x 30 cells of 1000 m, the centre of the upper left one at the corner."""
    assert found.elements == elements
    assert found.mask.shape == (24, 30)
    assert found.mask.sum() == cells
    np.testing.assert_allclose(found.grid.x, corner[0] + 1000 * np.arange(30))
    np.testing.assert_allclose(found.grid.y, corner[1] - 1000 * np.arange(24))
    for element, values in zip(found.elements, found.values, strict=True):
        if element in MEDIANS:
            # Some cells fewer move a median by little.
            np.testing.assert_allclose(
                np.median(values[found.mask]), MEDIANS[element], rtol=2e-2 if cells < 720 else 1e-4
            )


@pytest.mark.parametrize("case", ["nodata-undeclared-none", "surfer-blank-in-tif"])
def test_codes_for_no_data_lie_outside_the_survey(case):
    found = read(case)
    assert_grid(found, ELEMENTS, cells=705)
    valid = found.values[:, found.mask]
    assert (valid > 0).all()
    assert (valid < 200).all()
    (told,) = found.warnings
    assert "15 cells hold" in told.what
    assert told.file.endswith("Cu.tif")


def test_latitude_and_longitude_are_no_elements():
    found = read("netcdf-2d-latlon")
    assert_grid(found, IN_FILE)
    assert "lat, lon" in found.warnings[0].what


@pytest.mark.parametrize("case", ["netcdf-time-dim", "netcdf-element-dim", "netcdf-easting-northing"])
def test_forms_of_netcdf(case):
    found = read(case)
    assert_grid(found, IN_FILE)
    assert found.warnings == []


@pytest.mark.parametrize(
    ("case", "elements"), [("netcdf-no-crs", IN_FILE), ("esri-ascii-no-prj", ELEMENTS), ("gxf", ELEMENTS)]
)
def test_files_without_a_crs(case, elements):
    with pytest.raises(InputError, match=r"the raster has no CRS; set grids\.crs, or .*write_crs"):
        read(case)
    found = read(case, crs="EPSG:32633")
    assert_grid(found, elements)
    assert found.crs.to_epsg() == 32633


@pytest.mark.parametrize(("case", "median"), [("netcdf-units", 0.002), ("tif-unit-ppb", 0.0019)])
def test_units_in_the_file(case, median):
    found = read(case)
    assert_grid(found, ["Cu", "Zn", "Au"])
    np.testing.assert_allclose(np.median(found.values[2]), median, rtol=0.05)
    (told,) = found.warnings
    assert "ppm (grids.unit)" in told.what


def test_suffix_in_capitals():
    assert_grid(read("uppercase-suffix"), ELEMENTS)


def test_er_mapper_whose_unit_is_spelt_metre():
    found = read("ers-mga50")
    assert_grid(found, ELEMENTS, cells=719, corner=(500500, 6823500))
    assert not found.mask[0, 0]


def test_surfer_ascii_with_blanks_that_gdal_cannot_read():
    found = read("fmt-gsag")
    assert_grid(found, ELEMENTS, cells=716)
    assert not found.mask[:2, :2].any()


@pytest.mark.parametrize(
    ("case", "text"),
    [
        ("vrt", r"Cu\.vrt: .*Cu\.tif: No such file or directory"),
        ("local-cs", r"Cu\.tif, band 1: .* neither geographic nor projected.*gdal_edit\.py -a_srs"),
        (
            "raster-wrong-crs",
            r"Cu\.tif, band 1: its upper left corner 500000, 6024000 lies outside EPSG:4326",
        ),
    ],
)
def test_what_cannot_be_read_is_told_with_its_cause(case, text):
    with pytest.raises(InputError, match=text):
        read(case)
