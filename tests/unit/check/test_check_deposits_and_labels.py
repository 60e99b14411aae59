"""Deposits, labels and folds of a check, and its distances beside the rule of thumb."""

import numpy as np
import pandas as pd
import pytest
from geohalo.check.classes import check_classes
from geohalo.check.findings import Findings
from geohalo.check.ground import Ground
from geohalo.check.labels import check_superpixels, distances_table
from geohalo.cube.grid import Grid
from pyproj import CRS
from rasterio import open as open_raster
from rasterio.transform import from_origin


def test_deposits_in_and_out_and_their_groups(checked) -> None:
    found = checked()
    assert list(found.deposits.table["name"]) == ["Alpha", "Beta", "Gamma", "Delta", "Far"]
    assert list(found.deposits.table["inside"]) == [True] * 4 + [False]
    # Alpha and Beta are 1,000 m apart.
    assert found.deposits.groups == 3
    assert (found.deposits.counted["deposits"], found.deposits.counted["inside"]) == (5, 4)
    assert found.labels.lost.to_dict("records") == [
        {"name": "Far", "row": 6, "why": "farther than grid.max_distance from every sample"}
    ]


def test_halo_and_background_are_counted(checked) -> None:
    found = checked()
    cells, table = found.ground.cells, found.deposits.table
    apart = np.hypot(*(cells[:, None] - table[["x", "y"]].to_numpy()).transpose(2, 0, 1))
    assert found.labels.positive == (apart[:, :4].min(axis=1) <= 700).sum()
    assert found.labels.background == (apart.min(axis=1) > 900).sum()


def test_every_deposit_is_held_out_once(checked) -> None:
    folds = checked().labels.folds
    assert list(folds["fold"]) == [0, 1]
    assert folds["groups"].sum() == 3
    assert folds["deposits"].sum() == 4
    # Cells to judge by are those of the held-out deposits: each cell of a halo in one fold, as none is shared.
    assert (folds[["train_positive", "train_background", "test_positive", "test_background"]] > 0).all(
        axis=None
    )


def test_a_deposit_without_a_cell_is_named(checked, tables) -> None:
    table = tables[1]()
    # The last sample's reach ends between the centres of cells.
    table.loc[len(table)] = ["506990", "6003000", "Edge"]
    found = checked(deposits_table=table, labels={"radius": 20, "background_distance": 900, "folds": 2})
    lost = found.labels.lost.set_index("name")["why"]
    assert lost["Edge"] == "no cell within labels.radius (20 m)"
    assert any("labels.radius" in one.what for _, one in found.findings.warnings)


def test_groups_fewer_than_folds_stop(checked) -> None:
    found = checked(labels={"folds": 4})
    messages = [message for _, message in found.findings.errors]
    assert any("labels.folds is 4" in message and "Set labels.folds to 3" in message for message in messages)
    assert found.deposits.groups == 3
    assert found.labels.folds.empty


def test_none_inside_stops_and_they_are_drawn_as_outside(checked, tables) -> None:
    table = tables[1]()
    table["x"] = (table["x"].astype(int) + 200_000).astype(str)
    found = checked(deposits_table=table)
    (message,) = [message for _, message in found.findings.errors]
    assert "none of the 5 deposits lies inside the survey" in message
    assert len(found.deposits.drawn) == 5
    assert not found.deposits.drawn["inside"].any()


def test_samples_and_deposits_are_both_told(checked, tables) -> None:
    samples, deposits = tables[0](), tables[1]()
    samples.loc[4, "Cu_ppm"] = "see note"
    deposits.loc[2, "y"] = "north"
    assert [stage for stage, _ in checked(samples, deposits).findings.errors] == [
        "clean_samples",
        "clean_deposits",
    ]


def test_more_superpixels_than_cells() -> None:
    ground = Ground(
        grid=Grid(np.arange(10) * 100.0, -np.arange(10) * 100.0), mask=np.ones((10, 10), dtype=bool)
    )
    findings = Findings()
    check_superpixels(findings, ground, ["1in5", 100, 101])
    (error,) = findings.errors
    assert error[0] == "segment_superpixels"
    assert "101 superpixels are asked for" in error[1]


# Distances


def test_distances_of_the_rule(settings) -> None:
    settings["grid"] |= {"cell": 1000, "max_distance": 4000}
    settings["labels"] |= {
        "radius": 3000,
        "background_distance": 5000,
        "group_distance": 8000,
        "buffer": 70_000,
    }
    table = distances_table(settings, 1582.0).set_index("key")
    # Half of 1,582 m and twice of it, to one digit; the radius is at least 3 km, the others 1.6, 2 and 5 times that.
    assert table["rule"].to_dict() == {
        "grid.cell": 800,
        "grid.max_distance": 3000,
        "labels.radius": 3000,
        "labels.background_distance": 4800,
        "labels.group_distance": 6000,
        "labels.buffer": 15_000,
    }
    assert table["value"]["labels.buffer"] == 70_000
    assert table["follows"].to_dict() == dict.fromkeys(table.index, True) | {"labels.buffer": False}


def test_distances_follow_the_config_s_radius_where_that_fits(settings) -> None:
    settings["labels"] |= {"radius": 8000}
    table = distances_table(settings, 11_000.0).set_index("key")
    assert table["rule"]["labels.radius"] == 10_000
    assert table["rule"]["labels.buffer"] == 5 * 8000
    settings["labels"] |= {"radius": 2000}
    table = distances_table(settings, 11_000.0).set_index("key")
    assert not table["follows"]["labels.radius"]
    assert table["rule"]["labels.buffer"] == 5 * 10_000


def test_rasters_tell_no_spacing(settings) -> None:
    table = distances_table(settings, None).set_index("key")
    assert list(table.index) == ["labels.background_distance", "labels.group_distance", "labels.buffer"]
    assert table["rule"].tolist() == pytest.approx([1.6 * 700, 2 * 700, 5 * 700])


# Classes


def test_classes_and_their_folds(tmp_path, settings) -> None:
    x, y = 500_000 + 50 + 100.0 * np.arange(20), 6_002_000 - 50 - 100.0 * np.arange(20)
    ground = Ground(grid=Grid(x, y), mask=np.ones((20, 20), dtype=bool), crs=CRS("EPSG:32633"))
    classes = np.zeros((20, 20), dtype=np.uint8)
    classes[::4, ::4], classes[2::4, ::4] = 1, 2
    file = tmp_path / "classes.tif"
    about = {"driver": "GTiff", "width": 20, "height": 20, "count": 1, "dtype": "uint8", "crs": "EPSG:32633"}
    with open_raster(file, "w", transform=from_origin(500_000, 6_002_000, 100, 100), **about) as out:
        out.write(classes, 1)
    findings = Findings()
    labels = settings["labels"] | {"group_distance": 500, "buffer": 100, "folds": 2, "positives": 5}
    found = check_classes(findings, {"file": str(file)}, ground, labels)
    assert findings.errors == []
    pd.testing.assert_frame_equal(
        found.classes, pd.DataFrame({"class": [1, 2], "cells": [25, 25]}), check_dtype=False
    )
    np.testing.assert_array_equal(found.image, classes)
    assert found.folds["test"].sum() == 50
    assert list(found.folds["train"]) == [10, 10]
    # A class that has no cell inside stops.
    ground.mask[2::4] = False
    check_classes(findings, {"file": str(file)}, ground, labels)
    assert [stage for stage, _ in findings.errors] == ["read_labels"]
    assert "class 2 has no cell inside the survey" in findings.errors[0][1]
