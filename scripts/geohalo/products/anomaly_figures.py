"""Maps of the anomaly score, by itself and beside the truth of a simulated survey."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from numpy.typing import ArrayLike

from geohalo.evidence.map_basis import below_chance
from geohalo.products.deposit_marks import draw_deposits, draw_names, used_deposits
from geohalo.products.estimate_rows import CHANCE
from geohalo.products.map_axes import MapPage, area_patch
from geohalo.products.map_ground import MapGround
from geohalo.products.styles import amount, colour, plain, style, styled, with_interval
from geohalo.products.target_shapes import drawn_ground, rings

#: Shares of the area that the lines enclose, with colour and width of the line, and of its edge.
TOP_SHARES = ((0.05, "black", 1.0, "white", 1.8), (0.10, "white", 0.5, "black", 0.9))
#: Rows and columns that lines are drawn around at most: a page shows no more.
MOST_LINES = 1500


@dataclass(frozen=True)
class MapEvidence:
    """What is told with an anomaly map.

    Attributes
    ----------
    capture : (estimate, low, high)
        Capture of held-out deposits with its 95 % interval; NaN where there is none.
    random : float
        Capture with a random split; NaN where there is none.
    above_decoys : (estimate, low, high)
        Share of the decoys that held-out deposits outrank; whether they stand above chance is judged by it.
    realisations : int
        Number of realisations of the interpolated elements that the score and its evidence are the mean of.
    warned : str
        What must be known before the map is looked at (`geohalo.evidence.map_basis.basis_warnings`).
    """

    capture: tuple[float, float, float]
    random: float
    above_decoys: tuple[float, float, float] = (np.nan, np.nan, np.nan)
    realisations: int = 0
    warned: str = ""


@styled
def anomaly_map(
    ground: MapGround,
    score: ArrayLike,
    deposits: pd.DataFrame,
    evidence: MapEvidence,
    kind: Literal["final", "held-out"],
) -> Figure:
    """Draw the anomaly score with its evidence in the title.

    Parameters
    ----------
    ground : MapGround
    score : ndarray (rows, columns)
        Anomaly score, 0 to 1.
    deposits : pandas.DataFrame
        ``x``, ``y`` in metres, ``name`` and, if some lie outside the survey, ``inside``.
    evidence : MapEvidence
    kind : {"final", "held-out"}
        Whether the score comes from a model that was trained on all deposits, or is the rank of each cell in maps
        that did not know the deposits near it (`geohalo.evidence.blended`).

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        For another ``kind``.
    """
    if kind not in ("final", "held-out"):
        raise ValueError(f"kind is {kind!r}; expected 'final' or 'held-out'")
    used = used_deposits(deposits)
    caption = _evidence(evidence, kind, len(used))
    if evidence.realisations:
        number = amount(evidence.realisations, "realisation")
        caption += f"\nMean of {number} of the elements, and evidence of that mean."
    name = "anomaly map" if kind == "final" else "map of ground held out"
    title = f"{plain(ground.survey)}: {name}, {_headline(evidence)}"
    page = MapPage(ground, title, caption, wide_bar=True, warning=evidence.warned)
    axes = page.panels[0]
    page.percentile_raster(axes, score, f"Percentile ({'score' if kind == 'final' else 'rank'})")
    contours = draw_contours(page, axes, score)
    known = [] if used.empty else [draw_deposits(axes, used)]
    without_name = draw_names(page, axes, used)
    unnamed = f" {amount(without_name, 'name')} left out for lack of room." if without_name else ""
    blended = (
        "" if kind == "final" else " The picture is blended; capture is measured in each fold's own map."
    )
    return page.finish_map(
        [*known, *contours, area_patch(colour("outside"), "too far from a sample")],
        "Capture: mean percentile rank of the ground around a deposit in the map of the fold that did not "
        "know it; 0.5 is chance. Colours go by rank of ground: the highest class is its best 2 %."
        f"{blended}{unnamed}",
    )


def _headline(evidence: MapEvidence) -> str:
    """Say how well held-out deposits are captured, and whether they stand above decoys, or else above chance."""
    capture, above_decoys = evidence.capture, evidence.above_decoys
    if not np.isfinite(capture[0]):
        return "without held-out evidence"
    message, chance = f"held-out capture {with_interval(*capture)}", "chance"
    low = capture[1]
    if np.isfinite(above_decoys[1]):
        low = above_decoys[1]
        chance = "decoys"
    below = below_chance(above_decoys if np.isfinite(above_decoys[0]) else capture)
    if below:
        return f"{message}, {'the map is upside down here' if below == 'upside down' else below}"
    if not np.isfinite(low):
        return message
    return f"{message}, above {chance}" if low > CHANCE else f"{message}, not clearly above {chance}"


def _evidence(evidence: MapEvidence, kind: str, deposits: int) -> str:
    """Say beneath the headline what it must be read with."""
    split = ""
    if np.isfinite(evidence.above_decoys[0]):
        share = with_interval(*evidence.above_decoys)
        split = (
            "Of decoys, places without a deposit held out in the same way, they outrank "
            f"{share}; 0.5 is chance.\n"
        )
    if np.isfinite(evidence.random):
        split += f"Random split: {evidence.random:.2f} (optimistic, as neighbouring cells share samples).\n"
    if kind == "held-out":
        return f"{split}Ranks in maps that did not know the deposits near them, blended between folds."
    return (
        f"{split}Map trained on all {amount(deposits, 'deposit')}, so that these score high is no evidence."
    )


def draw_contours(page: MapPage, axes: Axes, score: ArrayLike) -> list[Line2D]:
    """Draw lines around the cells of the `TOP_SHARES` of the area, closed at its edge; returns the legend's symbols.

    Shares whose score is also the lowest or that coincide, as they do where many cells tie, get no line.
    """
    values = page.ground.masked(score)
    handles: list[Line2D] = []
    drawn: set[float] = set()
    if values.count() == 0:
        return handles
    for share, hue, line, edge_hue, edge_width in TOP_SHARES:
        level = float(np.quantile(values.compressed(), 1 - share))
        if level in drawn or not values.min() < level < values.max():
            continue
        drawn.add(level)
        edge: Any = [withStroke(linewidth=edge_width, foreground=edge_hue)]
        top = drawn_ground(values.filled(-np.inf) >= level, page.ground.extent, MOST_LINES)
        around = rings(*top).get(1, [])
        lines = LineCollection(
            around, label=f"top {share:.0%}", colors=hue, linewidths=line, zorder=2 - share
        )
        lines.set_path_effects(edge)
        axes.add_collection(lines)
        label = f"top {share * 100:g} % of the area"
        handles.append(Line2D([], [], color=hue, linewidth=line, path_effects=edge, label=label))
    return handles


@styled
def truth_map(
    ground: MapGround,
    halo: ArrayLike,
    false: ArrayLike,
    overburden: ArrayLike,
    score: ArrayLike,
    deposits: pd.DataFrame,
) -> Figure:
    """Draw what is true of a simulated survey beside the anomaly score.

    Parameters
    ----------
    ground : MapGround
    score : ndarray (rows, columns)
        Held-out rank: of each cell in maps that did not know the deposits near it.
    halo : ndarray (rows, columns)
        Strength of the deposits' halos, 0 to 1.
    false : ndarray (rows, columns)
        Share of contamination, 0 to 1.
    overburden : ndarray (rows, columns)
        Share of transported cover in the sampled material, 0 to 1.
    deposits : pandas.DataFrame
        ``x``, ``y`` in metres and, if some lie outside the survey, ``inside``.

    Returns
    -------
    Figure
    """
    layers = (
        ("Held-out anomaly score, percentile", score, "score"),
        ("Truth: halos of the deposits", halo, "halo"),
        ("Truth: contamination (false anomalies)", false, "contamination"),
        ("Truth: cover (weak anomalies)", overburden, "overburden"),
    )
    headline = f"{plain(ground.survey)}: {_truth_headline(ground, halo, false, score)}"
    page = MapPage(ground, headline, titles=[title for title, _, _ in layers])
    looks: list[tuple[ArrayLike, dict[str, Any]]] = [(score, {})]
    looks += [(layer, {"cmap": style()["maps"][hues], "vmin": 0, "vmax": 1}) for _, layer, hues in layers[1:]]
    return page.finish_map(
        draw_layers(page, looks, used_deposits(deposits)),
        "The truth layers were not seen by any model. Percentile rank of the score: 50 is the middle of the "
        f"map, 100 its highest. Halos and contamination count where their truth exceeds {STRONG:g}."
        f"{ground.caption}",
    )


def draw_layers(
    page: MapPage, layers: Iterable[tuple[ArrayLike, dict[str, Any]]], deposits: pd.DataFrame
) -> list[Artist]:
    """Draw a layer in each panel, with its colour bar and the deposits.

    Parameters
    ----------
    page : MapPage
    layers : iterable of (ndarray (rows, columns), dict)
        Values and look of each panel, see `MapPage.raster`; by rank of ground without a look.
    deposits : pandas.DataFrame
        ``x`` and ``y`` in metres; may be empty.

    Returns
    -------
    list of Artist
        The legend's symbol of the deposits, if there are any.
    """
    handles: list[Artist] = []
    for axes, (layer, look) in zip(page.panels, layers, strict=True):
        if look:
            page.colour_bar(axes, page.raster(axes, layer, **look))
        else:
            page.percentile_raster(axes, layer)
        if not deposits.empty:
            handles = [draw_deposits(axes, deposits, size=8.0)]
    return handles


#: Truth above this counts as a halo or as contaminated.
STRONG = 0.5


def _truth_headline(ground: MapGround, halo: ArrayLike, false: ArrayLike, score: ArrayLike) -> str:
    """Say how the score ranks halos and contamination."""
    values = ground.masked(score)
    rank = pd.Series(values.filled(np.nan).ravel()).rank(pct=True).to_numpy().reshape(values.shape) * 100
    usable = ~np.ma.getmaskarray(values)
    true_halo = usable & (np.asarray(halo) > STRONG)
    contaminated = usable & (np.asarray(false) > STRONG) & ~true_halo
    messages = [
        f"{name} rank {rank[cells].mean():.0f}"
        for name, cells in (("halos", true_halo), ("contamination", contaminated))
        if cells.any()
    ]
    return f"{', '.join(messages)} of 100 on average" if messages else "score and truth"
