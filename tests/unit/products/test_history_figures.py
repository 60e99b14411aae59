"""The figure of training: loss of each split, and the gap between known and unknown deposits."""

import numpy as np
import pandas as pd
import pytest
from geohalo.products.figures import history_plot

EPOCHS = np.arange(1, 5)


def legend(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def member(number, scheme, fold, **columns):
    about = {"member": number, "scheme": scheme, "fold": fold, "draw": 0, "epoch": EPOCHS}
    return pd.DataFrame(about | {"loss": (1 + fold) / (1.0 * EPOCHS), **columns})


@pytest.fixture
def history():
    """Two inner members: known deposits at 0.7 to 1, unknown ones at 0.6 and 0.7, falling to 0.55 and 0.65."""
    known = np.array([0.7, 0.8, 0.9, 1.0])
    areas = [{"training_auc": known, "validation_auc": at - np.array([0, 0, 0, 0.05])} for at in (0.6, 0.7)]
    parts = [member(k, "inner", k, **columns) for k, columns in enumerate(areas)]
    return pd.concat([member(2, "held_out", 0), *parts, member(3, "final", 0)], ignore_index=True)


def test_loss_alone_without_an_inner_split():
    parts = [member(0, "held_out", 0), member(1, "held_out", 1), member(2, "final", 0)]
    figure = history_plot("survey", pd.concat(parts))
    (axes,) = figure.axes
    assert legend(axes) == ["held-out deposits: 2 members", "all deposits: 1 member"]
    np.testing.assert_allclose(axes.lines[0].get_ydata(), 1.5 / EPOCHS)
    band = axes.collections[0].get_paths()[0].vertices
    for epoch in EPOCHS:
        assert band[band[:, 0] == epoch, 1].min() == pytest.approx(1 / epoch)
        assert band[band[:, 0] == epoch, 1].max() == pytest.approx(2 / epoch)
    assert "from 1.3 to 0.33 in 4 epochs" in figure.get_suptitle()


def test_gap_between_known_and_unknown_deposits(history):
    figure = history_plot("survey", history)
    loss, areas = figure.axes
    assert figure.get_suptitle().replace("\n", " ") == (
        "survey: ROC AUC is 1.00 on training cells and 0.60 on the inner split's unknown deposits, a gap of 0.40"
    )
    assert legend(loss) == [
        "held-out deposits: 1 member",
        "inner split: 2 members",
        "all deposits: 1 member",
    ]
    lines = {line.get_label(): line.get_ydata() for line in areas.lines}
    np.testing.assert_allclose(lines["training cells"], [0.7, 0.8, 0.9, 1.0])
    np.testing.assert_allclose(lines["validation cells, deposits unknown"], [0.65, 0.65, 0.65, 0.6])
    assert list(lines["chance"]) == [0.5, 0.5]
    band = areas.collections[1].get_paths()[0].vertices
    # The middle half between two members at 0.55 and 0.65.
    assert band[band[:, 0] == 4, 1].min() == pytest.approx(0.575)
    assert band[band[:, 0] == 4, 1].max() == pytest.approx(0.625)


def test_epochs_that_were_not_measured_are_left_out(history):
    history.loc[history["epoch"].isin([1, 4]), ["training_auc", "validation_auc"]] = np.nan
    figure = history_plot("survey", history)
    assert list(figure.axes[1].lines[1].get_xdata()) == [2, 3]
    assert "a gap of 0.25" in figure.get_suptitle().replace("\n", " ")


def test_a_member_that_stopped_early_counts_with_its_last_epoch(history):
    stopped = history[~((history["member"] == 0) & (history["epoch"] > 2))]
    # Known: 0.8 and 1; unknown: 0.6 and 0.65.
    assert "is 0.90 on training cells and 0.62" in history_plot("survey", stopped).get_suptitle()


def test_a_model_that_does_better_on_unknown_deposits_has_a_negative_gap(history):
    figure = history_plot("survey", history.rename(columns={
        "training_auc": "validation_auc", "validation_auc": "training_auc",
    }))  # fmt: skip
    assert "a gap of −0.40" in figure.get_suptitle().replace("\n", " ")


def test_columns_without_a_value_are_no_inner_split(history):
    figure = history_plot("survey", history[history["scheme"] != "inner"])
    assert len(figure.axes) == 1
