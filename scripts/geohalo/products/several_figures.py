"""Figures of several surveys: their evidence beside each other, and what models of one find in another."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

from geohalo.products.deposit_marks import draw_deposits, used_deposits
from geohalo.products.estimate_rows import CHANCE, Mark, chance_symbol, draw_chance, estimates, row_panels
from geohalo.products.evidence_figures import METRIC_NAMES, main_variant
from geohalo.products.map_axes import MapPage, area_patch
from geohalo.products.map_ground import MapGround
from geohalo.products.method_rows import Rows, heading_of, ordered
from geohalo.products.pages import MARGIN, WIDTH, Page
from geohalo.products.styles import TEXT_SIZE, amount, colour, method_style, plain, style, styled

#: Markers of the series, one after the other; their colours are those of classes.
MARKERS = "os^DvP*X"
#: Metrics of the panels: those of deposits or, where no survey has deposits, those of classes.
PANELS = (("capture", "above_decoys"), ("accuracy", "kappa"))
NAMES = METRIC_NAMES | {"accuracy": "Accuracy", "kappa": "Cohen's kappa"}
LABEL_WIDTH = 2.15
#: Inches of a row without its marks, and of each of those.
ROW, MARK = 0.14, 0.11


@styled
def survey_comparison(metrics: pd.DataFrame) -> Figure:
    """Draw the held-out evidence of every method in every survey.

    Parameters
    ----------
    metrics : pandas.DataFrame
        Tidy, of several surveys: ``survey``, ``variant``, ``split``, ``metric``, ``estimate``, ``low``, ``high``,
        ``n``. Drawn is the split ``held_out``: ``capture`` and ``above_decoys`` or, of surveys that have neither,
        ``accuracy`` and ``kappa``.

    Returns
    -------
    Figure
    """
    table = metrics[metrics["split"] == "held_out"]
    table = table.assign(series=table["survey"].astype(str).to_numpy())
    series = {one: plain(one) for one in dict.fromkeys(table["series"])}
    page = Page(
        WIDTH,
        _surveys_headline(table, list(series)),
        "Each method with held-out deposits, in every survey on folds of its own. A bar is the 95 % interval over "
        "groups of deposits.",
    )
    drawn = _draw_series(page, table, series)
    absent = [plain(one) for one in series if one not in drawn]
    message = (
        "Surveys differ in elements, spacing and deposits: compare methods within a survey, "
        "and whether their order "
    )
    message += "is the same in all."
    if absent:
        message += f" Not drawn, since measured otherwise: {', '.join(absent)}."
    return page.finish(message)


@styled
def transfer_comparison(survey: str, table: pd.DataFrame) -> Figure:
    """Draw what models of other surveys are worth in this one, beside those that were trained on it.

    Parameters
    ----------
    survey : str
        Name of the survey whose deposits judge.
    table : pandas.DataFrame
        Tidy, with a column ``source``: rows of the split ``transfer``, and of ``held_out`` those of the survey itself,
        of which the methods are drawn that were transferred.

    Returns
    -------
    Figure
    """
    table = table.assign(series=table["source"].astype(str).to_numpy())
    carried = set(table.loc[table["series"] != survey, "variant"])
    table = table[table["variant"].isin(carried)]
    sources = [one for one in dict.fromkeys(table["series"]) if one != survey]
    series = {survey: f"{plain(survey)} itself, held out"}
    series |= {one: f"trained on {plain(one)}" for one in sources}
    page = Page(
        WIDTH,
        f"{plain(survey)}: {_transfer_headline(table, survey, sources)}",
        "Models trained on all deposits of another survey and none of this one, on the elements that both have, judged "
        "by the same deposits and decoys as the survey's own held-out models. A bar is the 95 % interval over groups "
        "of deposits.",
    )
    _draw_series(page, table, series)
    return page.finish(
        "Decoys are places without a known deposit. A model from elsewhere knows neither deposits nor decoys: what it "
        "has above 0.5 is carried over. Capture of the survey's own models also has what holding out gives away; they "
        "see all of its elements."
    )


@styled
def transfer_maps(
    ground: MapGround,
    scores: Mapping[str, ArrayLike],
    deposits: pd.DataFrame,
    captures: Mapping[str, float],
) -> Figure:
    """Draw the maps of a survey by models that were trained elsewhere.

    Parameters
    ----------
    ground : MapGround
    scores : mapping of str to ndarray (rows, columns)
        Anomaly score by title of the panel. Drawn is its percentile rank, by which maps of unlike models compare.
    deposits : pandas.DataFrame
        ``x``, ``y`` in metres and, if some lie outside the survey, ``inside``.
    captures : mapping of str to float
        Capture of the deposits by each map, for its title.

    Returns
    -------
    Figure
    """
    used = used_deposits(deposits)
    titles = [f"{plain(one)}: capture {captures[one]:.2f}" for one in scores]
    page = MapPage(
        ground,
        f"{plain(ground.survey)}: where models that know other deposits expect those of this survey",
        f"No model from elsewhere knew any of the {amount(len(used), 'deposit')}. In the survey's own map each cell is "
        "scored by the fold that held out its nearest deposit.",
        titles,
    )
    handles = []
    for axes, layer in zip(page.panels, scores.values(), strict=True):
        page.percentile_raster(axes, layer)
        if not used.empty:
            handles = [draw_deposits(axes, used, size=9.0)]
    return page.finish_map(
        [*handles, area_patch(colour("outside"), "too far from a sample")],
        "Colours: percentile of the anomaly score (above 98: the best 2 % of the ground). Capture: mean percentile "
        f"rank of the ground around a deposit; 0.5 is chance.{ground.caption}",
    )


def _draw_series(page: Page, table: pd.DataFrame, series: Mapping[str, str]) -> list[str]:
    """Draw rows of methods with a mark for every series, and the legend; returns the series that were drawn."""
    table = table[np.isfinite(table["estimate"])]
    known = next((some for some in PANELS if table["metric"].isin(some).any()), PANELS[0])
    panels = [one for one in known if (table["metric"] == one).any()]
    table = table[table["metric"].isin(panels)]
    shown = [one for one in series if (table["series"] == one).any()]
    best = (
        table[table["metric"] == panels[0]].groupby("variant")["estimate"].mean() if panels else pd.Series()
    )
    methods = ordered(
        {str(one): str(one) for one in table["variant"]}, {str(k): float(v) for k, v in best.items()}
    )
    height = ROW + MARK * len(shown)
    rows = Rows.of(methods, [heading_of(one) for one in methods], height)
    place = (MARGIN + LABEL_WIDTH, page.bottom + 0.2, max(rows.end, 1) * height + 0.15)
    values = table[["estimate", "low", "high"]].to_numpy(dtype=float)
    limits = float(np.nanmin(values, initial=0.4)) - 0.03, float(np.nanmax(values, initial=1.0)) + 0.02
    labels = {one: plain(method_style(one)[0]) for one in methods}
    for axes, metric in row_panels(page, panels, rows, labels, limits, place):
        _draw_panel(axes, table[table["metric"] == metric], rows, shown, height)
        axes.set_title(NAMES[metric], loc="left", fontsize=TEXT_SIZE)
    page.bottom += 0.35
    page.bottom += page.add_legend(_legend({one: series[one] for one in shown}), MARGIN, WIDTH - 2 * MARGIN)
    return shown


def _draw_panel(
    axes: Axes, table: pd.DataFrame, rows: Rows[str], shown: Sequence[str], height: float
) -> None:
    """Draw the marks of every series, one below the other in the row of their method."""
    if (table["metric"] != "kappa").all():
        draw_chance(axes, CHANCE)
    for number, one in enumerate(shown):
        below = (number - (len(shown) - 1) / 2) * MARK / height
        for row in table[table["series"] == one].itertuples():
            y = rows.at[str(row.variant)] + below
            _mark(number).draw(axes, y, estimates(row), one, f"{one} interval", zorder=(2, 3))


def _mark(number: int) -> Mark:
    """Return how a series is drawn."""
    hues = style()["classes"]
    hue, marker = hues[(number + 1) % len(hues)], MARKERS[number % len(MARKERS)]
    return Mark(marker, 4.5, hue, width=1.3, cap="projecting")


def _legend(series: Mapping[str, str]) -> list[Line2D]:
    """Return the symbols of the series and of chance."""
    return [*(_mark(number).symbol(label) for number, label in enumerate(series.values())), chance_symbol()]


def _value(table: pd.DataFrame, series: str, variant: str, metric: str) -> float:
    """Return one estimate; NaN when there is no such row."""
    rows = table[(table["series"] == series) & (table["variant"] == variant) & (table["metric"] == metric)]
    return float(rows["estimate"].iloc[0]) if len(rows) else np.nan


def _surveys_headline(table: pd.DataFrame, surveys: Sequence[str]) -> str:
    """Give the held-out capture of each survey's main variant."""
    messages = []
    for one in surveys:
        main = main_variant(table.loc[table["series"] == one, "variant"])
        value = _value(table, one, main, "capture")
        if np.isfinite(value):
            messages.append(f"{plain(one)} {value:.2f} ({plain(method_style(main)[0])})")
    listed = f": held-out capture {', '.join(messages)}" if messages else ""
    return f"{amount(len(surveys), 'survey')}{listed}"


def _transfer_headline(table: pd.DataFrame, survey: str, sources: Sequence[str]) -> str:
    """Give the capture of the main variant from each source, beside the survey's own."""
    main = main_variant(table["variant"])
    messages = [f"{_value(table, one, main, 'capture'):.2f} trained on {plain(one)}" for one in sources]
    own = _value(table, survey, main, "capture")
    messages += [f"{own:.2f} on its own, held out"] if np.isfinite(own) else []
    return f"{plain(method_style(main)[0])} captures its deposits at {', '.join(messages)} (chance: {CHANCE:.2f})"
