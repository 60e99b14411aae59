"""Figures where labels are a raster of classes: the map, the folds, the confusion matrix, and the methods compared."""

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray
from scipy.ndimage import label

from geohalo.products.cell_figures import MOST_FOLDS, boundary_lines
from geohalo.products.estimate_rows import (
    GAP,
    chance_symbol,
    draw_chance,
    estimates,
    prepare,
    side_by_side,
)
from geohalo.products.evidence_figures import (
    LABEL_WIDTH,
    ROW_HEIGHT,
    estimate_of,
    held_mark,
    random_mark,
)
from geohalo.products.map_axes import MapPage, area_patch
from geohalo.products.map_ground import MapGround
from geohalo.products.pages import MARGIN, WIDTH, Page
from geohalo.products.styles import (
    SMALL_SIZE,
    TEXT_SIZE,
    amount,
    colour,
    is_variant,
    method_style,
    plain,
    signed_percent,
    style,
    styled,
    with_interval,
)

#: Labelled cells smaller than this many points are drawn as squares of this size.
SMALLEST_CELL = 1.5
#: Labelled ground is outlined where its patches have at least this many cells on average.
SMALLEST_PATCH = 10
#: More classes than this have no numbers written in the confusion matrix.
MOST_WRITTEN = 12
#: Codes of the fold map that a survey of classes has: 1 free, 2 held-out region, 3 training, 5 and 7 test.
ROLES = {0: 0, 1: 1, 2: 2, 3: 3, 5: 4, 7: 4}
#: Code of `fold_codes` in the table of colours, and label, of each role.
ROLE_STYLES = (
    (0, ""),
    (1, "free"),
    (2, "held-out region"),
    (3, "training cell of any class"),
    (5, "test cell"),
)


def class_colours(n_classes: int) -> list[str]:
    """Return one colour for each class: of the palette, or of a colour map where there are more classes."""
    palette = style()["classes"]
    if n_classes <= len(palette):
        return palette[:n_classes]
    colours = matplotlib.colormaps[style()["many_classes"]](np.linspace(0, 1, n_classes))
    return [to_hex(one) for one in colours]


@styled
def class_map(
    ground: MapGround,
    classes: NDArray[np.integer],
    labelled: NDArray[np.integer],
    metrics: pd.DataFrame,
    variant: str,
    masked: bool = False,
) -> Figure:
    """Draw the predicted class of every cell beside the labelled cells, with the evidence in the title.

    Parameters
    ----------
    ground : MapGround
    classes : ndarray (rows, columns) of int
        Predicted class from 1; 0 outside.
    labelled : ndarray (rows, columns) of int
        Given class from 1; 0 unlabelled.
    metrics : pandas.DataFrame
        Tidy: ``variant``, ``split``, ``metric``, ``estimate``, ``low``, ``high``.
    variant : str
        The variant that made the map.
    masked : bool
        Whether the test cells are those of the user's mask.

    Returns
    -------
    Figure
    """
    n_classes = int(labelled.max())
    accuracy = with_interval(*estimate_of(metrics, variant, "held_out", "average_accuracy"))
    headline = f"{plain(ground.survey)}: held-out average accuracy {accuracy} over {n_classes} classes"
    titles = [
        "Predicted, trained on all labelled cells",
        f"Labels: {amount(int((labelled > 0).sum()), 'cell')}",
    ]
    random = estimate_of(metrics, variant, "random", "average_accuracy")[0]
    page = MapPage(ground, headline, _evidence_text(random, n_classes, masked), titles=titles, bars=False)
    colours = class_colours(n_classes)
    for axes, layer in zip(page.panels, (classes, labelled), strict=True):
        _draw_codes(page, axes, layer, [colour("inside"), *colours])
    _mark_small_cells(page, page.panels[1], labelled, colours)
    counts = np.bincount(labelled[ground.mask], minlength=n_classes + 1)[1:]
    handles = [
        area_patch(hue, f"class {number} ({count:,} labelled)")
        for number, (hue, count) in enumerate(zip(colours, counts, strict=True), 1)
    ]
    areas = {"inside": "unlabelled", "outside": "outside the survey"}
    grounds = [area_patch(colour(name), label) for name, label in areas.items()]
    return page.finish_map(
        [*handles, *grounds, *_outline(page, page.panels[0], labelled)],
        "Average accuracy: mean over classes of the share of a class's held-out cells that is given that class.",
    )


def _draw_codes(page: MapPage, axes: Axes, codes: NDArray[np.integer], hues: list[str]) -> None:
    """Draw a layer of whole numbers from 0, each in its colour."""
    palette, most = ListedColormap(hues), len(hues) - 0.5
    page.raster(axes, codes, cmap=palette, vmin=-0.5, vmax=most, interpolation="nearest")


