"""What the stages tell of doubtful places and labels, through their files."""

import numpy as np
import pandas as pd
import xarray as xr
from geohalo.cube.grid import Grid
from geohalo.files.cells import Survey, surveyed_elements, write_netcdf
from geohalo.files.provenance import provenance
from geohalo.settings import schema, with_defaults
from geohalo.stages.clean_deposits import clean_deposits
from geohalo.stages.clean_samples import clean_samples
from geohalo.stages.make_folds import make_folds

DEFAULTS = schema()["properties"]


def sampled(folder) -> str:
    """Clean 144 samples, 5 km apart, one of them mistyped; returns the file."""
    x, y = (axis.ravel() * 5000.0 for axis in np.meshgrid(np.arange(12), np.arange(12)))
    rng = np.random.default_rng(1)
    table = pd.DataFrame(
        {"x": 500_000 + x, "y": 6_000_000 + y}
        | {f"{el}_ppm": rng.lognormal(3, 0.3, 144) for el in ("Cu", "Zn")}
    )
    table.loc[7, "y"] += 600_000
    table.to_csv(folder / "s.csv", index=False)
    section = {"file": "s.csv", "x": "x", "y": "y", "crs": "EPSG:32633"}
    section |= {"elements": "(?P<element>[A-Z][a-z]?)_(?P<unit>ppm)"}
    lines = clean_samples(
        str(folder / "s.csv"),
        with_defaults(section, DEFAULTS["samples"]),
        {"crs": None, "max_distance": 10_000},
        str(folder / "samples.parquet"),
        str(folder / "report.csv"),
        str(folder / "samples_warnings.csv"),
        folder=str(folder),
    )
    # The log says where the file is, results only which one.
    assert any(f"Warning: {folder}/s.csv, " in line for line in lines)
    assert any(line.startswith("Warning: ") and "row 9: 1 row lies" in line for line in lines)
    return str(folder / "samples.parquet")


def test_stages_leave_their_doubts(tmp_path) -> None:
    samples = sampled(tmp_path)
    told = pd.read_csv(tmp_path / "samples_warnings.csv", dtype=str)
    assert (told["file"].tolist(), told["row"].tolist()) == (["s.csv"], ["9"])
    assert surveyed_elements(samples) == ["Cu", "Zn"]
    deposits = pd.DataFrame(
        {"x": [510_100, 540_000, 522_600], "y": [6_010_100, 6_040_000, 6_022_600], "name": ["A", "", "C"]}
    )
    deposits.to_csv(tmp_path / "d.csv", index=False)
    section = {
        "file": "d.csv",
        "x": "x",
        "y": "y",
        "crs": "EPSG:32633",
        "name": "name",
        "commodities": ["Au"],
    }
    labels = {"radius": 1000, "background_distance": 3000, "group_distance": 2000, "buffer": 9000, "folds": 2}
    clean_deposits(
        str(tmp_path / "d.csv"),
        samples,
        with_defaults(section, DEFAULTS["deposits"]),
        10_000,
        labels,
        str(tmp_path / "deposits.parquet"),
        str(tmp_path / "deposits_warnings.csv"),
        str(tmp_path),
    )
    for name in ("samples.parquet", "samples_warnings.csv", "deposits.parquet", "deposits_warnings.csv"):
        assert str(tmp_path).encode() not in (tmp_path / name).read_bytes()
    for name in ("samples.parquet", "deposits.parquet"):
        assert provenance(str(tmp_path / name))["source"] == f"{name[0]}.csv"
    told = pd.read_csv(tmp_path / "deposits_warnings.csv", dtype=str)["what"].tolist()
    assert len(told) == 2
    assert "names Au, which is not among the 2 elements" in told[0]
    assert "labels.radius is 1000 m and the samples are 5000 m apart" in told[1]

    axis = np.arange(15) * 5000.0
    grid = Grid(495_000 + axis, 6_065_000 - axis)
    survey = Survey(grid, np.ones(grid.shape, dtype=bool), "EPSG:32633")
    values = np.ones((2, *grid.shape), dtype=np.float32)
    data = survey.dataset(concentration=(("element", "y", "x"), values, {})).assign_coords(
        element=["Cu", "Zn"]
    )
    write_netcdf(data, str(tmp_path / "elements.nc"))
    assert surveyed_elements(str(tmp_path / "elements.nc")) == ["Cu", "Zn"]
    (tmp_path / "folds").mkdir()
    labels = with_defaults(labels | {"positives": 5, "background": 20, "decoys": 0}, DEFAULTS["labels"])
    make_folds(
        str(tmp_path / "elements.nc"),
        str(tmp_path / "deposits.parquet"),
        labels,
        1,
        str(tmp_path / "folds"),
        str(tmp_path / "folds_warnings.csv"),
    )
    told = pd.read_csv(tmp_path / "folds_warnings.csv", dtype=str)["what"].tolist()
    assert len(told) == 2
    assert "labels.radius (1000 m) is less than a cell (5000 m)" in told[0]
    assert "1 of 3 deposits on surveyed ground have no cell within labels.radius (1000 m)" in told[1]
    assert told[1].endswith(": C")
    with xr.open_dataset(tmp_path / "elements.nc") as again:
        assert again.sizes["y"] == 15
