"""Figures of what was sampled and what was interpolated."""

import math
from collections.abc import Mapping

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colorbar import Colorbar
from matplotlib.colors import ListedColormap, LogNorm, Normalize, TwoSlopeNorm, to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from geohalo.products.deposit_marks import draw_all_deposits, draw_deposits, points_of, used_deposits
from geohalo.products.map_axes import MapPage, area_patch
from geohalo.products.map_ground import MapGround
from geohalo.products.styles import amount, colour, plain, rounded, signed_percent, style, styled

MOST_PANELS = 12
CLIP = (2.0, 98.0)
#: Elements whose values lie below this are told in ppb.
LEAST_PPM = 0.1
#: In ppm; concentrations that reach it are shown in per cent.
PERCENT = 1e4
#: White over ground that no sample came from, and how much of it.
VEIL, PALE = ListedColormap(["white"]), 0.6


@styled
def sample_map(
    ground: MapGround,
    samples: pd.DataFrame,
    deposits: pd.DataFrame,
) -> Figure:
    """Draw the sample sites, the area that is interpolated from them, and the deposits.

    Parameters
    ----------
    ground : MapGround
    samples : pandas.DataFrame
        ``x``, ``y`` in metres and ``censored_share``: share of a sample's elements below the detection limit.
    deposits : pandas.DataFrame
        ``x``, ``y`` in metres, ``name`` and, if some lie outside the survey, ``inside``.

    Returns
    -------
    Figure
    """
    used = used_deposits(deposits)
    censored = samples["censored_share"].to_numpy(dtype=float)
    # Where labels are a raster of classes, there is no table of deposits.
    known = "" if deposits.empty else f", {amount(len(used), 'known deposit')}"
    any_censored = bool(np.nanmax(censored, initial=0.0) > 0)
    page = MapPage(
        ground,
        f"{plain(ground.survey)}: {amount(len(samples), 'sample')}{known}",
        f"One sample per {rounded(ground.area / max(len(samples), 1))} km² of the interpolated "
        f"{ground.area:,.0f} km² ({amount(int(ground.mask.sum()), 'cell')} of "
        f"{ground.cell[0]:g} x {ground.cell[1]:g} km)",
        bars=any_censored,
    )
    axes = page.panels[0]
    page.raster(axes, np.ones(ground.mask.shape), cmap="gray", vmin=0, vmax=1)
    symbol = _draw_samples(page, axes, samples, censored if any_censored else None)
    handles = [symbol, *draw_all_deposits(axes, deposits)]
    areas = {"inside": "interpolated", "outside": "too far from a sample"}
    return page.finish_map([*handles, *(area_patch(colour(name), label) for name, label in areas.items())])


def marker_size(points: NDArray[np.float64], inches_per_km: float) -> float:
    """Return a diameter in points at which sites (n, 2, in km) stay apart: 70 % of their median distance."""
    if len(points) < 2:
        return 4.0
    distance = cKDTree(points).query(points, k=2)[0][:, 1]
    return float(np.clip(0.7 * np.median(distance) * inches_per_km * 72, 0.8, 4.5))


def _draw_samples(
    page: MapPage, axes: Axes, samples: pd.DataFrame, censored: NDArray[np.float64] | None
) -> Line2D:
    """Draw the sites, coloured by the share of censored elements if any; returns the legend's symbol."""
    points = points_of(samples) / 1e3
    diameter = marker_size(points, page.panel_width / page.ground.size[0])
    label = amount(len(samples), "sample")
    x, y = points.T
    if censored is None:
        axes.scatter(x, y, s=diameter**2, c=colour("sample"), linewidths=0, label="samples", zorder=3)
        return Line2D([], [], linestyle="none", marker="o", markersize=4, color=colour("sample"), label=label)
    order = np.argsort(np.nan_to_num(censored), kind="stable")
    limit = max(float(np.nanpercentile(censored, CLIP[1])), 0.01)
    drawn = axes.scatter(
        x[order], y[order], s=diameter**2, c=censored[order] * 100, cmap=style()["maps"]["censored"], vmin=0,
        vmax=limit * 100, linewidths=0, label="samples", zorder=3,
    )  # fmt: skip
    page.colour_bar(axes, drawn, "Elements of a sample below detection limit (%)")
    return Line2D([], [], linestyle="none", marker="o", markersize=4, color=drawn.cmap(0.4), label=label)