def _outline(page: MapPage, axes: Axes, labelled: NDArray[np.integer]) -> list[Line2D]:
    """Outline labelled ground where it forms patches; returns the legend's symbol, if so."""
    if label(labelled > 0)[1] * SMALLEST_PATCH > np.count_nonzero(labelled):
        return []
    axes.add_collection(boundary_lines(page.ground, (labelled > 0).astype(int), width=0.35))
    return [Line2D([], [], color=colour("boundary"), linewidth=0.8, label="border of labelled ground")]


def _evidence_text(random: float, n_classes: int, masked: bool) -> str:
    """Say beneath the headline what it must be read with."""
    chance = f"Chance is {1 / n_classes:.2f}. "
    if masked:
        return f"{chance}Tested on the mask given with the labels: optimistic where it lies beside the training mask."
    if not np.isfinite(random):
        return chance
    return f"{chance}Random split: {random:.2f} (optimistic, as neighbouring cells share samples)."


def _mark_small_cells(page: MapPage, axes: Axes, labelled: NDArray[np.integer], colours: list[str]) -> None:
    """Draw labelled cells as squares where a cell of the picture would be too small to be seen."""
    ground = page.ground
    if page.panel_width * 72 / ground.size[0] * min(ground.cell) >= SMALLEST_CELL:
        return
    for number, hue in enumerate(colours, 1):
        rows, columns = np.nonzero((labelled == number) & ground.mask)
        axes.scatter(
            ground.x[columns] / 1e3, ground.y[rows] / 1e3, s=SMALLEST_CELL**2, marker="s", linewidths=0,
            color=hue, zorder=3,
        )  # fmt: skip


@styled
def class_folds_map(
    ground: MapGround,
    region: NDArray[np.integer],
) -> Figure:
    """Draw which labelled cells each fold learns from and is tested on.

    Parameters
    ----------
    ground : MapGround
    region : ndarray (folds, rows, columns) of int
        0 outside the map, 1 free, 2 held-out region, 3 training cell, 5 test cell, 7 test cell of a mask. The
        first 8 folds are drawn.

    Returns
    -------
    Figure
    """
    shown = region[:MOST_FOLDS]
    titles = [
        f"Fold {number}: {int((codes == 3).sum()):,} training, {int(np.isin(codes, (5, 7)).sum()):,} test cells"
        for number, codes in enumerate(shown, 1)
    ]
    some = f" (the first {len(shown)} shown)" if len(region) > len(shown) else ""
    headline = f"{amount(len(region), 'fold')}, each tested on labelled cells that it does not know{some}"
    page = MapPage(ground, f"{plain(ground.survey)}: {headline}", titles=titles, bars=False)
    table = style()["fold_codes"]
    hues = [table[code][1] for code, _ in ROLE_STYLES]
    roles = np.zeros(max(ROLES) + 1, dtype=int)
    roles[list(ROLES)] = list(ROLES.values())
    for axes, codes in zip(page.panels, shown, strict=True):
        layer = roles[np.where(ground.mask, codes, 0)]
        _draw_codes(page, axes, layer, hues)
        _mark_small_cells(page, axes, np.clip(layer - 2, 0, 2), hues[3:])
    names = [table[0][0], *(label for _, label in ROLE_STYLES[1:])]
    return page.finish_map(
        [area_patch(hue, name) for hue, name in zip(hues, names, strict=True)],
        f"A training cell is one that any member drew. No training cell lies in the held-out region.{ground.caption}",
    )


