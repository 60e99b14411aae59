"""Numbers of superpixels as a config asks for them, and of the same size in another survey."""

import itertools

import pytest
from geohalo.errors import InputError
from geohalo.superpixels.counts import fineness, same_size, superpixel_count
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("asked", "cells", "count"),
    [
        (300, 1000, 300),
        ("300", 1000, 300),
        ("1in5", 32_185, 6_437),
        ("1in5", 11, 3),
        ("1in1", 7, 7),
        (50, 50, 50),
    ],
)
def test_count(asked, cells, count):
    assert superpixel_count(asked, cells) == count


def test_more_superpixels_than_cells():
    with pytest.raises(InputError, match=r"superpixels\.n_segments: 51 superpixels .* only 50 cells"):
        superpixel_count(51, 50)


def test_order_is_from_few_to_many():
    assert sorted(["1in5", 900, "1in100", "30", 300], key=fineness) == ["30", 300, 900, "1in100", "1in5"]


def test_same_size_by_hand():
    # Half the ground in cells of twice the side: an eighth of the cells.
    assert same_size([100, 900, 300], (8000, 500.0), (1000, 1000.0)) == [50, 150, 450]
    assert same_size([100, 300], (1000, 500.0), (2000, 500.0)) == [200, 600]
    # One superpixel for five cells of the source is one for twenty of a quarter of their ground.
    assert same_size(["1in5", 10], (1000, 1000.0), (4000, 500.0)) == [10, 200]
    # Too coarse for the target: as many scales all the same.
    assert same_size([3, 6, 900], (1000, 1000.0), (1000, 100.0)) == [2, 3, 9]


def test_superpixels_below_the_cells_of_the_other_survey_are_refused():
    assert same_size([500], (1000, 500.0), (500, 500.0 * 2**0.5)) == [500]
    with pytest.raises(
        InputError, match=r"would be 500 in the one .* only 250 cells of 1000 m\. .*n_segments"
    ):
        same_size([500], (1000, 500.0), (250, 1000.0))
    with pytest.raises(InputError, match="51 superpixels are asked for, but the grid has only 50 cells"):
        same_size([51], (50, 500.0), (5000, 500.0))


@given(
    st.lists(st.integers(2, 5000), min_size=1, max_size=4, unique=True),
    st.integers(5000, 10**6),
    st.integers(5000, 10**6),
    st.floats(0.1, 1),
)
def test_scales_stay_apart_and_the_source_as_it_is(counts, cells, target_cells, side):
    """The target's cells are no larger, so that all superpixels fit."""
    found = same_size(counts, (cells, 1.0), (target_cells, side))
    assert all(a < b for a, b in itertools.pairwise(found))
    assert found[0] >= 2
    assert same_size(counts, (cells, 1.0), (cells, 1.0)) == sorted(counts)
    ratio = target_cells * side**2 / cells
    for count, one in zip(sorted(counts), found, strict=True):
        if count * ratio >= 2 + len(counts):
            assert one == pytest.approx(count * ratio, abs=len(counts) + 0.5)
