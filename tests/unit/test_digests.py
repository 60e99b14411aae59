"""Files that are damaged after they were written are named, and never read in silence."""

import shutil
import subprocess
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pytest
import torch
from geohalo.errors import InputError
from geohalo.files.digests import (
    check_digests,
    check_sources,
    digest_path,
    forget_digests,
    keep_digests,
    sha256,
)
from geohalo.workflow.job import job


@pytest.fixture
def files(tmp_path):
    """Write what the stages pass on: members, a map, samples, a table of folds, and a folder of an alternative."""
    torch.save({"weight": torch.arange(600.0)}, tmp_path / "members.pt")
    gpd.GeoDataFrame(
        {"Cu": np.arange(50.0)}, geometry=gpd.points_from_xy(np.arange(50), np.arange(50))
    ).to_parquet(tmp_path / "samples.parquet")
    (tmp_path / "score.tif").write_bytes(np.random.default_rng(0).bytes(4000))
    (tmp_path / "held_out.csv").write_text("fold,cell\n0,1\n" * 40)
    (tmp_path / "cubes" / "graph").mkdir(parents=True)
    (tmp_path / "cubes" / "graph" / "30.npz").write_bytes(bytes(range(256)) * 4)
    (tmp_path / "cubes" / "cube.nc").write_bytes(bytes(range(256)) * 4)
    names = ["members.pt", "samples.parquet", "score.tif", "held_out.csv", "cubes"]
    paths = {name: tmp_path / name for name in names}
    keep_digests(map(str, paths.values()))
    check_digests(map(str, paths.values()))
    return paths


@pytest.mark.parametrize("name", ["members.pt", "samples.parquet", "score.tif", "held_out.csv"])
def test_one_flipped_bit_anywhere_is_named_with_the_way_out(files, name):
    path = files[name]
    content = path.read_bytes()
    for place in np.linspace(0, len(content) - 1, 60).astype(int):
        damaged = bytearray(content)
        damaged[place] ^= 1 << (place % 8)
        path.write_bytes(damaged)
        with pytest.raises(InputError) as stopped:
            check_digests(map(str, files.values()))
        assert str(stopped.value).startswith(f"{path}: not as GeoHalo wrote it")
        assert "Delete this file and run the same command again" in str(stopped.value)
    path.write_bytes(content)
    check_digests([str(path)])


def test_a_folder_is_damaged_with_any_of_its_files(files):
    folder = files["cubes"]
    lines = digest_path(folder).read_text().splitlines()
    assert lines == [
        f"{sha256(folder / 'cube.nc')}  ../cubes/cube.nc",
        f"{sha256(folder / 'graph' / '30.npz')}  ../cubes/graph/30.npz",
    ]
    (folder / "graph" / "30.npz").write_bytes(b"cut")
    with pytest.raises(InputError, match=f"^{folder}: not as GeoHalo wrote it"):
        check_digests([str(folder)])
    (folder / "graph" / "30.npz").unlink()
    with pytest.raises(InputError, match=f"^{folder}: not as GeoHalo wrote it"):
        check_digests([str(folder)])


def test_several_damaged_files_are_counted(files):
    for path in files.values():
        if path.is_file():
            path.write_bytes(b"")
    with pytest.raises(InputError, match=r"members.pt, .*held_out.csv: not as GeoHalo wrote them") as stopped:
        check_digests(map(str, files.values()))
    assert "Delete these files" in str(stopped.value)


def test_a_file_without_a_checksum_is_taken_as_it_is(files):
    files["score.tif"].write_bytes(b"other")
    forget_digests([str(files["score.tif"])])
    check_digests([str(files["score.tif"])])
    # One that a power cut left empty says nothing.
    digest_path(files["held_out.csv"]).write_bytes(b"")
    check_digests([str(files["held_out.csv"])])


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="no sha256sum")
def test_sha256sum_can_check_them(files):
    folder = digest_path(files["score.tif"]).parent
    command = ["sha256sum", "--check", "--quiet", *sorted(file.name for file in folder.iterdir())]
    assert subprocess.run(command, cwd=folder, check=False).returncode == 0
    files["score.tif"].write_bytes(b"other")
    assert subprocess.run(command, cwd=folder, check=False, capture_output=True).returncode == 1


