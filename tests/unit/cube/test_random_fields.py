"""Random fields have the covariance that was asked for: on the grid, between nodes, and between fields."""

import gstools as gs
import numpy as np
import pytest
from geohalo.cube import random_fields as module
from geohalo.cube.grid import Grid
from geohalo.cube.random_fields import PlaceDraw, amplitudes, correlated_noise, filtered, torus_shape
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.fft import irfft2

CELL = 1000.0
SHORT = gs.Exponential(dim=2, var=0.5, len_scale=2500.0, nugget=0.2)
TURNED = gs.Exponential(dim=2, var=0.5, len_scale=4000.0, anis=0.4, angles=np.radians(25))
MODELS = {
    "exponential": SHORT,
    "anisotropic": TURNED,
    "spherical": gs.Spherical(dim=2, var=2.0, len_scale=6000.0),
    "gaussian": gs.Gaussian(dim=2, var=1.0, len_scale=2000.0),
}


def grid_of(rows, columns):
    return Grid(np.arange(columns) * CELL + 500, np.arange(rows)[::-1] * CELL + 500)


def covariances(model, lags):
    """Covariance at lags (n, 2), east and north."""
    return model.cov_spatial((lags[:, 0], lags[:, 1]))


def between(model, places, others):
    lags = (places[:, None] - others).reshape(-1, 2)
    return covariances(model, lags).reshape(len(places), len(others))


@pytest.mark.parametrize("name", MODELS)
def test_torus_has_the_covariance_of_the_model(name):
    """From the north-western node to all others; rows run southwards."""
    model, grid = MODELS[name], grid_of(40, 50)
    torus = torus_shape(grid.shape, CELL, [model])
    found = irfft2(amplitudes(model, torus, CELL).astype(np.float64) ** 2, s=torus)[:40, :50]
    wanted = between(model, grid.centres(), grid.centres()[:1]).reshape(grid.shape)
    # What the torus wraps around is correlated by a hundredth at most.
    np.testing.assert_allclose(found, wanted, atol=0.01 * model.var)
    assert found[0, 0] == pytest.approx(model.var, rel=2e-3)


@pytest.mark.parametrize("relative_length", [0.5, 1.5, 8.0])
@pytest.mark.parametrize(
    ("kind", "tolerance"), [("Exponential", 1e-3), ("Spherical", 1e-3), ("Gaussian", 0.2)]
)
def test_a_long_range_keeps_the_variogram_of_near_places(relative_length, kind, tolerance):
    """The torus closes before such a field becomes independent; differences of near places must not suffer."""
    model = getattr(gs, kind)(dim=2, len_scale=relative_length * 45 * CELL, anis=0.6, angles=np.radians(40))
    torus = torus_shape((40, 50), CELL, [model])
    assert torus <= (90, 100)
    found = irfft2(amplitudes(model, torus, CELL).astype(np.float64) ** 2, s=torus)
    rows, columns = np.mgrid[:6, :6]
    lags = CELL * np.column_stack([columns.ravel(), -rows.ravel()])[1:]
    variogram = (found[0, 0] - found[:6, :6]).ravel()[1:]
    np.testing.assert_allclose(variogram, model.var - covariances(model, lags), rtol=tolerance)


def test_the_torus_reaches_as_far_as_the_longest_range():
    short, long = (gs.Exponential(dim=2, len_scale=length) for length in (1000.0, 3000.0))
    rows, columns = torus_shape((100, 200), CELL, [short, long])
    # -ln(0.01) = 4.6 length scales.
    assert (rows, columns) >= (100 + 14, 200 + 14)
    assert rows < 130
    assert columns < 240
    assert torus_shape((100, 200), CELL, [short]) < (rows, columns)
    assert torus_shape((2, 2), CELL, [short]) >= (2 + module.STENCIL,) * 2


def test_filtered_noise_has_the_covariance_in_the_mean():
    """One field of a million nodes: its own covariances at short lags, within sampling error."""
    model = gs.Exponential(dim=2, var=2.0, len_scale=3000.0)
    torus = (1000, 1000)
    field = filtered(correlated_noise(np.ones(1), torus, (1,)), amplitudes(model, torus, CELL))
    assert field.dtype == np.float32
    for lag in (0, 1, 3):
        found = float(np.mean(field * np.roll(field, lag, axis=1)))
        # About 1e6 / (2 pi 9) independent patches.
        assert found == pytest.approx(float(model.covariance(lag * CELL)), abs=0.06)


