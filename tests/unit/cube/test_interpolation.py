"""The front of all methods: each element by its own method, as if it were alone."""

import numpy as np
import pytest
from geohalo.cube import inverse_distance
from geohalo.cube.interpolation import INTERPOLATORS, METHODS, Interpolation, estimate, fit_variograms
from geohalo.cube.inverse_distance import stretched
from geohalo.cube.kriging import krige
from geohalo.cube.smooth import smooth
from geohalo.method_table import with_variance
from geohalo.settings import check_settings, schema, used_interpolation
from hypothesis import given, settings
from hypothesis import strategies as st

SETTINGS = check_settings({"survey": "a", "simulate": {}})["interpolation"]
ELLIPSE = SETTINGS | {"anisotropy": {"ratio": 2.5, "bearing": 40}}
RNG = np.random.default_rng(1)
POINTS, TARGETS = RNG.uniform(0, 1000, (80, 2)), RNG.uniform(0, 1000, (30, 2))
VALUES = RNG.normal(size=(80, 5)) + POINTS[:, :1] / 300
VALUES[RNG.random(VALUES.shape) < 0.2] = np.nan


def alone(method: str, column: int, how: dict) -> tuple[np.ndarray, np.ndarray]:
    """Estimate and variance of one element by the method's own function."""
    there = ~np.isnan(VALUES[:, column])
    points, values, targets = POINTS[there], VALUES[there][:, [column]], TARGETS
    nothing = np.full(len(targets), np.nan)
    if method == "kriging":
        model = fit_variograms(POINTS, VALUES, how)[column].model(**how["anisotropy"])
        estimates, variance = krige(points, values, targets, [model], 12)
        return estimates[:, 0], variance[:, 0]
    points, targets = stretched(points, **how["anisotropy"]), stretched(targets, **how["anisotropy"])
    if method == "smooth":
        return smooth(points, values, targets, 12, how["smoothing"])[:, 0], nothing
    if method == "idw":
        return inverse_distance.interpolate(points, values, targets, 12, how["power"])[:, 0], nothing
    distance = np.hypot(*(points[:, None] - targets).transpose(2, 0, 1))
    return values[distance.argmin(axis=0), 0], nothing


@pytest.mark.parametrize("how", [SETTINGS, ELLIPSE])
@pytest.mark.parametrize("methods", [[name] * 5 for name in METHODS] + [[*METHODS, "idw"]])
def test_each_element_by_its_own_method(methods, how):
    variograms = fit_variograms(POINTS, VALUES, how)
    found, variance = estimate(POINTS, VALUES, TARGETS, methods, variograms, how)
    for k, method in enumerate(methods):
        expected, spread = alone(method, k, how)
        np.testing.assert_allclose(found[:, k], expected, atol=1e-9)
        if variance is not None:
            np.testing.assert_allclose(variance[:, k], spread, atol=1e-9)
    assert (variance is None) == ("kriging" not in methods)


@pytest.mark.parametrize("method", METHODS)
def test_constants_stay_and_levels_add_up(method):
    """An element in another unit, log x + 3, has the same map plus 3; one that does not vary keeps its value."""
    values = np.column_stack([VALUES[:, 0], VALUES[:, 0] + 3, np.full(80, 1.7)])
    variograms = fit_variograms(POINTS, values, SETTINGS)
    found, variance = estimate(POINTS, values, TARGETS, [method] * 3, variograms, SETTINGS)
    np.testing.assert_allclose(found[:, 1], found[:, 0] + 3, atol=1e-9)
    np.testing.assert_allclose(found[:, 2], 1.7, atol=1e-9)
    if variance is not None:
        np.testing.assert_allclose(variance[:, 1], variance[:, 0], rtol=1e-6)
        assert (variance[:, 2] < 1e-9).all()


