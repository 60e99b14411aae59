"""What all layers have in common: cover, variation, and that none is made from the deposits."""

import numpy as np
import pytest
from geohalo.covariates.bands import MOST_BANDS, OTHERS, Bands, ClassBands, checked_cover, merged_rare, shares
from geohalo.covariates.leaks import check_not_from_deposits
from geohalo.errors import InputError


def continuous(values):
    return Bands("gravity", "continuous", (), np.asarray(values, np.float32)[None], "mGal", "g.tif")


def test_shares_of_the_mapped_part():
    found = shares(np.array([[0.2, 0.3, 0.0], [0.4, 0.1, 0.0]]), np.array([0.6, 0.4, 0.0]))
    assert found[:, 0] == pytest.approx([1 / 3, 2 / 3])
    assert np.isnan(found[:, 1:]).all()


def test_a_layer_beside_the_survey_stops():
    with pytest.raises(InputError, match=r"g\.tif: the layer covers 40% .*covariates\.gravity\.crs"):
        checked_cover(continuous([1, 2, np.nan, np.nan, np.nan]), "covariates.gravity")


def test_a_layer_with_holes_is_doubtful():
    found = checked_cover(continuous([*range(9), np.nan]), "covariates.gravity")
    assert "covers 90.0% of the survey's cells" in found.warnings[0].what
    assert checked_cover(continuous(range(10)), "covariates.gravity").warnings == ()


def test_a_layer_that_is_the_same_everywhere_stops():
    with pytest.raises(InputError, match="all cells of the survey have the value 7, which tells nothing"):
        checked_cover(continuous([7, 7, 7]), "covariates.gravity")
    rock = Bands("rock", "categorical", ("granite",), np.ones((1, 3), np.float32), "", "r.gpkg")
    with pytest.raises(InputError, match="all cells of the survey have the class granite"):
        checked_cover(rock, "covariates.rock")


def cells_and_deposits():
    random = np.random.default_rng(5)
    x, y = np.meshgrid(np.arange(60) * 100.0, np.arange(50) * 100.0)
    return np.column_stack([x.ravel(), y.ravel()]), random.uniform(0, 5000, (12, 2))


def distance_to(cells, places):
    return np.linalg.norm(cells[:, None] - places, axis=2)


@pytest.mark.parametrize(
    "made",
    [
        lambda d: d.min(axis=1),
        lambda d: -np.log1p(d.min(axis=1)),
        lambda d: np.exp(-((d / 400) ** 2)).sum(axis=1),
    ],
)
def test_what_is_made_from_the_deposits_is_refused(made):
    cells, deposits = cells_and_deposits()
    band = continuous(made(distance_to(cells, deposits)))
    with pytest.raises(InputError, match=r"gravity is .*known deposits.*leave covariates\.gravity out"):
        check_not_from_deposits([band], cells, 100.0, deposits)


@pytest.mark.parametrize("off", [0.0, 30.0, 300.0])
def test_what_the_deposits_follow_is_no_leak(off):
    # Deposits lie on a structure or near it; the distance to it is a covariate as any other.
    cells, _ = cells_and_deposits()
    random = np.random.default_rng(2)
    deposits = np.column_stack([random.normal(3000, off, 15), random.uniform(0, 4900, 15)])
    band = continuous(np.abs(cells[:, 0] - 3000 - 0.1 * cells[:, 1]))
    check_not_from_deposits([band], cells, 100.0, deposits)


def test_smooth_ground_that_has_nothing_to_do_with_the_deposits_is_no_leak():
    cells, _ = cells_and_deposits()
    for seed in range(50):
        random = np.random.default_rng(seed)
        phase, deposits = random.uniform(0, 6, 2), random.uniform(0, 4900, (2 + seed % 12, 2))
        field = np.sin(cells[:, 0] / 400 + phase[0]) * np.sin(cells[:, 1] / 300 + phase[1])
        check_not_from_deposits([continuous(field)], cells, 100.0, deposits)


