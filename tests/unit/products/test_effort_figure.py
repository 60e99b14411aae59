"""The map of score against exploration effort: what it draws, and what it says."""

import numpy as np
import pandas as pd
import pytest
from geohalo.evidence.effort import Effort, effort_percentiles
from geohalo.products.effort_figure import effort_map
from geohalo.products.percentiles import percentiles
from geohalo.products.score_and_effort import two_way_classes
from geohalo.products.targets import KNOWN, NEW


@pytest.fixture
def drawn(scene):
    """Return a function that draws a survey whose effort rises to the east, with three targets."""
    amount = np.where(scene.mask, np.indices(scene.mask.shape)[1] / 100.0, np.nan)
    rank = np.zeros(scene.mask.shape, dtype=np.int64)
    places = np.argwhere(scene.mask)[[40, 200, 300]]
    for number, (row, column) in enumerate(places, 1):
        rank[row, column] = number
    table = pd.DataFrame(
        {"rank": [1, 2, 3], "ground": [NEW, NEW, KNOWN], "effort_percentile": [20.0, 70.0, 1.0]}
    )
    table["x"], table["y"] = scene.x[places[:, 1]], scene.y[places[:, 0]]

    def draw(unit="samples per km²", of_samples=True, holes=0):
        some = amount.copy()
        some[:, :holes] = np.nan
        effort = Effort(some, effort_percentiles(some), unit, of_samples)
        return effort, effort_map(scene.ground, scene.layer, effort, rank, table, scene.deposits)

    return draw


def texts(figure):
    return " ".join(
        " ".join(text.get_text() for text in [*figure.texts, *axes.texts]) for axes in figure.axes
    )


def test_cells_have_the_class_of_both_percentiles(scene, drawn):
    effort, figure = drawn(holes=len(scene.x) // 4)
    image = np.ma.filled(figure.axes[0].images[0].get_array().astype(float), np.nan)
    classes = two_way_classes(percentiles(scene.layer), effort.percentile)
    np.testing.assert_array_equal(image, np.where(classes >= 0, classes, np.nan))
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend[-1] == "too far from a sample, or effort not known"
    assert {"target on new ground", "target on a known halo", "3 deposits"} <= set(legend)


def test_the_title_counts_targets_and_the_key_has_units(drawn):
    effort, figure = drawn()
    assert (
        " ".join(figure.get_suptitle().split())
        == "survey: 1 of 2 targets on new ground lie on little explored ground"
    )
    (key,) = [axes for axes in figure.axes if axes.get_label() == "key"]
    assert [text.get_text() for text in key.get_yticklabels()] == ["0", "75", "90", "100"]
    limits = np.percentile(effort.amount[np.isfinite(effort.amount)], [0, 100 / 3, 200 / 3, 100])
    shown = [text.get_text().split("\n") for text in key.get_xticklabels()]
    assert [first for first, _ in shown] == ["0", "33", "67", "100"]
    np.testing.assert_allclose([float(second) for _, second in shown], limits, rtol=0.05)
    said = texts(figure).replace("\n", " ")
    assert "below it in samples per km²" in said
    assert "Where samples are few the map is less certain, too" in said
    known = two_way_classes(np.array([95.0]), np.array([0.0]))
    assert known == 6


def test_shares_of_the_best_ground_add_up(scene, drawn):
    _, figure = drawn()
    said = texts(figure).replace("\n", " ").split("by effort: ")[1].split(".  ")[0]
    shares = [float(part.replace("\u00a0", " ").split()[1]) for part in said.split(", ")]
    assert sum(shares) == pytest.approx(10, abs=0.2)


def test_a_layer_of_effort_says_nothing_of_samples(drawn):
    _, figure = drawn(unit="", of_samples=False)
    said = texts(figure).replace("\n", " ")
    assert "below it in" not in said
    assert "samples are few" not in said
    assert "That ground was passed over is no evidence for it" in said
