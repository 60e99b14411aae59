"""Bad input at the command line: one clear message, no stack trace, and nothing half-written.

The wording of each message is tested with the library; here is what the user sees. Names of files, columns and deposits
hold characters that have a meaning to formatting, to the shell and in markup.
"""

import copy

import numpy as np
import pytest
import rasterio
from geohalo.atomic_files import atomic_write
from pyproj import Transformer
from rasterio.transform import from_origin
from workflow_runs import TABLES, simulated_survey, snakemake, write_config

pytestmark = pytest.mark.workflow

SAMPLES, DEPOSITS = "soil %s $HOME &'1' [b].csv", "known (100%) $$.csv"
CLEANED = {"samples.parquet", "samples_report.csv", "warnings/clean_samples.csv"}


@pytest.fixture(scope="module")
def tables():
    """Return a survey of 120 samples and five elements, with a deposit of an awkward name."""
    samples, deposits = simulated_survey(120, 6)
    deposits.loc[0, "name"] = "{Navan} %s $x <i>"
    columns = ["sample", "x", "y", "Cu_ppm", "Zn_ppm", "Pb_ppm", "Ni_ppm", "Al2O3_pct"]
    return samples[columns].rename(columns={"x": "{x} %s", "y": "$y <b>"}), deposits


@pytest.fixture
def stopped(tables, tmp_path):
    """Return a function that runs the survey with one fault, and tells what the terminal and the results show."""

    def run(*arguments, settings=None, samples=None, deposits=None):
        config = copy.deepcopy({"survey": "bad", "data": {"folder": str(tmp_path)}, **TABLES})
        config["samples"] |= {"file": SAMPLES, "x": "{x} %s", "y": "$y <b>"}
        config["deposits"] |= {"file": DEPOSITS}
        (tmp_path / "{1} <b>.csv").touch()
        for section, keys in (settings or {}).items():
            config[section] = config.get(section, {}) | keys
        for table, file, change in zip(tables, (SAMPLES, DEPOSITS), (samples, deposits), strict=True):
            (change(table.copy()) if change else table).to_csv(tmp_path / file, index=False)
        result = snakemake(tmp_path, *arguments, configs=(write_config(tmp_path / "bad.yaml", config),))
        assert result.returncode != 0, result.stdout
        results = tmp_path / "results" / "bad"
        # Each result has its checksum beside it.
        files = [file for file in results.rglob("*") if file.is_file() and file.parent.name != ".digests"]
        return result.stdout, {str(file.relative_to(results)) for file in files}

    return run


def assert_stated_once(text, *parts):
    """All parts stand in one paragraph, the first of them nowhere else, and there is no stack trace."""
    assert text.count(parts[0]) == 1, text
    paragraph = next(paragraph for paragraph in text.split("\n\n") if parts[0] in paragraph)
    for part in parts:
        assert part in paragraph, paragraph
    assert "Traceback" not in text


def in_degrees(samples):
    """Give the places of the samples as longitude and latitude."""
    transformer = Transformer.from_crs("EPSG:32648", "EPSG:4326", always_xy=True)
    longitude, latitude = transformer.transform(samples["{x} %s"], samples["$y <b>"])
    return samples.assign(**{"{x} %s": longitude, "$y <b>": latitude})


def with_cell(column, row, value):
    def change(samples):
        return samples.astype({column: object}).assign(
            **{column: lambda table: table[column].where(table.index != row, value)}
        )

    return change


@pytest.mark.parametrize(
    ("settings", "parts"),
    [
        (
            {"superpixels": {"n_segment {%s}": [5]}},
            ["unknown key 'superpixels.n_segment {%s}'; did you mean 'n_segments'?", "bad.yaml"],
        ),
        ({"samples": {"file": "no such $x %s.csv"}}, ["no such $x %s.csv does not exist", "samples.file"]),
        (
            {"deposits": {"file": "{1} <b>.csv"}},
            ["{1} <b>.csv: Snakemake gives the characters {}<>", "rename"],
        ),
        ({"labels": {"radius": "wide"}}, ["key 'labels.radius': 'wide' is not of type 'number'", "bad.yaml"]),
    ],
)
def test_a_fault_of_the_config_stops_before_any_job(stopped, settings, parts):
    text, left = stopped(settings=settings)
    assert_stated_once(text, *parts)
    assert left == set()
    assert "Job stats" not in text


