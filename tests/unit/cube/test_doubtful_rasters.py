"""Rasters that hold something else than the concentrations of their element: copies, counts, coordinates, ranks."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
from geohalo.cube.rasters import Rasters
from raster_inputs import VALUES, dataset, message, read
from rasterio.transform import from_origin

ROWS, COLUMNS = 12, 15
RNG = np.random.default_rng(11)
CU, ZN, PB, AS = (median * np.exp(RNG.normal(0, 0.4, (ROWS, COLUMNS))) for median in (30.0, 70.0, 20.0, 8.0))
USUAL = {"Cu": CU, "Zn": ZN, "Pb": PB, "As": AS}
COUNTS = RNG.integers(1, 9, (ROWS, COLUMNS)).astype(float)


def write(folder: Path, **bands: np.ndarray) -> Path:
    for name, values in bands.items():
        with rasterio.open(
            folder / f"{name}.tif",
            "w",
            "GTiff",
            height=ROWS,
            width=COLUMNS,
            count=1,
            dtype="float64",
            crs="EPSG:2157",
            transform=from_origin(600_000, 753_000, 1000, 1000),
        ) as file:
            file.write(values, 1)
    return folder


def told(found: Rasters) -> list[str]:
    return [f"{Path(one.file).name}: {one.what}" for one in found.warnings]


def test_usual_rasters_raise_no_doubt(tmp_path) -> None:
    found = read(write(tmp_path, **USUAL))
    assert told(found) == []
    np.testing.assert_allclose(found.values[1], CU)


@pytest.mark.parametrize(("times", "what"), [(1, "those of Cu"), (2.5, "2.5 times those of Cu")])
def test_a_raster_that_was_copied_to_another_name(tmp_path, times, what) -> None:
    (warning,) = told(read(write(tmp_path, **USUAL, Ni=times * CU)))
    assert warning.startswith(
        f"Ni.tif: the values of Ni are {what} in every cell ({tmp_path}/Cu.tif, band 1)"
    )


def test_copies_that_are_no_concentrations(tmp_path) -> None:
    (warning,) = told(read(write(tmp_path, A=CU, B=ZN, C=CU), unit="none"))
    assert warning.startswith("C.tif: the values of C are those of A in every cell")


@pytest.mark.parametrize("end", ["count", "std", "LOD", "variance"])
def test_a_file_named_after_a_count_or_deviation_stops(tmp_path, end) -> None:
    write(tmp_path, Cu_mean=CU, Zn_mean=ZN) and write(tmp_path, **{f"Pb_{end}": COUNTS})
    pattern = r"^(?P<element>[A-Z][a-z]?)_\w+\.tif$"
    assert f"the file calls it 'Pb_{end}', and what is made by {end!r} is no concentration" in message(
        tmp_path, pattern=pattern
    )
    assert read(tmp_path, pattern=pattern, exclude=["Pb"]).elements == ["Cu", "Zn"]


@pytest.mark.parametrize("end", ["n", "sd", "conf"])
def test_a_file_that_may_be_named_after_a_count_or_deviation_is_told(tmp_path, end) -> None:
    write(tmp_path, Cu_mean=CU, Zn_mean=ZN) and write(tmp_path, **{f"Pb_{end}": COUNTS})
    (warning,) = told(read(tmp_path, pattern=r"^(?P<element>[A-Z][a-z]?)_\w+\.tif$"))
    assert warning.startswith(f"Pb_{end}.tif: the name ends in {end!r}, as that of a number of samples")


def test_a_count_of_samples_named_n(tmp_path) -> None:
    (warning,) = told(read(write(tmp_path, **USUAL, N=COUNTS)))
    assert warning.startswith("N.tif: read as N, and all values are whole numbers")
    (tmp_path / "N.tif").unlink()
    assert told(read(write(tmp_path, **USUAL, N=100 * CU[::-1]))) == []


def test_a_standard_error_in_capitals(tmp_path) -> None:
    selenium = np.exp(RNG.normal(-1, 0.4, (ROWS, COLUMNS)))
    (warning,) = told(read(write(tmp_path, **USUAL, SE=selenium)))
    assert warning.startswith("SE.tif: 'SE' is read as Se, and the others are spelt like")


def test_names_that_are_all_in_capitals(tmp_path) -> None:
    assert told(read(write(tmp_path, CU=CU, ZN=ZN, PB=PB))) == []


def test_a_coordinate_named_y_stops(tmp_path) -> None:
    latitude = 52 + 0.009 * np.arange(ROWS)[::-1, None] + np.zeros((ROWS, COLUMNS))
    text = message(write(tmp_path, **USUAL, Y=latitude))
    assert "Y.tif, band 1: read as Y, but its values follow the coordinates" in text
    (tmp_path / "Y.tif").unlink()
    assert told(read(write(tmp_path, **USUAL, Y=ZN[::-1] / 3))) == []


@pytest.mark.parametrize("kind", ["stretched", "ranked", "classed"])
def test_values_that_were_brought_to_one_range(tmp_path, kind) -> None:
    def changed(values: np.ndarray) -> np.ndarray:
        if kind == "stretched":
            return 1 + np.round(254 * (values - values.min()) / np.ptp(values))
        if kind == "ranked":
            return (1.0 + values.ravel().argsort().argsort()).reshape(values.shape)
        return 1.0 + np.digitize(values, np.quantile(values, [0.1, 0.25, 0.5, 0.75, 0.9]))

    (warning,) = told(read(write(tmp_path, **{name: changed(values) for name, values in USUAL.items()})))
    assert warning.startswith("As.tif: the values of As, Cu, Pb, Zn all reach from 1 to ")


@pytest.mark.parametrize(("base", "logarithm"), [("10", np.log10), ("e", np.log)])
def test_logarithms(tmp_path, base, logarithm) -> None:
    names = ("Cu", "Zn", "Pb")
    (warning,) = told(read(write(tmp_path, **{name: logarithm(USUAL[name]) for name in names})))
    assert f"are as those of logarithms to base {base} of concentrations in ppm" in warning


def test_a_cell_far_above_all_others(tmp_path) -> None:
    spike = CU.copy()
    spike[4, 6] = 90_000
    (warning,) = told(read(write(tmp_path, **USUAL | {"Cu": spike})))
    assert warning.startswith("Cu.tif: 1 cell of Cu holds 90000,")


def test_cells_that_a_mean_fills(tmp_path) -> None:
    outside = np.arange(COLUMNS) < 4
    (warning,) = told(
        read(write(tmp_path, **{name: np.where(outside, v.mean(), v) for name, v in USUAL.items()}))
    )
    assert "48 cells hold one value in each raster (As" in warning


def test_blocks_of_equal_cells_are_no_filling(tmp_path) -> None:
    blocks = {name: np.kron(values[:4, :5], np.ones((3, 3))) for name, values in USUAL.items()}
    assert told(read(write(tmp_path, **blocks))) == []


def test_lines_of_geosoft_are_no_grid(tmp_path) -> None:
    (tmp_path / "Cu.xyz").write_text("/ Geosoft\nLine 10\n600000 753000 30\n", encoding="utf-8")
    text = message(tmp_path, file="Cu.xyz")
    assert "a file of lines of Geosoft, not a grid: export the grid of the channel" in text


@pytest.mark.parametrize(
    ("about", "told_as"),
    [
        ({"cell_methods": "area: standard_deviation"}, "standard deviation"),
        ({"description": "log10 of the concentration"}, "log10"),
        ({"long_name": "number of samples"}, "number of"),
    ],
)
def test_what_a_netcdf_says_of_its_values(tmp_path, about, told_as) -> None:
    dataset(Cu=(("y", "x"), VALUES, about), Zn=(("y", "x"), VALUES)).to_netcdf(tmp_path / "all.nc")
    assert f"variable Cu: the file calls it {next(iter(about.values()))!r}".replace("_", " ") in message(
        tmp_path, file="all.nc"
    )
    assert f"what is made by {told_as!r}" in message(tmp_path, file="all.nc")


def test_a_mean_within_cells_is_a_concentration(tmp_path) -> None:
    about = {"cell_methods": "area: mean"}
    dataset(Cu=(("y", "x"), VALUES, about), Zn=(("y", "x"), VALUES)).to_netcdf(tmp_path / "all.nc")
    assert read(tmp_path, file="all.nc").elements == ["Cu", "Zn"]


@pytest.mark.parametrize("word", ["ND", "<0.5", "n/a", "*", "NODATA"])
def test_words_in_an_ascii_grid_stop(tmp_path, word) -> None:
    head = "ncols 3\nnrows 2\nxllcorner 600000\nyllcorner 750000\ncellsize 1000\nNODATA_value -9999\n"
    file = tmp_path / "Cu.asc"
    file.write_text(f"{head}20 21.5 1e2\n-9999 {word} 23\n", encoding="utf-8")
    assert f"Cu.asc, line 8: {word!r} is not a number" in message(tmp_path, crs="EPSG:2157")
    file.write_text(f"{head.upper()}20 21.5 1E2\n-9999 nan 23\n", encoding="utf-8")
    assert read(tmp_path, crs="EPSG:2157").mask.sum() == 4