def rule(tmp_path, inputs, outputs, **config):
    return SimpleNamespace(
        log=[str(tmp_path / "a.log")],
        config={"survey": "here"} | config,
        rule="map",
        wildcards={},
        input=[str(file) for file in inputs],
        output=[str(file) for file in outputs],
        params={},
    )


def test_a_job_keeps_the_checksums_of_its_outputs_and_checks_those_of_its_inputs(tmp_path, capsys):
    score, table = tmp_path / "score.tif", tmp_path / "table.csv"
    with job(rule(tmp_path, [], [score])):
        score.write_bytes(b"abcd")
    assert digest_path(score).read_text() == f"{sha256(score)}  ../score.tif\n"
    with job(rule(tmp_path, [score], [table])):
        table.write_text("fine")
    score.write_bytes(b"abce")
    with pytest.raises(SystemExit), job(rule(tmp_path, [score], [table])):
        table.write_text("never")
    assert table.read_text() == "fine"
    told = capsys.readouterr().err
    assert f"GeoHalo stopped (survey here, map):\n{score}: not as GeoHalo wrote it" in told
    # Made anew, it is good again.
    with job(rule(tmp_path, [], [score])):
        score.write_bytes(b"abcd")
    with job(rule(tmp_path, [score], [table])):
        table.write_text("again")


def test_a_job_that_stops_half_way_leaves_no_checksum(tmp_path, capsys):
    score = tmp_path / "score.tif"
    with job(rule(tmp_path, [], [score])):
        score.write_bytes(b"abcd")
    with pytest.raises(SystemExit), job(rule(tmp_path, [], [score])):
        (tmp_path / "none").rename(score)
    assert not digest_path(score).exists()


def test_files_that_are_there_are_checked_against_the_sources_of_the_config(tmp_path):
    (tmp_path / "deposits.shp").write_bytes(b"shape")
    (tmp_path / "deposits.dbf").write_bytes(b"names")
    (tmp_path / "samples.csv").write_bytes(b"samples")
    good = {
        name: {"url": "https://example.org", "sha256": sha256(tmp_path / name)} for name in ("deposits.shp",)
    }
    bad = {"url": "https://example.org", "sha256": "0" * 64}
    data = {"folder": str(tmp_path), "sources": good | {"samples.csv": bad, "absent.csv": bad}}
    check_sources([str(tmp_path / "deposits.shp")], data)
    with pytest.raises(
        InputError, match=r"config key data.sources.samples.csv: the SHA-256 of .*samples.csv"
    ) as told:
        check_sources([str(tmp_path / "samples.csv")], data)
    assert sha256(tmp_path / "samples.csv") in str(told.value)
    # A Shapefile is read with its other parts.
    data["sources"]["deposits.dbf"] = bad
    with pytest.raises(InputError, match=r"data.sources.deposits.dbf"):
        check_sources([str(tmp_path / "deposits.shp")], data)


def test_what_is_downloaded_into_the_data_folder_has_its_checksum_in_the_config(tmp_path):
    config = {"data": {"folder": str(tmp_path), "sources": {"a.csv": {"url": "", "sha256": ""}}}}
    path = tmp_path / "a.csv"
    with job(rule(tmp_path, [], [path], **config)):
        path.write_bytes(b"Cu")
    assert not digest_path(path).exists()


def test_parts_that_are_removed_leave_no_checksum(tmp_path):
    part, whole = tmp_path / "tiles" / "elements" / "1-of-2.nc", tmp_path / "elements.nc"
    part.parent.mkdir(parents=True)
    for file in (part, whole):
        file.write_bytes(b"values")
    keep_digests([str(part), str(whole)])
    assert digest_path(whole).is_file()
    assert not digest_path(part).parent.exists()
