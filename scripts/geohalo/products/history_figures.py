"""The figure of training: the loss, and what the members know beyond the deposits that they learned from."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from geohalo.products.estimate_rows import CHANCE, prepare
from geohalo.products.pages import MARGIN, WIDTH, Page
from geohalo.products.styles import amount, colour, plain, rounded, style, styled

HEIGHT = 3.2
#: Column of the history: label, colour and line style.
AREAS = {
    "training_auc": ("training cells", "#0072b2", "solid"),
    "validation_auc": ("validation cells, deposits unknown", "#d55e00", "dashed"),
}


@styled
def history_plot(survey: str, history: pd.DataFrame, known: str = "deposits") -> Figure:
    """Draw the training loss and, where there is an inner split, what it is worth on unknown deposits.

    Parameters
    ----------
    survey : str
        Name of the survey.
    history : pandas.DataFrame
        ``member``, ``scheme`` (``held_out``, ``inner``, ``random``, ``final``), ``fold``, ``draw``,
        ``epoch`` and ``loss``; for ``inner`` perhaps ``training_auc`` and ``validation_auc``, empty in
        epochs that were not measured.
    known : str
        What is learned from and held out: ``deposits``, or ``labels`` that are a raster of classes.

    Returns
    -------
    Figure
    """
    areas = _areas(history)
    headline, about = _loss_text(history) if areas.empty else _gap_text(areas, known)
    page = Page(WIDTH, f"{plain(survey)}: {headline}", about)
    top, left, gap = page.bottom + 0.2, MARGIN + 0.5, 0.65
    width = WIDTH - MARGIN - left if areas.empty else (WIDTH - MARGIN - left - gap) / 2
    loss = page.add_axes(left, top, width, HEIGHT)
    _draw_loss(loss, history, known)
    if not areas.empty:
        loss.set_title("Loss on the training cells, by split", loc="left")
        area = page.add_axes(left + width + gap, top, width, HEIGHT)
        _draw_areas(area, areas, known)
        area.set_title("Inner split: ROC AUC", loc="left")
    page.bottom += 0.45
    return page.finish()


def _areas(history: pd.DataFrame) -> pd.DataFrame:
    """Return the measured epochs of the inner split."""
    if not set(AREAS) <= set(history.columns):
        return history.iloc[:0]
    return history[history["scheme"] == "inner"].dropna(subset=list(AREAS))


def _loss_text(history: pd.DataFrame) -> tuple[str, str]:
    """Say how the loss changed."""
    overall = history.groupby("epoch")["loss"].mean()
    first, last = rounded(overall.iloc[0]), rounded(overall.iloc[-1])
    return (
        f"training loss goes from {first} to {last} in {amount(len(overall), 'epoch')}",
        "Cross-entropy on the training cells, mean (line) and range (band) over members.\n"
        "It tells whether training settled, not whether the map is right.",
    )


def _gap_text(areas: pd.DataFrame, noun: str) -> tuple[str, str]:
    """Name the gap at the last measured epoch of each member; some may have stopped early."""
    last = areas.sort_values("epoch").groupby("member").tail(1)
    known, unknown = (round(float(last[column].mean()), 2) for column in AREAS)
    gap = f"{known - unknown:.2f}".replace("-", "−")
    return (
        f"ROC AUC is {known:.2f} on training cells and {unknown:.2f} on the inner split's unknown {noun}, "
        f"a gap of {gap}",
        "Mean over members (line), with their range (loss) or middle half (ROC AUC) as a band. A wide gap "
        f"means that the network learned its training {noun} by heart; where the lower curve falls, further "
        "training harms.",
    )


def _band(axes: Axes, table: pd.DataFrame, column: str, look: tuple[str, str, str], outside: float) -> None:
    """Draw the mean over members, and a band that leaves a share of them out on either side."""
    label, hue, line = look
    over = table.groupby("epoch")[column]
    low, high, mean = over.quantile(outside), over.quantile(1 - outside), over.mean()
    axes.fill_between(low.index, low, high, color=hue, alpha=0.18, linewidth=0)
    axes.plot(mean.index, mean, color=hue, linestyle=line, linewidth=1.5, label=label)


def _draw_loss(axes: Axes, history: pd.DataFrame, noun: str) -> None:
    """Draw the loss of each scheme."""
    prepare(axes)
    members = history.drop_duplicates(["scheme", "member", "fold", "draw"])["scheme"].value_counts()
    for scheme, (label, hue, line) in style()["schemes"].items():
        if scheme in members.index:
            one = history[history["scheme"] == scheme]
            message = f"{label.replace('deposits', noun)}: {amount(members[scheme], 'member')}"
            _band(axes, one, "loss", (message, hue, line), outside=0.0)
    epochs = history["epoch"]
    axes.set(xlabel="Epoch", ylabel="Training loss (cross-entropy)", xlim=(epochs.min(), epochs.max()))
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False, loc="best")


def _draw_areas(axes: Axes, areas: pd.DataFrame, noun: str) -> None:
    """Draw the ROC AUC on training cells against that on validation cells."""
    prepare(axes)
    axes.axhline(CHANCE, color=colour("chance"), linewidth=0.9, linestyle="dashed", label="chance")
    for column, (label, hue, line) in AREAS.items():
        _band(axes, areas, column, (label.replace("deposits", noun), hue, line), outside=0.25)
    lowest = min(0.4, float(areas.groupby("epoch")[list(AREAS)].quantile(0.25).to_numpy().min()))
    axes.set(xlabel="Epoch", ylabel="ROC AUC", xlim=(areas["epoch"].min(), areas["epoch"].max()))
    axes.set_ylim(lowest - 0.02, 1.01)
    axes.legend(frameon=False, loc="best")
