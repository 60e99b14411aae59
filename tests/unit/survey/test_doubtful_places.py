"""Places that cannot be, and surveys in parts."""

import numpy as np
import pytest
from geohalo.cube.grid import survey_grid
from geohalo.errors import InputError
from geohalo.survey.doubtful_places import scattered_places, typical_spacing, without_zero_places


def lattice(n: int = 12, step: float = 1000.0, x: float = 500_000, y: float = 6_000_000) -> np.ndarray:
    columns, rows = np.meshgrid(np.arange(n) * step + x, np.arange(n) * step + y)
    return np.column_stack([columns.ravel(), rows.ravel()])


def zeroed(xy: np.ndarray, *where: int) -> tuple[np.ndarray, np.ndarray, object]:
    xy = xy.copy()
    xy[list(where)] = 0
    return without_zero_places(xy[:, 0], xy[:, 1], np.arange(2, len(xy) + 2), "s.csv")


def test_zero_far_from_the_rest_is_missing() -> None:
    x, y, warning = zeroed(lattice(), 5, 6)
    assert np.flatnonzero(np.isnan(x)).tolist() == np.flatnonzero(np.isnan(y)).tolist() == [5, 6]
    assert warning.row == "7"
    assert "2 rows lie at (0, 0)" in warning.what
    assert "rows 7, 8" in warning.what


def test_zero_of_degrees() -> None:
    x, _, warning = zeroed(lattice(step=0.02, x=14.9, y=53.9), 0)
    assert np.isnan(x[0])
    assert warning is not None


@pytest.mark.parametrize(
    "xy",
    [
        lattice(x=-5000, y=-6000),
        lattice(x=0, y=0),
        lattice(x=3000, y=4000),
        lattice(step=0.01, x=-0.05, y=0.0),
    ],
)
def test_survey_around_the_origin_is_left_alone(xy) -> None:
    x, y, warning = without_zero_places(
        np.append(xy[:, 0], 0.0), np.append(xy[:, 1], 0.0), np.arange(len(xy) + 1), "s.csv"
    )
    assert np.isfinite(x).all()
    assert np.isfinite(y).all()
    assert warning is None


def test_zero_among_few_scattered_deposits() -> None:
    x, y = np.array([115.0, 121.0, 128.0, 140.0, 0.0]), np.array([-20.0, -30.0, -25.0, -35.0, 0.0])
    x, _, warning = without_zero_places(x, y, np.arange(2, 7), "d.csv")
    assert np.isnan(x[4])
    assert warning.row == "6"


def test_far_row_is_named() -> None:
    xy = lattice()
    xy[40] += [0, 300_000]
    (warning,) = scattered_places(xy, np.arange(2, len(xy) + 2), 4000, "s.csv")
    assert warning.row == "42"
    assert "1 row lies 29" in warning.what
    assert "1 km apart (median): row 42" in warning.what


def test_parts_are_counted() -> None:
    xy = np.vstack([lattice(), lattice(8, x=1_200_000)])
    (warning,) = scattered_places(xy, np.arange(2, len(xy) + 2), 4000, "s.csv")
    assert "falls into 2 parts" in warning.what
    assert "144 rows from row 2 on; 64 rows from row 146 on" in warning.what
    assert "689 km" in warning.what


@pytest.mark.parametrize("gap", [5_000, 15_000])
def test_holes_and_neighbouring_parts_are_no_doubt(gap) -> None:
    xy = np.vstack([lattice(), lattice(x=500_000 + 11_000 + gap)])
    assert scattered_places(xy, np.arange(len(xy)), 4000, "s.csv") == []


def test_lines_of_close_samples_are_one_survey() -> None:
    along, lines = np.meshgrid(np.arange(200) * 50.0, np.arange(6) * 5000.0)
    xy = np.column_stack([along.ravel(), lines.ravel()])
    assert scattered_places(xy, np.arange(len(xy)), 4000, "s.csv") == []


def test_spacing() -> None:
    assert typical_spacing(lattice()) == 1000
    assert typical_spacing(np.zeros((3, 2))) == 0


def test_nearly_empty_grid_stops() -> None:
    xy = np.vstack([lattice(), [[1_500_000, 8_000_000]]])
    with pytest.raises(InputError, match=r"grid of 20\d\d x 10\d\d cells, of which .* or fewer lie within"):
        survey_grid(xy, 1000, 4000)
    assert survey_grid(lattice(300), 250, 4000).shape[0] == 1228
