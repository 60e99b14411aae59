"""Folds and scores of classes as files: what is written is read again, without deposits."""

import numpy as np
import pandas as pd
import pytest
from geohalo.cube.grid import Grid
from geohalo.evidence.class_folds import draw_class_folds
from geohalo.evidence.folds import SCHEMES
from geohalo.files.cells import Survey
from geohalo.files.folds import read_folds, write_folds
from geohalo.files.scores import read_scores, write_scores
from geohalo.stages.make_class_folds import DEPOSITS
from pyproj import CRS

LABELS = {"group_distance": 500.0, "buffer": 120.0, "folds": 3, "positives": 10, "seed": 0}


def survey():
    mask = np.ones((20, 30), dtype=bool)
    mask[0, :3] = False
    return Survey(Grid(np.arange(30) * 100.0, 2000 - np.arange(20) * 100.0), mask, CRS(32648).to_wkt())


@pytest.mark.parametrize("masks", [False, True])
def test_folds_are_read_as_they_were_written(tmp_path, masks):
    ground = survey()
    generator = np.random.default_rng(0)
    classes = generator.integers(0, 4, len(ground.cells))
    part = generator.integers(0, 4, len(ground.cells)) if masks else None
    pd.DataFrame(columns=DEPOSITS).to_csv(tmp_path / "deposits.csv", index=False)
    for scheme in SCHEMES:
        folds = draw_class_folds(scheme, ground.cells, classes, LABELS, 2, part)
        write_folds(folds, ground, str(tmp_path / f"{scheme}.csv"), str(tmp_path / f"{scheme}.tif"))
        read = read_folds(str(tmp_path), scheme, ground.mask)
        assert (read.n_folds, read.n_draws) == (folds.n_folds, folds.n_draws)
        np.testing.assert_array_equal(read.held_out_region, folds.held_out_region)
        assert read.held_out_region.any() == (not masks and scheme in ("held_out", "inner"))
        assert len(read.deposit_group) == len(read.unreachable) == 0
        if folds.n_folds:
            pd.testing.assert_frame_equal(read.cells, folds.cells, check_dtype=False)
            assert read.n_classes == 3


@pytest.mark.parametrize("shape", [(2,), (2, 3)])
@pytest.mark.parametrize("methods", [None, ["one", "other"]])
def test_scores_are_read_as_they_were_written(tmp_path, shape, methods):
    ground, path = survey(), str(tmp_path / "scores.nc")
    leading = (2, *shape) if methods else shape
    mean, spread = np.random.default_rng(0).random((2, *leading, len(ground.cells))).astype(np.float32)
    write_scores(ground, {"held_out": (mean, spread)}, path, methods)
    for number, method in enumerate(methods or [None]):
        found = read_scores(path, "held_out", ground, method)
        for read, written in zip(found, (mean, spread), strict=True):
            np.testing.assert_array_equal(read, written[number] if methods else written)
