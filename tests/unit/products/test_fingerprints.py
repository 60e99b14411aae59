"""Contrasts of targets with their surroundings, in blocks and at once."""

import numpy as np
import pandas as pd
import pytest
from geohalo.products.fingerprints import Contrasts, named_elements

NAMES = ["Zn", "Pb", "Ca"]


def test_a_worked_example():
    values = np.array([[4.0, 1.0, 5.0], [2.0, 1.0, 5.0], [1.0, 3.0, 5.0], [0.0, 5.0, 5.0], [3.0, 0.0, 5.0]])
    contrasts = Contrasts([np.array([0, 1]), np.array([4])], [np.array([2, 3]), np.array([], dtype=int)], 5)
    contrasts.add(values)
    table = contrasts.table(NAMES)
    first, second = (table[table["rank"] == k].set_index("element") for k in (1, 2))
    assert first["contrast"].tolist() == [2.5, -3.0, 0.0]
    # Nothing lies around the second: the whole map does.
    assert second["contrast"].tolist() == pytest.approx([1.0, -2.0, 0.0])
    np.testing.assert_allclose(first["z"], [2.5 / values[:, 0].std(), -3 / values[:, 1].std(), 0])


@pytest.mark.parametrize("block", [1, 7, 400])
def test_blocks_come_to_the_same(block):
    generator = np.random.default_rng(0)
    values = generator.normal(100, 1, (400, 3))
    cells = [np.sort(generator.choice(400, 20, replace=False)) for _ in range(6)]
    contrasts = Contrasts(cells[:3], cells[3:], 400)
    for start in range(0, 400, block):
        contrasts.add(values[start : start + block])
    table = contrasts.table(NAMES)
    expected = np.array(
        [
            values[own].mean(0) - values[around].mean(0)
            for own, around in zip(cells[:3], cells[3:], strict=True)
        ]
    )
    np.testing.assert_allclose(table["contrast"].to_numpy().reshape(3, 3), expected, atol=1e-10)
    np.testing.assert_allclose(table["z"].to_numpy().reshape(3, 3), expected / values.std(0), atol=1e-9)


def test_contrasts_of_log_ratios_add_up_to_nothing():
    generator = np.random.default_rng(1)
    values = generator.normal(0, 1, (50, 3))
    values -= values.mean(axis=1, keepdims=True)
    contrasts = Contrasts([np.arange(5)], [np.arange(5, 20)], 50)
    contrasts.add(values)
    assert contrasts.table(NAMES)["contrast"].sum() == pytest.approx(0, abs=1e-12)


def test_no_targets_have_no_fingerprints():
    contrasts = Contrasts([], [], 4)
    contrasts.add(np.ones((4, 3)))
    table = contrasts.table(NAMES)
    assert table.columns.tolist() == ["rank", "element", "contrast", "z"]
    assert table.empty


def test_the_strongest_five_of_each_sign_among_the_carrying_elements_are_named():
    contrast = [0.1, -0.2, 1.94, 0.5, -1.25, 0.3, 0.2, 0.15, 0.0]
    names = ["Ag", "Ba", "Zn", "Pb", "Na", "Cu", "As", "Sb", "Ti"]
    table = pd.DataFrame({"element": names, "contrast": contrast})
    assert named_elements(table, ["Cu", "Na", "Ni", "Zn"]) == ("Zn +1.94, Cu +0.30", "Na -1.25")
    assert named_elements(table, []) == ("", "")
    up, down = named_elements(table, names)
    assert up == "Zn +1.94, Pb +0.50, Cu +0.30, As +0.20, Sb +0.15"
    assert down == "Na -1.25, Ba -0.20"