@settings(max_examples=20, deadline=None)
@given(
    st.sampled_from(METHODS), st.sampled_from([90, 180, 270]), st.floats(1, 4), st.sampled_from([0, 30, 135])
)
def test_turned_ground_gives_the_same_map(method, turn, ratio, bearing):
    cos, sin = {90: (0, 1), 180: (-1, 0), 270: (0, -1)}[turn]
    turned = np.array([[cos, sin], [-sin, cos]])
    here = SETTINGS | {"anisotropy": {"ratio": ratio, "bearing": bearing}}
    there = SETTINGS | {"anisotropy": {"ratio": ratio, "bearing": (bearing - turn) % 360}}
    variograms = fit_variograms(POINTS, VALUES, here)
    expected, _ = estimate(POINTS, VALUES, TARGETS, [method] * 5, variograms, here)
    found, _ = estimate(POINTS @ turned, VALUES, TARGETS @ turned, [method] * 5, variograms, there)
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("methods", [["idw"] * 5, [*METHODS, "idw"]])
def test_blocks_of_cells_make_the_whole(methods):
    variograms = fit_variograms(POINTS, VALUES, SETTINGS)
    whole, _ = estimate(POINTS, VALUES, TARGETS, methods, variograms, SETTINGS)
    fitted = Interpolation.fit(POINTS, VALUES, methods, variograms, SETTINGS)
    parts = [fitted.estimate(part)[0] for part in np.array_split(TARGETS, 3)]
    np.testing.assert_allclose(np.concatenate(parts), whole, rtol=1e-12)


def test_no_cells_and_single_samples():
    empty, variance = estimate(POINTS, VALUES, TARGETS[:0], ["idw"] * 5, [None] * 5, SETTINGS)
    assert empty.shape == (0, 5)
    assert variance is None
    one = np.array([[2.0]])
    for method in METHODS:
        fitted = fit_variograms(POINTS[:1], one, SETTINGS)
        found, _ = estimate(POINTS[:1], one, TARGETS, [method], fitted, SETTINGS)
        np.testing.assert_allclose(found, 2.0, atol=1e-9)


def test_unknown_methods_are_refused():
    with pytest.raises(ValueError, match="one of nearest, idw, smooth, kriging"):
        estimate(POINTS, VALUES, TARGETS, ["spline"] * 5, [None] * 5, SETTINGS)
    with pytest.raises(ValueError, match="for each element"):
        estimate(POINTS, VALUES, TARGETS, ["idw"], [None], SETTINGS)


def test_every_method_has_a_class_and_stands_in_the_schema():
    assert tuple(INTERPOLATORS) == METHODS, "one class in INTERPOLATORS for each name of method_table.METHODS"
    section = schema()["properties"]["interpolation"]["properties"]
    for key, names in (("candidates", METHODS), ("method", (*METHODS, "best"))):
        entry = section[key].get("items", section[key])
        assert set(entry["enum"]) == set(names), (
            f"config.schema.yaml: interpolation.{key} must list {', '.join(names)}"
        )
    assert section["candidates"]["default"] == list(METHODS), (
        "config.schema.yaml: the default, simplest first"
    )
    for name, method in INTERPOLATORS.items():
        assert set(method.keys) <= set(section), f"config.schema.yaml: interpolation has no key of {name}"
        assert f"`{name}`" in section["method"]["description"], "config.schema.yaml: say what the method is"


class _Counted(dict):
    """Settings that note which keys are read."""

    def __init__(self, settings):
        super().__init__(settings)
        self.read = set()

    def __getitem__(self, key):
        self.read.add(key)
        return super().__getitem__(key)


@pytest.mark.parametrize("method", METHODS)
def test_a_method_reads_the_keys_that_it_names_and_no_others(method):
    """What it reads re-runs its jobs when it changes."""
    counted = _Counted(SETTINGS)
    fitted = INTERPOLATORS[method].fit(POINTS, VALUES, counted)
    found, variance = fitted.estimate(TARGETS)
    assert counted.read == {"anisotropy", *INTERPOLATORS[method].keys}
    assert set(used_interpolation(SETTINGS | {"method": method})) == counted.read | {"method"}
    assert (variance is not None) == (fitted.variograms is not None) == bool(with_variance([method]))
    front, spread = estimate(POINTS, VALUES, TARGETS, [method] * 5, fitted.variograms or [None] * 5, SETTINGS)
    np.testing.assert_array_equal(found, front)
    if variance is not None:
        np.testing.assert_array_equal(variance, spread)