def test_noise_is_correlated_as_asked():
    wanted = np.array([[1, 0.6, -0.3], [0.6, 1, 0.2], [-0.3, 0.2, 1]])
    mixing = np.linalg.cholesky(wanted)
    noise = np.stack([correlated_noise(row, (200, 1000), (3, 1)).ravel() for row in mixing])
    # Standard error of a correlation of 200,000 pairs: 0.0022.
    np.testing.assert_allclose(noise @ noise.T / noise.shape[1], wanted, atol=0.01)
    np.testing.assert_array_equal(correlated_noise(mixing[1], (200, 1000), (3, 1)).ravel(), noise[1])
    other = correlated_noise(mixing[0], (200, 1000), (3, 2)).ravel()
    assert abs(np.corrcoef(other, noise[0])[0, 1]) < 0.01


def drawn_covariance(model, grid, torus, points):
    """Covariance (places, places) and (places, nodes) that values drawn at places have, by linear algebra."""
    draw = PlaceDraw.of(model, grid, torus, points)
    units = np.eye(np.prod(torus), dtype=np.float32).reshape(-1, *torus)
    nothing, still = np.zeros(len(points), np.float32), np.zeros(torus, np.float32)
    by_nodes = np.stack([draw.values(unit, nothing) for unit in units], axis=1)
    own = np.stack([draw.values(still, unit) for unit in np.eye(len(points), dtype=np.float32)], axis=1)
    east, south = CELL * np.arange(torus[1]), -CELL * np.arange(torus[0])
    nodes = np.column_stack([part.ravel() for part in np.meshgrid(east, south)])
    nodes += [grid.x[0], grid.y[0]]
    among = between(model, nodes, nodes)
    return by_nodes @ among @ by_nodes.T + own @ own.T, by_nodes @ among, nodes


@pytest.mark.parametrize("name", ["exponential", "anisotropic", "spherical"])
def test_values_between_nodes_have_the_covariance_of_the_model(name):
    model, grid, torus = MODELS[name], grid_of(10, 12), (14, 16)
    generator = np.random.default_rng(0)
    points = generator.uniform([1500, 1500], [10_500, 8500], (40, 2))
    points[1] = points[0] + [0.0, 0.001]
    points[2] = [4500, 3500]  # a node
    points[3] = points[4] = [6500.0, 5000.0]
    found, with_nodes, nodes = drawn_covariance(model, grid, torus, points)
    wanted = between(model, points, points)
    np.testing.assert_allclose(np.diag(found), model.var, rtol=1e-4)
    cell = np.floor((points - 500) / CELL)
    together = (cell[:, None] == cell).all(axis=2)
    assert together.sum() > 44
    np.testing.assert_allclose(found[together], wanted[together], atol=1e-4 * model.var)
    # Farther places know each other by the nodes alone.
    np.testing.assert_allclose(found, wanted, atol=0.1 * model.var)
    np.testing.assert_allclose(with_nodes, between(model, points, nodes), atol=0.02 * model.var)
    assert found[2] == pytest.approx(with_nodes[:, ((nodes - points[2]) == 0).all(axis=1)].ravel(), abs=1e-4)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-2, 2), st.integers(-2, 2)), min_size=1, max_size=60), st.integers(1, 4)
)
def test_places_of_a_cell_are_drawn_together_up_to_a_number(cells, together):
    rows, columns = np.array(cells).T
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "TOGETHER", together)
        groups = module._groups(rows, columns)
    assert sorted(np.concatenate([group.ravel() for group in groups]).tolist()) == list(range(len(cells)))
    for group in groups:
        assert group.shape[1] <= together
        assert (rows[group] == rows[group][:, :1]).all()
        assert (columns[group] == columns[group][:, :1]).all()
    # No more groups than there must be.
    _, counts = np.unique(cells, axis=0, return_counts=True)
    assert sum(map(len, groups)) == np.ceil(counts / together).sum()