@styled
def element_maps(
    ground: MapGround,
    ppm: Mapping[str, ArrayLike],
    cv_explained: Mapping[str, float],
    deposits: pd.DataFrame,
    n: int = MOST_PANELS,
    unit: str = "ppm",
    notes: Mapping[str, str] | None = None,
    seen: NDArray[np.bool_] | None = None,
) -> Figure:
    """Draw interpolated elements as small multiples, each with its own logarithmic colour bar.

    Parameters
    ----------
    ground : MapGround
    ppm : mapping of str to ndarray (rows, columns)
        Concentration of each element, drawn in this order. An element with values that have no logarithm
        is drawn on a linear scale.
    cv_explained : mapping of str to float
        Share of an element's variance that the interpolation explains at left-out samples; NaN or absent
        when unknown.
    deposits : pandas.DataFrame
        ``x``, ``y`` in metres and, if some lie outside the survey, ``inside``.
    n : int
        The first ``n`` elements are drawn, at most 12.
    unit : str
        Of the values; empty for bands without one.
    notes : mapping of str to str, optional
        Why an element is drawn, for its title; with them the elements are those that carry the map.
    seen : ndarray (rows, columns) of bool, optional
        Cells that are part of the ground of any sample, where samples are mixtures of it; the others are drawn pale.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        Without any element.
    """
    elements = list(ppm)[: min(n, MOST_PANELS)]
    if not elements:
        raise ValueError("no element to draw")
    shares = {element: float(cv_explained.get(element, np.nan)) for element in elements}
    drawn = {element: in_readable_unit(ground.masked(ppm[element]), unit) for element in elements}
    titles = [_element_title(element, drawn[element][1], share, notes) for element, share in shares.items()]
    headline = _elements_headline(shares, unit, carrying=bool(notes))
    page = MapPage(ground, f"{plain(ground.survey)}: {headline}", titles=titles)
    used = used_deposits(deposits)
    handles: list[Artist] = []
    unseen = np.zeros_like(ground.mask) if seen is None else ground.mask & ~seen
    for axes, element in zip(page.panels, elements, strict=True):
        _draw_element(page, axes, drawn[element][0])
        if unseen.any():
            page.raster(axes, np.where(unseen, 1.0, np.nan), cmap=VEIL, alpha=PALE)
        if not used.empty:
            handles = [draw_deposits(axes, used, size=6.0)]
    if unseen.any():
        handles.append(_pale_patch())
    return page.finish_map(handles, _elements_caption(unit, seen is not None) + ground.caption)


def _elements_caption(unit: str, mixtures: bool) -> str:
    """Say how to read the maps of elements, or of bands without a unit; samples may be mixtures of ground."""
    of_ground = "The maps are of the ground that samples came from. " if mixtures else ""
    explained = "R²: share of the variance of the logarithms explained at samples left out in blocks. "
    outside = "too far from a sample" if unit else "outside the survey"
    colours = f"Colours end at the 2nd and 98th percentile of the cells; light grey is {outside}."
    return f"{of_ground}{explained if unit else ''}{colours}"


def _pale_patch() -> Patch:
    """Return the symbol of ground that is drawn pale."""
    red, green, blue, _ = mpl.colormaps[style()["maps"]["concentration"]](0.5)
    pale = to_hex(((red * (1 - PALE) + PALE), (green * (1 - PALE) + PALE), (blue * (1 - PALE) + PALE)))
    return area_patch(pale, "pale: no sample came from there")


def _elements_headline(shares: Mapping[str, float], unit: str, carrying: bool) -> str:
    """Say which elements are drawn, and what share of their variance is explained."""
    names = list(map(plain, shares))
    if carrying:
        return f"the elements that carry the map: {', '.join(names)}"
    kind, given = ("elements", "interpolated") if unit else ("bands", "given")
    what = names[0] if len(names) == 1 else f"{len(names)} {kind}"
    return f"{what} as {given}{_share_range(shares)}"


