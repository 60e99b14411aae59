"""Whether there is a basis for a map: shapes of ground, and what is said of numbers."""

import numpy as np
import pytest
from geohalo.evidence.map_basis import (
    basis_warnings,
    below_chance,
    ground_shape,
    is_traverse,
    plain_warnings,
)

NONE = (np.nan, np.nan, np.nan)
FINE = (0.8, 0.6, 0.9)


def strip(length, width):
    return np.ones((width, length), dtype=bool)


def test_shape_of_strips_however_they_lie():
    length, width = ground_shape(strip(1000, 20))
    assert (length, width) == (pytest.approx(1000, rel=0.03), pytest.approx(20, rel=0.03))
    # Two strips side by side are one of twice the length.
    both = np.vstack([strip(1000, 20), np.zeros((5, 1000), dtype=bool), strip(1000, 20)])
    assert ground_shape(both) == (pytest.approx(2 * length), pytest.approx(width))
    # A disc: the mean distance to its edge is a third of its radius.
    disc = np.hypot(*np.indices((201, 201)) - 100) <= 90
    assert ground_shape(disc)[1] == pytest.approx(4 / 3 * 90, rel=0.02)
    assert ground_shape(np.zeros((3, 3), dtype=bool)) == (0, 0)
    # One cell wide, straight or at a slant.
    assert ground_shape(strip(20, 1)) == ground_shape(np.eye(20, dtype=bool)) == (20, 1)
    assert ground_shape(strip(20, 2)) == (20, 2)


def test_lines_of_samples_are_a_traverse_and_areas_are_not():
    # Mapped 4 km to both sides of a line, cells of 500 m.
    assert is_traverse(strip(400, 16), 500.0, 4000.0)
    assert not is_traverse(strip(100, 16), 500.0, 4000.0)  # not long
    assert not is_traverse(strip(900, 60), 500.0, 4000.0)  # many lines side by side
    assert not is_traverse(strip(80, 80), 500.0, 4000.0)
    assert is_traverse(strip(20, 1), 500.0)
    # A line in pieces is one still, and samples too far apart for their reach to meet are none.
    pieces = np.hstack([strip(90, 8), np.zeros((8, 4), dtype=bool)] * 5)
    assert is_traverse(pieces, 500.0, 2000.0)
    row, column = np.indices((200, 200)) % 20
    assert not is_traverse(np.hypot(row - 10, column - 10) <= 4, 500.0, 2000.0)
    # Nothing is known of the reach: few cells across.
    assert is_traverse(strip(100, 4), 500.0)
    assert not is_traverse(strip(200, 10), 500.0)


@pytest.mark.parametrize(
    ("above", "said"),
    [
        ((0.15, 0.05, 0.4), "upside down"),
        ((0.45, 0.2, 0.7), "below chance"),
        ((0.3, np.nan, np.nan), "below chance"),
        ((0.496, 0.2, 0.7), ""),
        ((0.494, 0.2, 0.7), "below chance"),
        (FINE, ""),
        (NONE, ""),
    ],
)
def test_below_chance_is_said_as_such(above, said):
    assert below_chance(above) == said


def test_warnings_worst_first_and_none_of_a_sound_map():
    assert basis_warnings(FINE, FINE, 5, False) == []
    found = basis_warnings((0.15, 0.05, 0.4), FINE, 4, True)
    assert found[0].startswith(
        "**The map is upside down here**: held-out deposits outrank 0.15 (0.05 to 0.40) of the decoys"
    )
    assert "form 4 groups" in found[1]
    assert "lie along lines" in found[2]
    assert basis_warnings((0.45, 0.2, 0.7), FINE, 9, False)[0].startswith("**The map is below chance here**")
    # Without decoys the capture decides.
    assert basis_warnings(NONE, FINE, 9, False) == []
    assert "outrank 0.30 of the ground" in basis_warnings(NONE, (0.3, np.nan, np.nan), 9, False)[0]
    assert "form 1 group," in basis_warnings(FINE, FINE, 1, False)[0]
    told = plain_warnings(found)
    assert "*" not in told
    assert told.count("\n") == 2
