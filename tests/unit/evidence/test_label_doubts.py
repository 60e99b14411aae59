"""Distances of labels that do not fit the samples or the cells."""

from geohalo.evidence.label_doubts import lost_labels, narrow_radius

LABELS = {"radius": 3000, "background_distance": 5000, "group_distance": 8000, "buffer": 15000}


def test_radius_against_the_spacing() -> None:
    assert narrow_radius(1600, LABELS) is None
    assert narrow_radius(6000, LABELS) is None
    warning = narrow_radius(14_700, LABELS)
    assert "labels.radius is 3000 m and the samples are 14700 m apart" in warning.what
    for advice in (
        "labels.radius: 10000",
        "labels.background_distance: 16000",
        "labels.group_distance: 20000",
        "labels.buffer: 50000",
    ):
        assert advice in warning.fix


def test_radius_against_the_cell() -> None:
    assert lost_labels(1000, [], 10, LABELS) == []
    (warning,) = lost_labels(5000, [], 10, LABELS)
    assert warning.what.startswith("labels.radius (3000 m) is less than a cell (5000 m)")
    assert "grid.cell" in warning.fix


def test_deposits_without_a_cell_are_named() -> None:
    (warning,) = lost_labels(1000, list("abcdefg"), 122, LABELS)
    assert "7 of 122 deposits" in warning.what
    assert warning.what.endswith("a, b, c, d, e and 2 more")
    assert "grid.max_distance" in warning.fix
