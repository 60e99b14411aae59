"""Settings of interpolation, cube and network that stop a run after its input is read are errors of a check."""

import numpy as np
import pytest
from geohalo.check.findings import Findings
from geohalo.check.network import check_network
from geohalo.cube.method_choice import check_blocks, fit_interpolation
from geohalo.errors import InputError

NETWORK = {"variants": ["fusion"], "preset": "default", "options": {}, "spectrum_order": "given"}


@pytest.mark.parametrize(
    ("keys", "n_classes", "told"),
    [
        ({}, 2, []),
        ({}, 5, []),
        ({"variants": ["fusion", "linear"]}, 2, []),
        ({"variants": ["linear"], "preset": "reference"}, 2, ["variant linear is a linear term alone"]),
        ({"variants": ["linear"], "preset": "reference", "options": {"linear": True}}, 2, []),
        ({"variants": ["linear"]}, 3, ["variant linear is a linear term alone"]),
        ({"preset": "positive_unlabelled"}, 2, []),
        ({"preset": "positive_unlabelled"}, 3, ["and the labels have 3"]),
        ({"spectrum_order": "atomic_number"}, 2, ["'DEM' is none"]),
        ({"spectrum_order": "similarity"}, 2, []),
    ],
)
def test_what_a_network_stops_at(keys, n_classes, told) -> None:
    findings = Findings()
    check_network(findings, NETWORK | keys, ["Cu", "DEM"], n_classes)
    assert [stage for stage, _ in findings.errors] == ["train"] * len(told)
    for (_, message), part in zip(findings.errors, told, strict=True):
        assert part in message


def test_a_network_that_cannot_be_trained_is_an_error_of_the_check(checked) -> None:
    found = checked(network={"variants": ["linear"], "preset": "reference"})
    ((stage, message),) = found.findings.errors
    assert stage == "train"
    assert "variant linear" in message


def test_the_best_method_needs_two_blocks(checked) -> None:
    found = checked(interpolation={"method": "best"}, grid={"cell": 500, "max_distance": 3500})
    stages = [stage for stage, _ in found.findings.errors]
    assert stages == ["fit_interpolation"]
    points = np.array([[0.0, 0], [10, 0], [0, 10]])
    settings = {"method": "best", "candidates": ["nearest"]}
    check_blocks(points, settings, 5.0)
    check_blocks(points, settings | {"method": "nearest"}, 50.0)
    messages = []
    for stop in (
        lambda: check_blocks(points, settings, 50.0),
        lambda: fit_interpolation(points, np.zeros((3, 1)), settings, 50.0),
    ):
        with pytest.raises(InputError) as error:
            stop()
        messages.append(str(error.value))
    assert messages[0] == messages[1]


def test_the_random_split_is_drawn_as_a_run_draws_it(checked, monkeypatch) -> None:
    import geohalo.check.labels as labels

    drawn = []
    real = labels.draw_folds

    def noted(scheme, *rest):
        drawn.append(scheme)
        return real(scheme, *rest)

    monkeypatch.setattr(labels, "draw_folds", noted)
    checked(evaluation={"random": False})
    assert drawn == ["held_out", "random", "final"]


def test_samples_that_make_no_cube_are_told(checked, tables) -> None:
    table = tables[0]()
    table["Fe_pct"] = "<1"
    found = checked(table, samples={"include": ["Cu", "Fe"]})
    ((stage, message),) = found.findings.errors
    assert stage == "stack_cube"
    assert "element Fe: the same value in all cells" in message
    table = tables[0]()[["x", "y", "Cu_ppm"]].assign(Zn_ppm=lambda one: one["Cu_ppm"])
    ((stage, message),) = checked(table).findings.errors
    assert stage == "stack_cube"
    assert "after clr all cells are alike (Cu, Zn)" in message
    assert checked(table, cube={"transform": "log"}).findings.errors == []
