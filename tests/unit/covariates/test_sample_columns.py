"""Columns of the samples as layers: means of merged rows, codes as shares, and what is doubtful."""

import numpy as np
import pandas as pd
import pytest
from geohalo.covariates.sample_columns import sample_bands
from geohalo.errors import InputError

SETTINGS = {"neighbours": 3, "power": 2.0, "anisotropy": {"ratio": 1.0, "bearing": 0.0}}


def table(**columns):
    rows = len(next(iter(columns.values())))
    return pd.DataFrame(columns, index=pd.RangeIndex(2, rows + 2, name="row"))


def places(number=40):
    return np.random.default_rng(3).uniform(0, 1000, (number, 2))


def bands(column, layer, rows=None, targets=None, number=40):
    where = places(number)
    return sample_bands(
        "height",
        table(ELEV=column),
        {"column": "ELEV", **layer},
        rows or [str(k + 2) for k in range(number)],
        where,
        where if targets is None else targets,
        SETTINGS,
        "samples.csv",
    )


def test_numbers_at_the_samples_are_their_own():
    values = np.linspace(-5, 300, 40)
    assert bands(values, {}).values[0] == pytest.approx(values, rel=1e-6)


def test_numbers_between_samples_are_weighted_by_distance():
    values, target = np.linspace(-5, 300, 40), np.array([[500.0, 500.0]])
    distance = np.linalg.norm(places() - target, axis=1)
    near = np.argsort(distance)[:3]
    weight = distance[near] ** -2
    found = bands(values, {}, targets=target).values[0, 0]
    assert found == pytest.approx((weight * values[near]).sum() / weight.sum(), rel=1e-6)


def test_rows_of_one_sample_are_averaged_and_their_most_frequent_code_counts():
    rows = ["2;3;4", *(str(k) for k in range(5, 44))]
    numbers = [10.0, 20, 60, *range(39)]
    assert bands(numbers, {}, rows).values[0, 0] == pytest.approx(30)
    codes = ["b", "a", "b", *["a"] * 39]
    found = bands(codes, {"kind": "categorical"}, rows)
    assert found.names == ["height: a", "height: b"]
    assert found.values[:, 0].tolist() == [0, 1]


def test_codes_become_shares_of_the_samples_around():
    codes, target = [35, 35.0, 82, 7] * 10, np.array([[500.0, 500.0]])
    found = bands(codes, {"kind": "categorical", "names": {"7": "gneiss"}}, targets=target)
    assert found.names == ["height: 35", "height: gneiss", "height: 82"] or set(found.classes) == {
        "35",
        "82",
        "gneiss",
    }
    distance = np.linalg.norm(places() - target, axis=1)
    near = np.argsort(distance)[:3]
    weight = distance[near] ** -2 / (distance[near] ** -2).sum()
    exact = sum(weight[k] for k in range(3) if codes[near[k]] == 35)
    assert found.values[found.classes.index("35"), 0] == pytest.approx(exact, abs=1e-6)
    assert found.values.sum(axis=0) == pytest.approx(1)


def test_missing_codes_and_empty_cells_tell_nothing():
    values = [-9999.0, np.nan, *np.linspace(0, 1, 38)]
    found = bands(values, {"missing": ["-9999.0"]}).values[0]
    assert found[:2].max() <= 1
    assert found[:2].min() >= 0


def test_whole_numbers_of_few_values_are_doubtful():
    warned = bands([1, 2, 3, 4] * 15, {}, number=60).warnings
    assert "4 whole numbers and was taken for a measurement" in warned[0].what
    assert "covariates.height.kind: categorical" in warned[0].fix
    assert bands([1, 2, 3, 4] * 15, {"kind": "categorical"}, number=60).warnings == ()
    assert bands([1, 2, 3, 4] * 15, {"kind": "continuous"}, number=60).warnings == ()


@pytest.mark.parametrize(
    ("column", "layer", "message"),
    [
        (["FIN", "RUS"] * 20, {}, "40 cells are no numbers .*kind: categorical"),
        ([np.nan] * 20 + [1.0] * 20, {}, "20 samples have a value"),
        ([f"C{k}" for k in range(1200)], {"kind": "categorical"}, "1,200 classes"),
        ([1.0] * 40, {"column": "ELEVATION"}, "no column 'ELEVATION' .*did you mean 'ELEV'"),
    ],
)
def test_bad_columns_are_named(column, layer, message):
    with pytest.raises(InputError, match=message) as caught:
        bands(column, layer, number=len(column))
    assert "samples.csv" in str(caught.value)
