"""Figures of several surveys: every number with the mark of its survey or source, in the row of its method."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from geohalo.products.several_figures import survey_comparison, transfer_comparison, transfer_maps

CAPTURE = {"fusion": 0.8, "random_forest": 0.7, "logistic": 0.75, "sampling_density": 0.5}
SHIFT = {"north": 0.0, "south": -0.2, "$x$": 0.1}


def table_of(captures, shifts, split):
    rows = [
        (one, method, split, metric, value + shift + more, 10)
        for one, shift in shifts.items()
        for method, value in captures.items()
        for metric, more in (("capture", 0.0), ("above_decoys", 0.05), ("roc_auc", -0.3))
    ]
    table = pd.DataFrame(rows, columns=["survey", "variant", "split", "metric", "estimate", "n"])
    return table.assign(scales="", low=table["estimate"] - 0.1, high=table["estimate"] + 0.07)


def marks(axes, label):
    """Return {row label: x} of the marks of a series, rows being the nearest tick."""
    names = [text.get_text() for text in axes.get_yticklabels()]
    lines = [line for line in axes.lines if line.get_label() == label]
    near = [int(np.argmin(np.abs(np.subtract(axes.get_yticks(), line.get_ydata()[0])))) for line in lines]
    return {names[k]: tuple(np.round(line.get_xdata(), 6)) for k, line in zip(near, lines, strict=True)}


def test_every_survey_is_in_the_row_of_each_method():
    table = table_of(CAPTURE, SHIFT, "held_out")
    inner = table_of(CAPTURE, {"north": -0.6}, "inner")
    figure = survey_comparison(pd.concat([table, inner]))
    capture, above = figure.axes
    labels = {
        "fusion": "fusion",
        "logistic": "logistic regression",
        "random_forest": "random forest",
        "sampling_density": "sampling density",
    }
    assert [text.get_text() for text in capture.get_yticklabels()] == list(labels.values())
    heights = []
    for one, shift in SHIFT.items():
        expected = {labels[method]: value + shift for method, value in CAPTURE.items()}
        assert marks(capture, one) == {name: (pytest.approx(x),) for name, x in expected.items()}
        spans = {name: pytest.approx((x - 0.1, x + 0.07)) for name, x in expected.items()}
        assert marks(capture, f"{one} interval") == spans
        heights += [line.get_ydata()[0] for line in capture.lines if line.get_label() == one]
        at = [line.get_ydata()[0] for line in above.lines if line.get_label() == one]
        values = [line.get_xdata()[0] for line in above.lines if line.get_label() == one]
        assert sorted(values) == pytest.approx(sorted(x + 0.05 for x in expected.values()))
        assert at == heights[-len(at) :]
    # No two marks of a column stand on one height.
    assert len(np.unique(np.round(heights, 6))) == len(heights) == 12
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["north", "south", r"\$x\$", "chance"]
    title = figure.get_suptitle().replace("\n", " ")
    assert title.startswith("3 surveys: held-out capture north 0.80 (fusion), south 0.60 (fusion), ")


def test_surveys_of_classes_are_named_where_others_have_deposits():
    deposits = table_of(CAPTURE, {"north": 0.0}, "held_out")
    classes = pd.DataFrame(
        [("rocks", "fusion", "held_out", metric, 0.6, 5) for metric in ("accuracy", "kappa")],
        columns=["survey", "variant", "split", "metric", "estimate", "n"],
    ).assign(scales="", low=0.5, high=0.7)
    figure = survey_comparison(pd.concat([deposits, classes]))
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["Capture", "Share of decoys outranked"]
    assert "Not drawn, since measured otherwise: rocks." in " ".join(
        text.get_text() for text in figure.texts
    ).replace("\n", " ")
    alone = survey_comparison(classes)
    assert [axes.get_title(loc="left") for axes in alone.axes] == ["Accuracy", "Cohen's kappa"]
    accuracy, kappa = alone.axes
    assert marks(accuracy, "rocks") == {"fusion": (0.6,)}
    assert [line.get_label() for line in kappa.lines if line.get_label() == "chance"] == []
    assert alone.get_suptitle() == "1 survey"


def test_transfer_stands_beside_the_own_run_of_the_methods_that_were_carried():
    learned = {name: CAPTURE[name] for name in ("fusion", "logistic")}
    carried = table_of(learned, {"north": -0.3, "south": -0.1}, "transfer")
    carried = carried.assign(source=carried["survey"], survey="here")
    own = table_of(CAPTURE, {"here": 0.0}, "held_out").assign(source="here")
    figure = transfer_comparison("here", pd.concat([carried, own]))
    capture = figure.axes[0]
    assert [text.get_text() for text in capture.get_yticklabels()] == ["fusion", "logistic regression"]
    for one, shift in (("here", 0.0), ("north", -0.3), ("south", -0.1)):
        assert marks(capture, one) == {
            "fusion": (pytest.approx(0.8 + shift),),
            "logistic regression": (pytest.approx(0.75 + shift),),
        }
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["here itself, held out", "trained on north", "trained on south", "chance"]
    title = figure.get_suptitle().replace("\n", " ")
    assert title == (
        "here: fusion captures its deposits at 0.50 trained on north, 0.70 trained on south, 0.80 on its own, held out "
        "(chance: 0.50)"
    )


def test_maps_show_the_rank_of_each_score(scene):
    mask = scene.mask
    scores = {"own": scene.layer, "other": np.where(mask, 1 - scene.layer**2, np.nan)}
    figure = transfer_maps(
        replace(scene.ground, crs="EPSG:2157"), scores, scene.deposits, {"own": 0.8, "other": 0.45}
    )
    panels = [axes for axes in figure.axes if axes.images and axes.get_title(loc="left")]
    assert [axes.get_title(loc="left").replace("\n", " ") for axes in panels] == [
        "own: capture 0.80",
        "other: capture 0.45",
    ]
    for axes, layer in zip(panels, scores.values(), strict=True):
        drawn = axes.images[0].get_array()
        np.testing.assert_array_equal(np.ma.getmaskarray(drawn), ~mask)
        values = layer[mask]
        rank = [(np.mean(values < one) + np.mean(values <= one)) / 2 for one in values]
        np.testing.assert_allclose(drawn[mask], 100 * np.array(rank), atol=1e-9)
        assert axes.images[0].get_clim() == (0, 100)
        # The fourth deposit lies outside.
        assert [len(line.get_xdata()) for line in axes.lines if line.get_label() == "deposits"] == [3]
