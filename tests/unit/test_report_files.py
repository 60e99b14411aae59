"""What the report reads: files by their names, checksums, times, and large maps thinned."""

import hashlib
import json
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from geohalo.cube.grid import Grid
from geohalo.files.cells import Survey, write_geotiff
from geohalo.stages.shared.report import Results, run_times, sources, versions
from geohalo.stages.shared.report_map import bands, thinned
from geohalo.stages.shared.report_sections import CAPTIONS, shown_settings
from geohalo.workflow.sources import files_hash

CRS = "EPSG:32648"


@pytest.fixture
def results(tmp_path):
    folder = tmp_path / "results" / "here"
    (folder / "maps").mkdir(parents=True)
    (folder / "maps" / "score.tif").write_bytes(b"x")
    (folder / "a.csv").write_text("name,element,value\nNone,NA,1\n,Na,\n")
    (folder / "empty.csv").write_text("name,value\n")
    (folder / "a.md").write_text("text")
    outside = tmp_path / "outside.csv"
    outside.write_text("a\n")
    files = [*(str(path) for path in folder.rglob("*")), str(outside), str(folder / "not-there.csv")]
    return Results(files, str(folder))


def test_files_go_by_their_path_below_the_survey(results):
    assert sorted(results.paths) == ["a.csv", "a.md", "empty.csv", "maps/score.tif"]
    assert results.matching("maps/*.tif") == ["maps/score.tif"]
    assert results.text("a.md") == "text"
    assert results.text("b.md") == ""
    assert results.rows("samples.parquet") == 0


def test_only_an_empty_field_is_missing(results):
    frame = results.table("a.csv")
    assert frame["name"].tolist()[0] == "None"
    assert frame["element"].tolist() == ["NA", "Na"]
    assert frame["name"].isna().tolist() == [False, True]
    assert frame["value"].isna().tolist() == [False, True]
    assert results.table("empty.csv") is None
    assert results.table("b.csv") is None


def test_checksums_are_those_of_the_files(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"abc")
    # The SHA-256 of the three letters, from the standard (FIPS 180-4, example).
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    # Where the user keeps them is left out.
    assert sources([str(path), str(path)]) == [(f"{tmp_path.name}/a.csv", 3, expected)]


def test_a_geodatabase_is_one_source(tmp_path):
    folder = tmp_path / "a.gdb"
    folder.mkdir()
    for name, content in (("b", b"two"), ("a", b"one"), ("a.lock", b"not read")):
        (folder / name).write_bytes(content)
    (row,) = sources([str(folder)])
    assert row == (f"{tmp_path.name}/a.gdb", 6, hashlib.sha256(b"onetwo").hexdigest())


def test_the_hash_of_files_changes_with_one_of_them_and_with_their_order(tmp_path):
    one, two = tmp_path / "1", tmp_path / "2"
    one.write_text("a")
    two.write_text("b")
    before = files_hash([str(one), str(two)])
    assert len(before) == 12
    assert files_hash([str(two), str(one)]) != before
    two.write_text("c")
    assert files_hash([str(one), str(two)]) != before
    assert files_hash([]) == hashlib.sha256().hexdigest()[:12]


def test_times_of_jobs_are_read_from_their_logs(tmp_path):
    logs = {
        "train_fusion_9": [
            '[small, train] {"rule" is no end of a log',
            {"end": 9, "processor": 8, "peak": 3e6},
        ],
        "train_fusion_8": [{"end": 4}],
        "plot_survey": ["of an earlier attempt", "Traceback"],
        "strange": [],
    }
    for name, lines in logs.items():
        written = [
            json.dumps({"rule": "train", "start": 2.5} | line) if isinstance(line, dict) else line
            for line in lines
        ]
        (tmp_path / f"{name}.log").write_text("".join(f"{line}\n" for line in written))
    found = run_times(str(tmp_path))
    assert found[["rule", "seconds"]].values.tolist() == [["train", 1.5], ["train", 6.5]]
    assert found[["cpu_seconds", "megabytes"]].iloc[1].tolist() == [8, 3]
    assert found[["cpu_seconds", "megabytes"]].iloc[0].isna().all()
    assert run_times(str(tmp_path / "none")).empty


def test_versions_are_those_that_run_here():
    found = versions()
    assert found["pandas"] == pd.__version__
    assert "Python" in found


def test_a_large_map_is_thinned_and_its_cells_keep_their_place(tmp_path, monkeypatch):
    monkeypatch.setattr("geohalo.stages.shared.report_map.MOST_CELLS", 7)
    grid = Grid(500.0 + 1000 * np.arange(8), 5500.0 - 1000 * np.arange(6))
    survey = Survey(grid, np.ones((6, 8), bool), CRS)
    found, step = thinned(survey)
    # 48 cells, at most 7: every third of them along each side.
    assert step == 3
    assert found.cell == 3000
    # The north-western corner stays where it is: 0 E, 6000 N.
    assert (found.x[0] - found.cell / 2, found.y[0] + found.cell / 2) == (0, 6000)
    image = np.arange(48, dtype=np.float32).reshape(1, 6, 8)
    image[0, 0, 0] = -1
    write_geotiff(survey, image, str(tmp_path / "a.tif"), nodata=-1, names=["a"])
    read = bands(str(tmp_path / "a.tif"), step)
    assert read.shape == (1, *found.shape)
    np.testing.assert_array_equal(read[0], [[np.nan, 3, 6], [24, 27, 30]])


def test_a_small_map_is_shown_as_it_is():
    grid = Grid(500.0 + 1000 * np.arange(8), 5500.0 - 1000 * np.arange(6))
    found, step = thinned(Survey(grid, np.ones((6, 8), bool), CRS))
    assert step == 1
    np.testing.assert_array_equal(found.x, grid.x)


def test_dates_of_files(results):
    assert abs((results.made("a.csv") - datetime.now(UTC)).total_seconds()) < 600


def test_captions_are_plain_paragraphs():
    """Snakemake takes them for reStructuredText with Jinja2 in it, the page for plain text with marked file names."""
    for file in CAPTIONS.glob("*.rst"):
        text = file.read_text(encoding="utf-8")
        assert text.strip()
        assert not set("{}|_*<>") & set(text.replace("``", "").replace("_", "")), file.name
        assert text.count("`") == 2 * text.count("``"), file.name


def test_a_report_does_not_tell_where_the_data_folder_lies():
    settings = {"survey": "a", "data": {"folder": "/home/ann/data", "sources": {}}}
    assert shown_settings(settings) == {"survey": "a", "data": {"folder": ".../data", "sources": {}}}
    assert settings["data"]["folder"] == "/home/ann/data"
    settings = {"data": {"folder": "resources/surveys"}}
    assert shown_settings(settings) == settings