def in_readable_unit(values: np.ma.MaskedArray, unit: str) -> tuple[ArrayLike, str]:
    """Return values and their unit: of ppm, traces in ppb and what reaches a per cent in per cent."""
    inside = values.compressed()
    if unit == "ppm" and inside.size and np.percentile(inside, CLIP[1]) < LEAST_PPM:
        return values.filled(np.nan) * 1000.0, "ppb"
    if unit == "ppm" and inside.size and np.percentile(inside, CLIP[1]) >= PERCENT:
        return values.filled(np.nan) / PERCENT, "%"
    return values.filled(np.nan), unit


def _draw_element(page: MapPage, axes: Axes, values: ArrayLike) -> None:
    """Draw one element with its colour bar."""
    norm, colours = element_norm(page.ground.masked(values).compressed())
    image = page.raster(axes, values, norm=norm, cmap=colours)
    tick_bar(page.colour_bar(axes, image), norm)


def _element_title(element: str, unit: str, share: float, notes: Mapping[str, str] | None) -> str:
    """Name an element, its unit and, where they are known, why it is drawn and the share of variance explained."""
    note = f", {notes[element]}" if notes and element in notes else ""
    # On one line, whatever stands before it.
    message = f"R² {signed_percent(share)}".replace(" ", "\u00a0")
    explained = f", {message}" if np.isfinite(share) else ""
    return f"{plain(element)}{f' ({unit})' if unit else ''}{note}{explained}"


def _share_range(shares: Mapping[str, float]) -> str:
    """Say between which elements the explained share lies."""
    known = {element: share for element, share in shares.items() if np.isfinite(share)}
    if len(known) < 2:
        return ""
    low, high = min(known, key=known.__getitem__), max(known, key=known.__getitem__)
    lowest, highest = signed_percent(known[low]), signed_percent(known[high])
    return f", {lowest} ({plain(low)}) to {highest} ({plain(high)}) explained"


def element_norm(values: NDArray[np.float64]) -> tuple[Normalize, str]:
    """Choose scale and colour map for the values of one element.

    Logarithmic when all values are positive, linear otherwise, and diverging around zero when some are
    negative; clipped at the 2nd and 98th percentile.
    """
    maps = style()["maps"]
    low, high = np.percentile(values, CLIP) if values.size else (1.0, 10.0)
    if values.size and values.min() < 0:
        far = max(abs(low), abs(high)) or 1.0
        return TwoSlopeNorm(0.0, -far, far), maps["signed"]
    positive = bool(values.min() > 0) if values.size else True
    if high <= low:
        low, high = (low / 1.5, high * 1.5) if positive else (low, low + 1.0)
    return (LogNorm(low, high) if positive else Normalize(low, high)), maps["concentration"]


def round_ticks(low: float, high: float, most: int = 4) -> list[float]:
    """Return two to ``most`` round numbers spread over a logarithmic scale, none at its very ends or near another.

    Where the scale is too narrow to hold two, numbers at one and three quarters of it.
    """
    ratio = high / low
    start, stop = low * ratio**0.04, low * ratio**0.96
    powers = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    for steps in ((1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9), (1, 2, 3, 5, 7), (1, 2, 5), (1, 3), (1,)):
        ticks = np.outer(powers, steps).ravel()
        ticks = ticks[(ticks >= start) & (ticks <= stop)]
        if len(ticks) <= most:
            break
    if len(ticks) < 2:
        return [low * ratio**0.25, low * ratio**0.75]
    spread: list[float] = []
    for tick in ticks[:: math.ceil(len(ticks) / most)].tolist():
        # Labels such as 20,000 need a fifth of the bar each.
        if not spread or math.log(tick / spread[-1]) >= 0.22 * math.log(ratio):
            spread.append(tick)
    return spread if len(spread) > 1 else [low * ratio**0.25, low * ratio**0.75]


def tick_bar(bar: Colorbar, norm: Normalize) -> None:
    """Give the colour bar of an element few, round ticks."""
    if isinstance(norm, LogNorm):
        bar.locator = FixedLocator(round_ticks(*bar.mappable.get_clim()))
    else:
        bar.locator = MaxNLocator(4, prune="both")
    bar.formatter = FuncFormatter(lambda value, _: rounded(value, 3))
    bar.minorlocator = NullLocator()
    bar.update_ticks()
