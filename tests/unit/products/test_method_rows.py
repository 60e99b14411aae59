"""Rows of methods: every method in one group, one order, headings where they are needed."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from geohalo.products import styles
from geohalo.products.method_rows import HEADING, OTHERS, Rows, group_of, heading_of, ordered
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

METHODS = [method for _, methods in styles.style()["groups"] for method in methods]


def test_every_method_with_a_look_is_in_one_group():
    assert Counter(METHODS) == Counter(list(styles.style()["methods"]))
    assert styles.style()["groups"][0][1] == styles.style()["variants"]


def test_a_method_of_no_group_comes_last_under_a_heading_of_its_own():
    assert (group_of("fusion"), group_of("shuffle")) == (0, len(styles.style()["groups"]) - 1)
    assert group_of("my_own") == len(styles.style()["groups"])
    assert (heading_of("fusion"), heading_of("my_own")) == ("the network", OTHERS)


def test_order_is_by_group_then_by_value_with_missing_ones_last():
    methods = ["my_own", "shuffle", "logistic", "random_forest", "best_element", "spatial", "fusion"]
    values = {"fusion": 0.8, "spatial": 0.9, "logistic": 0.7, "random_forest": np.nan, "my_own": 1.0}
    assert ordered({one: one for one in methods}, values) == [
        "spatial", "fusion", "logistic", "best_element", "random_forest", "shuffle", "my_own",
    ]  # fmt: skip


@given(st.lists(st.sampled_from(METHODS), unique=True), st.lists(st.floats(0, 1), min_size=20, max_size=20))
def test_groups_are_never_mixed_and_values_fall_within_them(methods, numbers):
    values = dict(zip(METHODS, numbers, strict=False))
    keys = ordered({one: one for one in methods}, values)
    assert sorted(keys) == sorted(methods)
    for one, other in pairwise(keys):
        assert group_of(one) <= group_of(other)
        assert group_of(one) < group_of(other) or values.get(one, 0) >= values.get(other, 0)


def test_headings_take_a_row_above_their_methods():
    rows = Rows.of(["a", "b", "c", "d"], ["first", "first", "second", "third"])
    assert rows.headings == [(0.0, "first"), (3.0, "second"), (5.0, "third")]
    assert rows.at == {"a": 1.0, "b": 2.0, "c": 4.0, "d": 6.0}
    assert (rows.borders, rows.end) == ([2.5, 4.5], 7.0)


def test_headings_keep_their_height_where_rows_are_taller():
    rows = Rows.of(["a", "b"], ["first", "second"], row_height=2 * HEADING)
    # From -0.5: half a row of heading, a row, half a row of heading, a row.
    assert rows.headings == [(-0.25, "first"), (1.25, "second")]
    assert rows.at == {"a": 0.5, "b": 2.0}
    assert (rows.borders, rows.end) == ([1.0], 3.0)


@pytest.mark.parametrize("headings", [[], ["only", "only"]])
def test_rows_of_one_kind_have_no_heading(headings):
    rows = Rows.of(["a", "b"], headings)
    assert (rows.at, rows.headings, rows.end) == ({"a": 0.0, "b": 1.0}, [], 2.0)


def test_drawn_rows_have_labels_headings_and_borders_inside_the_axes():
    rows = Rows.of(["a", "b"], ["first", "second $"])
    first, second = Figure().subplots(1, 2)
    rows.draw(first, {"a": "Alpha", "b": "Beta"})
    rows.draw(second, None)
    assert [(text.get_text(), text.get_position()[1]) for text in first.get_yticklabels()] == [
        ("Alpha", 1.0), ("Beta", 3.0),
    ]  # fmt: skip
    assert [(text.get_text(), text.xy[1]) for text in first.texts] == [("First", 0.0), (r"Second \$", 2.0)]
    assert [text.get_text() for text in second.get_yticklabels()] == ["", ""]
    assert len(second.texts) == 0
    for axes in (first, second):
        assert axes.get_ylim() == (3.6, -0.6)
        assert [list(line.get_ydata()) for line in axes.lines] == [[1.5, 1.5]]


def test_no_rows_still_give_axes_a_height():
    axes = Figure().subplots()
    Rows.of([]).draw(axes, {})
    assert axes.get_ylim() == pytest.approx((0.6, -0.6))
