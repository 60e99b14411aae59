"""Numbers of superpixels as a config asks for them."""

import pytest
from geohalo.errors import InputError
from geohalo.superpixels.counts import fineness, superpixel_count


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
