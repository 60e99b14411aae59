from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from geohalo.products.consensus_figures import consensus_plot

LEVELS = {"labels.radius": ["2000", "3000"], "cube.transform": ["clr", "log"]}


def tables(shares=(0.4, 0.1), p=(0.01, 0.3)):
    """Return a table of 8 workflows and one of choices."""
    workflows = pd.DataFrame(
        {"capture": np.linspace(0.5, 0.85, 8), "above_decoys": np.linspace(0.4, 0.75, 8)}
    )
    rows = []
    for result in ("capture", "above_decoys", "map"):
        for choice, share, one in zip(LEVELS, shares, p, strict=True):
            of_map = result == "map"
            told = (result, choice, share, np.nan if of_map else one)
            rows += [(*told, level, 0.6) for level in ([np.nan] if of_map else LEVELS[choice])]
        rows.append((result, "rest", 1 - np.sum(shares), np.nan, np.nan, np.nan))
    choices = pd.DataFrame(rows, columns=["result", "choice", "share", "p_holm", "level", "mean"])
    return workflows, choices


def drawn(scene, *arguments):
    agreement = np.where(scene.mask, np.round(np.clip(scene.layer, 0, 1) * 8) / 8, np.nan)
    spread = np.where(scene.mask, 0.1, np.nan)
    workflows, choices = tables(*arguments)
    ground = replace(scene.ground, crs="EPSG:2157")
    figure = consensus_plot(ground, agreement, spread, scene.deposits, workflows, choices, 0.1)
    return figure, agreement


def words(figure):
    return " ".join(" ".join(text.get_text().split()) for text in figure.texts)


def bars(figure):
    return [axes for axes in figure.axes if axes.get_xlabel() == "Variance explained"]


def test_maps_and_bars_are_what_was_measured(scene):
    figure, agreement = drawn(scene)
    maps = [axes for axes in figure.axes if axes.images]
    image = maps[0].images[0]
    np.testing.assert_array_equal(image.get_array().compressed(), agreement[scene.mask])
    assert image.get_clim() == (0, 1)
    assert [axes.get_title(loc="left").replace("\n", " ") for axes in maps] == [
        "Share of 8 workflows that call a cell anomalous",
        "Standard deviation of a cell's rank",
    ]
    panels = bars(figure)
    assert len(panels) == 3
    for axes in panels:
        widths = [patch.get_width() for patch in axes.patches]
        np.testing.assert_allclose(widths, [0.4, 0.1, 0.5])
    labels = [label.get_text().split("\n")[0] for label in panels[0].get_yticklabels()]
    assert labels == ["labels.radius", "cube.transform", "rest (interactions, chance)"]
    assert panels[0].get_yticklabels()[0].get_text().endswith("2000 / 3000")
    assert "EPSG:2157" in words(figure)


def test_only_effects_told_from_chance_are_filled(square):
    figure, _ = drawn(square)
    of_map, capture = bars(figure)[:2]
    assert [bool(patch.get_hatch()) for patch in capture.patches] == [False, True, False]
    assert [bool(patch.get_hatch()) for patch in of_map.patches] == [False] * 3
    assert capture.patches[0].get_facecolor() != of_map.patches[0].get_facecolor()


def test_title_and_subtitle_are_the_answer(square):
    figure, agreement = drawn(square)
    told = "survey, 8 workflows: labels.radius moves the map most (40 % of the variance); "
    assert f"{told}labels.radius moves held-out capture most (40 % of the variance)" in words(figure)
    cells = agreement[square.mask]
    assert (
        f"{(cells >= 0.9).mean() * 100:.1f} % of the ground are called anomalous by at least 90 %"
        in words(figure)
    )
    assert f"{(cells == 0).mean() * 100:.0f} % by none" in words(figure)
    assert "Held-out capture 0.50 to 0.85, median 0.68" in words(figure)
    assert "Decoys outranked 0.40 to 0.75, median 0.57" in words(figure)


@pytest.mark.parametrize(
    ("shares", "told", "panels"),
    [
        ((-0.1, 0.0), "no choice is shown to move the map; no choice is shown to move held-out capture", 3),
        ((np.nan, np.nan), "8 workflows are too few to tell which choice moves the map", 0),
        # The effect of the second choice on capture is not told from chance, and the map has no test.
        (
            (np.nan, 0.2),
            "cube.transform moves the map most (20 % of the variance); no choice is shown to move held",
            3,
        ),
    ],
)
def test_the_title_claims_no_more_than_the_table(square, shares, told, panels):
    figure, _ = drawn(square, shares)
    assert told in words(figure)
    assert len(bars(figure)) == panels


def test_negative_shares_and_unknown_ones_are_told_in_words(square):
    figure, _ = drawn(square, (-0.1, np.nan))
    texts = [text.get_text() for text in bars(figure)[0].texts]
    assert texts == ["−10 %", "cannot be told", "cannot be told"]
