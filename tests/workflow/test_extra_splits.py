"""Extra splits are made where the config asks for them, and nowhere else."""

import numpy as np
import pandas as pd
import pytest
import rasterio
from workflow_runs import SMALL, planned, simulated_survey, snakemake, write_config

pytestmark = pytest.mark.workflow
EXTRA = ["checkerboard", "leave_one_group_out"]


@pytest.fixture(scope="module")
def folds(tmp_path_factory):
    """Folder with the folds of the small survey, made by the Snakefile."""
    folder = tmp_path_factory.mktemp("splits")
    labels = {"extra_splits": EXTRA[::-1], "block": 20_000}
    config = write_config(folder / "extra.yaml", {"labels": labels})
    result = snakemake(folder, "results/small/folds/deposits.csv", configs=(SMALL, config))
    assert result.returncode == 0, result.stdout
    return folder / "results" / "small" / "folds"


def test_each_split_is_a_table_and_an_image_that_agree(folds):
    deposits = pd.read_csv(folds / "deposits.csv")
    assert list(deposits.columns[-5:]) == [
        "group",
        "fold",
        "inner_fold",
        *(f"{name}_fold" for name in EXTRA[::-1]),
    ]
    assert list(deposits["leave_one_group_out_fold"]) == list(deposits["group"])
    assert (deposits.groupby("group")["checkerboard_fold"].nunique() == 1).all()
    for name in EXTRA:
        table = pd.read_csv(folds / f"{name}.csv")
        with rasterio.open(folds / f"{name}.tif") as file:
            assert file.count == deposits[f"{name}_fold"].max() + 1 == table["fold"].max() + 1
            assert file.descriptions == tuple(f"{name} fold {k}" for k in range(file.count))
            codes = file.read()
            rows, columns = rasterio.transform.rowcol(file.transform, table["x"], table["y"])
        code = codes[table["fold"], np.asarray(rows, int), np.asarray(columns, int)]
        assert set(code[table["use"] == "train"]) == {3, 4}
        assert set(code[table["use"] != "train"]) <= {5, 6}


def test_no_split_is_made_unasked(tmp_path):
    result = snakemake(tmp_path, "results/small/folds/deposits.csv", "--dry-run", "--quiet", "host")
    assert result.returncode == 0, result.stdout
    assert not any(name in result.stdout for name in EXTRA)


def test_all_makes_what_is_asked_for_with_one_make_folds_and_one_train(tmp_path):
    config = write_config(tmp_path / "extra.yaml", {"labels": {"extra_splits": EXTRA[:1]}})
    plain, more = planned(tmp_path), planned(tmp_path, configs=(SMALL, config))
    assert plain == more


def test_columns_of_the_deposits_give_splits_of_their_own(tmp_path):
    """A list with years and types: the splits are made, and the deposits say which side they were on."""
    samples, deposits = simulated_survey()
    year = np.where(np.arange(len(deposits)) % 2, "2001", "1970").astype(object)
    year[0] = ""
    samples.to_csv(tmp_path / "samples.csv", index=False)
    deposits.assign(found=year, kind="vein").to_csv(tmp_path / "deposits.csv", index=False)
    place = {"x": "x", "y": "y", "crs": "EPSG:32648"}
    elements = "^(?P<element>[A-Z][A-Za-z0-9]*)_(?P<unit>ppm|ppb|pct)$"
    settings = {
        "survey": "years",
        "data": {"folder": "."},
        "samples": {"file": "samples.csv", "elements": elements, **place},
        "deposits": {"file": "deposits.csv", "year": "found", "type": "kind", **place},
        "grid": {"cell": 1000, "max_distance": 2500},
        "labels": {"folds": 3, "buffer": 8000, "known_before": 1990},
    }
    config = write_config(tmp_path / "years.yaml", settings)
    result = snakemake(tmp_path, "results/years/folds/deposits.csv", configs=(config,))
    assert result.returncode == 0, result.stdout
    assert "of the 12 deposits inside are neither learned from nor tested by the split time" in result.stdout
    found = pd.read_csv(tmp_path / "results" / "years" / "folds" / "deposits.csv")
    tested, left_out = found["time_fold"] == 0, found["time_fold"] == -2
    assert set(found.loc[tested, "year"]) == {2001}
    assert found.loc[~tested & ~left_out, "year"].eq(1970).all()
    assert left_out[0]
    assert (found["fold"] >= 0).all()
    assert not set(found.loc[tested, "group"]) & set(found.loc[~tested & ~left_out, "group"])
    jobs = planned(tmp_path, configs=(config,))
    assert (jobs["train"], jobs["evaluate"]) == (1 + 1, 1)  # the map's variant and permuted labels