def test_rare_classes_share_a_band():
    # 3 large classes, and 50 that have 4 of 1,000 cells each.
    code = np.concatenate([np.repeat([0, 1, 2], [300, 300, 200]), np.repeat(np.arange(3, 53), 4)])
    values = (code == np.arange(53)[:, None]).astype(np.float32)
    rock = Bands("rock", "categorical", tuple(f"{k:02d}" for k in range(53)), values, "", "r.gpkg")
    found = merged_rare(rock)
    assert found.classes == ("00", "01", "02", OTHERS)
    assert found.values.sum(axis=0).tolist() == [1.0] * 1000
    assert found.values[3].sum() == 200


def test_the_largest_classes_keep_a_band():
    code = np.repeat(np.arange(100), np.arange(1, 101))
    values = (code == np.arange(100)[:, None]).astype(np.float32)
    rock = Bands("rock", "categorical", tuple(f"{k:02d}" for k in range(100)), values, "", "r.gpkg")
    found = merged_rare(rock)
    assert found.classes == (*(f"{k:02d}" for k in range(60, 100)), OTHERS)
    assert len(found.classes) == MOST_BANDS + 1
    assert merged_rare(found) is found


def test_one_rare_class_stays():
    values = np.array([[1] * 999 + [0], [0] * 999 + [1]], np.float32)
    rock = Bands("rock", "categorical", ("a", "b"), values, "", "r.gpkg")
    assert merged_rare(rock) is rock


def shared(classes, cells, seed, rare=0):
    """Return shares of classes (classes, cells) of quite different sizes, the last ones rare, with two holes."""
    random = np.random.default_rng(seed)
    size = np.concatenate([random.uniform(0.5, 3, classes - rare), np.full(rare, 1e-4)])
    found = random.dirichlet(size, cells).T.astype(np.float32)
    found[:, :2] = np.nan
    return found


@pytest.mark.parametrize(
    ("classes", "rare"), [(3, 0), (8, 1), (8, 3), (MOST_BANDS + 1, 0), (MOST_BANDS + 30, 5)]
)
def test_classes_that_are_added_one_by_one_come_out_as_those_merged_at_once(classes, rare):
    for seed in range(5):
        values = shared(classes, 60, seed, rare)
        names = tuple(f"class {k:03d}" for k in range(classes))
        met = np.nan_to_num(values).max(axis=1) > 0
        whole = Bands("rock", "categorical", tuple(np.array(names)[met]), values[met], "", "r.gpkg")
        expected, found = merged_rare(whole), ClassBands()
        for name, one in zip(names, values, strict=True):
            found.add(name, one)
        got_names, got = found.bands(60)
        assert got_names == expected.classes
        np.testing.assert_allclose(got, expected.values, atol=1e-6)
        again = Bands("rock", "categorical", got_names, got, "", "r.gpkg")
        assert merged_rare(again) is again


def test_of_equal_classes_the_first_have_bands():
    found = ClassBands()
    for k in range(MOST_BANDS + 3):
        found.add(f"{k:03d}", np.full(4, 1 / (MOST_BANDS + 3), np.float32))
    names, values = found.bands(4)
    assert names == (*(f"{k:03d}" for k in range(MOST_BANDS)), OTHERS)
    np.testing.assert_allclose(values[-1], 3 / (MOST_BANDS + 3), rtol=1e-6)


def test_classes_that_the_survey_does_not_meet_leave_no_band_and_a_layer_of_them_covers_nothing():
    found = ClassBands()
    found.add("far", np.zeros(5, np.float32))
    found.add("not mapped", np.full(5, np.nan, np.float32))
    names, values = found.bands(5)
    assert names == ()
    with pytest.raises(InputError, match=r"r\.gpkg: the layer covers 0% of the survey's cells"):
        checked_cover(Bands("rock", "categorical", names, values, "", "r.gpkg"), "covariates.rock")
