"""Quality control through the files of its stages: tables, elements that are left out, weights, the figure."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from geohalo.cube.grid import Grid
from geohalo.cube.logratio import standardise
from geohalo.files.cells import Survey, write_netcdf
from geohalo.files.tables import read_csv
from geohalo.settings import schema, with_defaults
from geohalo.stages.clean_samples import clean_samples
from geohalo.stages.plot_quality import plot_quality
from geohalo.stages.shared.quality import element_weights
from geohalo.stages.stack_cube import stack_cube
from PIL import Image
from pyproj import CRS

ELEMENTS = ("Cu", "Zn", "Pb", "Ni")
KINDS = {
    "reference": ["STD"],
    "blank": ["BLK"],
    "laboratory_duplicate": ["LDUP"],
    "field_duplicate": ["FDUP"],
}


def survey_files(folder) -> dict:
    """Write 100 samples with rows of control, of which lead reads 30 % low; returns the section `samples`."""
    rng = np.random.default_rng(4)
    x, y = (axis.ravel() * 1000.0 for axis in np.meshgrid(np.arange(10), np.arange(10)))
    values = rng.lognormal(3, 0.5, (100, len(ELEMENTS)))
    repeats = values[:20] * np.exp(rng.normal(0, [0.03, 0.03, 0.03, 0.9], (20, len(ELEMENTS))))
    standard = 50 * np.array([1, 1, 0.7, 1]) * np.exp(rng.normal(0, 0.02, (20, len(ELEMENTS))))
    parts = [("S", values, x, y), ("LDUP", repeats, x[:20], y[:20]), ("STD", standard, None, None)]
    frames = [
        pd.DataFrame(held, columns=[f"{el}_ppm" for el in ELEMENTS]).assign(
            type=kind,
            x=None if east is None else 500_000 + east,
            y=None if north is None else 6_000_000 + north,
        )
        for kind, held, east, north in parts
    ]
    pd.concat(frames).to_csv(folder / "s.csv", index=False)
    certified = pd.DataFrame({"material": "STD", "element": ELEMENTS, "value": 50, "sd": 1.5, "unit": "ppm"})
    certified.to_csv(folder / "certified.csv", index=False)
    section = {"file": "s.csv", "x": "x", "y": "y", "crs": "EPSG:32633"}
    section |= {"elements": "(?P<element>[A-Z][a-z]?)_(?P<unit>ppm)"}
    section |= {"quality": {"column": "type", "reference": ["STD"], "laboratory_duplicate": ["LDUP"]}}
    return section


def cleaned(folder, section: dict, **quality) -> list[str]:
    """Clean the samples of `survey_files`; returns the lines for the log."""
    section = section | {"quality": section["quality"] | quality}
    names = ("quality", "quality_reference", "quality_duplicates")
    return clean_samples(
        str(folder / "s.csv"),
        with_defaults(section, schema()["properties"]["samples"]),
        {"crs": None, "max_distance": 4000},
        str(folder / "samples.parquet"),
        str(folder / "report.csv"),
        str(folder / "warnings.csv"),
        certified=str(folder / "certified.csv"),
        analyses=str(folder / "analyses.parquet"),
        **{name: str(folder / f"{name}.csv") for name in names},
    )


def test_tables_warnings_and_figure(tmp_path) -> None:
    lines = cleaned(tmp_path, survey_files(tmp_path))
    assert any("fail quality control by bias: Pb (STD reads 30 % too low" in line for line in lines)
    rows = gpd.read_parquet(tmp_path / "analyses.parquet")
    assert rows["role"].value_counts().to_dict() == {
        "survey": 100,
        "reference": 20,
        "laboratory_duplicate": 20,
    }
    assert len(gpd.read_parquet(tmp_path / "samples.parquet")) == 100
    table = read_csv(tmp_path / "quality.csv", keep_default_na=False, na_values=[""]).set_index("element")
    assert table["verdict"].to_dict() == {"Cu": "passes", "Zn": "passes", "Pb": "fails", "Ni": "fails"}
    assert (table["weight"] == 1).all()
    warned = read_csv(tmp_path / "warnings.csv")["what"]
    assert warned.str.contains("fail quality control by precision: Ni").sum() == 1
    names = [str(tmp_path / f"quality{part}.csv") for part in ("", "_reference", "_duplicates")]
    limits = schema()["properties"]["samples"]["properties"]["quality"]["properties"]["limits"]
    plot_quality(
        "s", *names, str(tmp_path / "analyses.parquet"), with_defaults({}, limits), str(tmp_path / "q.png")
    )
    with Image.open(tmp_path / "q.png") as image:
        assert image.info["Title"] == "s: 2 of 4 judged elements fail: Pb, Ni"


def test_failing_elements_are_left_out_with_the_reason(tmp_path) -> None:
    cleaned(tmp_path, survey_files(tmp_path), failing="exclude")
    report = read_csv(tmp_path / "report.csv", keep_default_na=False).set_index("element")
    assert report["kept"].to_dict() == {"Cu": True, "Zn": True, "Pb": False, "Ni": False}
    assert report["reason"]["Pb"].startswith("fails quality control: STD reads 30 % too low")
    assert "Pb" not in gpd.read_parquet(tmp_path / "samples.parquet")


def test_weights_reach_the_cube(tmp_path) -> None:
    cleaned(tmp_path, survey_files(tmp_path), failing="weigh")
    file = str(tmp_path / "quality.csv")
    weights = element_weights(file, ["Ni", "Cu", "Xx"])
    share = read_csv(file).set_index("element")["noise_share"]["Ni"]
    assert weights.tolist() == pytest.approx([np.sqrt(1 - share), 1, 1])
    grid = Grid(np.arange(5) * 100.0, np.arange(4)[::-1] * 100.0)
    survey = Survey(grid, np.ones(grid.shape, dtype=bool), CRS(32633).to_wkt())
    values = np.random.default_rng(1).lognormal(2, 0.5, (3, *grid.shape))
    data = survey.dataset().assign_coords(element=["Cu", "Zn", "Ni"])
    about = {"units": "ppm"}
    data["concentration"] = (("element", "y", "x"), values, about)
    write_netcdf(data, str(tmp_path / "elements.nc"))
    for name, quality in (("plain.nc", None), ("weighed.nc", file)):
        stack_cube(str(tmp_path / "elements.nc"), "log", 5, str(tmp_path / name), quality)
    with xr.open_dataset(tmp_path / "plain.nc") as plain, xr.open_dataset(tmp_path / "weighed.nc") as weighed:
        factor = np.array([1, 1, weights[0]])[:, None, None]
        np.testing.assert_allclose(
            weighed["cube"].to_numpy(), factor * plain["cube"].to_numpy(), rtol=1e-5, atol=1e-7
        )


def test_weights_multiply_what_is_cut_off() -> None:
    values = np.random.default_rng(2).normal(size=(200, 2))
    plain = standardise(values, 1.5)
    assert standardise(values, 1.5, weights=np.array([0.5, 1])) == pytest.approx(plain * [0.5, 1])
    assert np.abs(plain).max() == 1.5