@styled
def confusion_plot(survey: str, confusion: pd.DataFrame, variant: str) -> Figure:
    """Draw the confusion matrix of the held-out cells, each row as shares of the true class, with counts.

    Parameters
    ----------
    survey : str
        Name of the survey.
    confusion : pandas.DataFrame
        ``variant``, ``split``, ``true``, ``predicted`` (classes from 1) and ``cells``.
    variant : str
        The one to draw.

    Returns
    -------
    Figure
    """
    rows = confusion[(confusion["variant"] == variant) & (confusion["split"] == "held_out")]
    counts = rows.pivot_table(index="true", columns="predicted", values="cells", aggfunc="sum").to_numpy()
    total = counts.sum(axis=1, keepdims=True)
    share = np.divide(counts, total, out=np.zeros(counts.shape), where=total > 0)
    n_classes = len(counts)
    right = signed_percent(float(np.trace(counts) / max(counts.sum(), 1)))
    weakest = int(np.argmin(np.where(total[:, 0] > 0, np.diag(share), np.inf)))
    page = Page(
        WIDTH,
        f"{plain(survey)}: {plain(method_style(variant)[0])} gives {right} of held-out cells their own class; "
        f"weakest is class {weakest + 1} at {signed_percent(share[weakest, weakest])}",
        f"{amount(int(counts.sum()), 'test cell')} of all folds, each in the map of the fold that did not know it.",
    )
    side = float(np.clip(0.62 * n_classes, 2.4, 5.6))
    axes = page.add_axes(MARGIN + 1.3, page.bottom + 0.1, side, side)
    image = axes.imshow(share, cmap=style()["maps"]["confusion"], vmin=0, vmax=1, aspect="equal")
    names = [f"class {number}" if n_classes <= 8 else str(number) for number in range(1, n_classes + 1)]
    step = max(1, n_classes // 20)
    ticks = list(range(0, n_classes, step))
    axes.set_xticks(ticks, [names[one] for one in ticks])
    axes.set_yticks(ticks, [f"{names[one]} (n = {total[one, 0]:,})" for one in ticks])
    axes.set(xlabel="Predicted", ylabel="True (test cells)")
    if n_classes <= MOST_WRITTEN:
        for (row, column), value in np.ndenumerate(share):
            text = f"{signed_percent(value)}\n{counts[row, column]:,}"
            hue = "white" if value < 0.5 else "black"
            axes.text(column, row, text, ha="center", va="center", fontsize=SMALL_SIZE, color=hue)
    left, top, *_ = page.place(axes)
    bar = page.add_axes(left + side + 0.15, top, 0.14, side)
    drawn = page.figure.colorbar(image, cax=bar, format=PercentFormatter(1.0))
    drawn.set_label("Share of the true class's test cells", fontsize=TEXT_SIZE)
    page.bottom += 0.45
    written = "Numbers: share of the row, and cells. " if n_classes <= MOST_WRITTEN else ""
    return page.finish(f"{written}What lies on the diagonal is right.")


#: Metric: title of its panel; its chance is a function of the number of classes.
COMPARED = {"average_accuracy": "Average accuracy", "kappa": "Kappa"}
SPLITS = {
    "held_out": "held-out cells, 95 % interval",
    "random": "random split (optimistic)",
}


@styled
def class_comparison(survey: str, metrics: pd.DataFrame) -> Figure:
    """Draw average accuracy and kappa of every variant and control, the random split beside the held-out cells.

    Parameters
    ----------
    survey : str
        Name of the survey.
    metrics : pandas.DataFrame
        Tidy: ``variant``, ``split``, ``metric``, ``estimate``, ``low``, ``high``.

    Returns
    -------
    Figure
    """
    n_classes = metrics.loc[metrics["metric"].str.startswith("recall_class_"), "metric"].nunique()
    table = metrics[metrics["metric"].isin(list(COMPARED)) & metrics["split"].isin(list(SPLITS))]
    value = {one: estimate_of(table, one, "held_out", "average_accuracy")[0] for one in set(table["variant"])}
    rows = sorted(value, key=lambda one: (not is_variant(one), -np.nan_to_num(value[one]), one))
    best = with_interval(*estimate_of(table, rows[0], "held_out", "average_accuracy"))
    page = Page(
        WIDTH,
        f"{plain(survey)}: {plain(method_style(rows[0])[0])} has an average accuracy of {best} on held-out cells",
        f"{n_classes} classes. Intervals resample blocks of ground.",
    )
    left, height = MARGIN + LABEL_WIDTH, len(rows) * ROW_HEIGHT + 0.2
    panels = side_by_side(page, len(COMPARED), left, page.bottom + 0.2, height, GAP)
    for number, (axes, (metric, title)) in enumerate(zip(panels, COMPARED.items(), strict=True)):
        prepare(axes, rows=True)
        draw_chance(axes, 1 / n_classes if metric == "average_accuracy" else 0.0)
        _draw_intervals(axes, table[table["metric"] == metric], rows)
        axes.set(ylim=(len(rows) - 0.4, -0.6), yticks=range(len(rows)))
        axes.set_xlim(right=1.02)
        axes.set_yticklabels([plain(method_style(one)[0]) for one in rows] if number == 0 else [])
        axes.tick_params(axis="y", length=0)
        axes.set_title(title, loc="left", fontsize=TEXT_SIZE)
    page.bottom += 0.35
    page.bottom += page.add_legend(_comparison_legend(), left, WIDTH - MARGIN - left)
    return page.finish("Variants of the network first, then controls.")


def _draw_intervals(axes: Axes, table: pd.DataFrame, rows: list[str]) -> None:
    """Draw the estimates of one metric: held out filled with its interval, the random split hollow."""
    for row in table.itertuples():
        y, split = rows.index(str(row.variant)), str(row.split)
        hue = colour("sample") if is_variant(str(row.variant)) else colour("note")
        if split == "held_out":
            held_mark(hue).draw(axes, y, estimates(row), split)
        else:
            random_mark(hue).draw(axes, y + 0.22, estimates(row), split)


def _comparison_legend() -> list[Line2D]:
    """Return the symbols of the comparison."""
    hue = colour("sample")
    return [
        held_mark(hue).symbol(SPLITS["held_out"]),
        random_mark(hue).symbol(SPLITS["random"]),
        chance_symbol(),
    ]