@pytest.mark.parametrize(
    ("faults", "parts"),
    [
        (
            {"settings": {"samples": {"x": "{Easting} %s $x"}}},
            ["there is no column '{Easting} %s $x' (samples.x)", "'{x} %s'", SAMPLES],
        ),
        (
            {"settings": {"samples": {"crs": "EPSG:999999"}}},
            ["samples.crs: 'EPSG:999999' is not a known CRS"],
        ),
        ({"samples": in_degrees}, ["they look like degrees", SAMPLES, "row 2", "samples.crs", "EPSG:32648"]),
        (
            {"settings": {"samples": {"crs": "EPSG:4326"}}},
            ["they look like metres", SAMPLES, "row 2", "samples.crs", "EPSG:4326"],
        ),
        (
            {"samples": with_cell("Zn_ppm", 5, "{see} %s $note <b>")},
            [f"{SAMPLES}, column 'Zn_ppm', row 7: '{{see}} %s $note <b>' is not a number", "samples.missing"],
        ),
        ({"samples": lambda samples: samples[:29]}, ["only 29 usable samples", SAMPLES, "29 rows read"]),
    ],
)
def test_a_fault_of_the_samples_leaves_nothing(stopped, faults, parts):
    text, left = stopped(**faults)
    assert_stated_once(text, *parts)
    assert left == set()


@pytest.mark.parametrize(
    ("faults", "parts"),
    [
        (
            {"deposits": lambda deposits: deposits.assign(x=deposits["x"] + 200000)},
            ["none of the 6 deposits lies inside the survey", DEPOSITS, "grid.max_distance", "deposits.crs"],
        ),
        (
            {"settings": {"labels": {"folds": 40}}},
            ["labels.folds is 40, but the 6 deposits", "labels.group_distance"],
        ),
        (
            {"deposits": with_cell("y", 0, "{north} %s")},
            [f"{DEPOSITS}, column 'y', row 2: '{{north}} %s' is not a coordinate", "deposits.y"],
        ),
    ],
)
def test_a_fault_of_the_deposits_stops_before_the_interpolation(stopped, faults, parts):
    text, left = stopped(**faults)
    assert_stated_once(text, *parts)
    assert left == CLEANED


def test_more_superpixels_than_cells(stopped):
    settings = {"superpixels": {"n_segments": [100000]}, "labels": {"folds": 2, "buffer": 6000}}
    text, left = stopped("--until", "segment_superpixels", settings=settings)
    assert_stated_once(text, "100000 superpixels are asked for", "superpixels.n_segments", "grid.cell")
    assert left == CLEANED | {
        "deposits.parquet",
        "warnings/clean_deposits.csv",
        "interpolation.json",
        "interpolation.csv",
        "elements.nc",
        "cube.nc",
    }


@pytest.mark.parametrize(
    ("fault", "parts"),
    [
        ("crs", ["Zn $1 %s.tif, band 1: the raster has no CRS", "gdal_edit.py"]),
        ("grid", ["Zn $1 %s.tif, band 1: its grid (", "differs from that of", "gdalwarp"]),
        ("hole", ["Zn $1 %s.tif, band 1: 1 cells have no data", "row 2, column 1"]),
    ],
)
def test_a_fault_of_the_rasters_leaves_nothing(fault, parts, tables, tmp_path):
    tables[1].to_csv(tmp_path / DEPOSITS, index=False)
    about = {"driver": "GTiff", "height": 5, "width": 4, "count": 1, "dtype": "float32", "nodata": -1}
    about |= {"crs": "EPSG:32648", "transform": from_origin(400000, 3860000, 1000, 1000)}
    image = np.arange(1, 21, dtype=np.float32).reshape(5, 4)
    changed = image.copy()
    if fault == "hole":
        changed[1, 0] = -1
    other = {"crs": {"crs": None}, "grid": {"transform": from_origin(0, 3860000, 1000, 1000)}}.get(fault, {})
    for name, keys, values in (("Cu", {}, image), ("Zn $1 %s", other, changed)):
        with rasterio.open(tmp_path / f"{name}.tif", "w", **about | keys) as file:
            file.write(values, 1)
    config = {
        "survey": "bad",
        "data": {"folder": str(tmp_path)},
        "deposits": TABLES["deposits"] | {"file": DEPOSITS},
    }
    config["grids"] = {"folder": ".", "pattern": "^(?P<element>[A-Z][a-z]).*tif$"}
    result = snakemake(tmp_path, configs=(write_config(tmp_path / "bad.yaml", config),))
    assert result.returncode != 0
    assert_stated_once(result.stdout, *parts)
    assert not (tmp_path / "results" / "bad" / "elements.nc").exists()


def test_a_file_that_fails_while_it_is_written_leaves_the_old_one(tmp_path):
    path = tmp_path / "metrics.csv"
    path.write_text("old")

    def write(text):
        with atomic_write(str(path)) as temporary:
            temporary.write_text(text)
            if text == "half":
                raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        write("half")
    assert [file.name for file in tmp_path.iterdir()] == ["metrics.csv"]
    assert path.read_text() == "old"
    write("new")
    assert [file.name for file in tmp_path.iterdir()] == ["metrics.csv"]
    assert path.read_text() == "new"
