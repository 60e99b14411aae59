"""Samples at one place: rows that are identical, and places that are merged."""

import numpy as np
import pandas as pd
from geohalo.survey.places import group_places, identical_rows, joined_names, merge_places
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist


def test_identical_rows_need_place_and_values() -> None:
    xy = np.array([[0, 0], [0, 0], [0, 0], [1, 0], [0, 0]], dtype=float)
    values = pd.DataFrame({"Cu": [1, 1, 2, 1, 1], "Zn": [np.nan, np.nan, np.nan, np.nan, 3]})
    censored = pd.DataFrame(False, index=range(5), columns=["Cu", "Zn"])
    np.testing.assert_array_equal(identical_rows(xy, values, censored), [False, True, False, False, False])
    censored.loc[1, "Cu"] = True
    assert not identical_rows(xy, values, censored).any()


def test_merged_place_by_hand() -> None:
    place = np.array([0, 1, 0, 0])
    xy = np.array([[0, 0], [50, 50], [1, 0], [2, 3]], dtype=float)
    values = pd.DataFrame({"Cu": [1, 9, 4, 5], "Zn": [np.nan, np.nan, 2, 4], "Au": [1, 1, 1, np.nan]})
    censored = pd.DataFrame({"Cu": [1, 0, 1, 0], "Zn": [0, 0, 1, 0], "Au": [1, 1, 0, 0]}, dtype=bool)
    centre, merged, flags = merge_places(place, xy, values, censored)
    np.testing.assert_allclose(centre, [[1, 1], [50, 50]])
    np.testing.assert_allclose(merged.to_numpy(), [[4, 3, 1], [9, np.nan, 1]])
    # Two of three; one of two is not more than half; one of two again.
    np.testing.assert_array_equal(flags.to_numpy(), [[True, False, False], [False, False, True]])


@st.composite
def repeated_rows(draw):
    """Return places (rows, 2), values and flags of rows of which many share a place, or are filed twice."""
    rows = draw(
        st.lists(
            st.tuples(
                st.integers(0, 3),
                st.integers(0, 1),
                *[st.sampled_from([1.0, 2.0, np.nan])] * 2,
                st.booleans(),
            ),
            min_size=1,
            max_size=12,
        )
    )
    table = np.array(rows, dtype=float)
    values = pd.DataFrame(table[:, 2:4], columns=["Cu", "Zn"])
    flags = pd.DataFrame({"Cu": (table[:, 4] == 1) & values["Cu"].notna(), "Zn": False})
    return table[:, :2], values, flags


@given(repeated_rows())
def test_identical_rows_are_those_of_the_whole_table(rows) -> None:
    xy, values, flags = rows
    whole = pd.concat([pd.DataFrame(xy), values, flags.add_suffix("_censored")], axis=1)
    np.testing.assert_array_equal(identical_rows(xy, values, flags), whole.duplicated())


@given(repeated_rows())
def test_places_of_one_row_stay_as_merging_would_leave_them(rows) -> None:
    xy, values, flags = rows
    place = group_places(xy, 0.0)
    centre, merged, censored = merge_places(place, xy, values, flags)
    np.testing.assert_allclose(centre, pd.DataFrame(xy).groupby(place).mean())
    pd.testing.assert_frame_equal(merged, values.groupby(place).median(), check_index_type=False)
    mostly = flags.groupby(place).sum() > values.groupby(place).count() / 2
    pd.testing.assert_frame_equal(censored, mostly, check_index_type=False)
    numbers = np.arange(2, len(xy) + 2)
    names = pd.Series(numbers.astype(str)).groupby(place).agg(";".join)
    assert joined_names(place, numbers).tolist() == names.tolist()


@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=1, max_size=25),
    st.sampled_from([0, 1, 2.5]),
)
def test_places_are_the_linked_components(points, distance) -> None:
    xy = np.array(points, dtype=float)
    linked = cdist(xy, xy) <= distance
    for _ in range(len(xy)):  # transitive closure
        linked = linked @ linked
    place = group_places(xy, distance)
    np.testing.assert_array_equal(place[:, None] == place[None, :], linked)
    first = [int(np.flatnonzero(place == number)[0]) for number in range(place.max() + 1)]
    assert first == sorted(first)
