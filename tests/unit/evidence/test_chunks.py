"""Rows in parts give what they give at once."""

import numpy as np
import pytest
from geohalo.evidence.chunks import in_chunks


@pytest.mark.parametrize("size", [1, 3, 10, 99])
def test_chunks_give_what_the_whole_gives_and_are_no_longer_than_asked(size):
    values = np.random.default_rng(0).normal(size=(10, 3))
    lengths = []

    def score(part):
        lengths.append(len(part))
        return part * 2

    np.testing.assert_array_equal(in_chunks(score, values, size), values * 2)
    assert max(lengths) == min(size, 10)
    assert sum(lengths) == 10


def test_no_rows_give_no_scores():
    assert in_chunks(lambda part: part.sum(axis=1), np.empty((0, 3))).shape == (0,)
