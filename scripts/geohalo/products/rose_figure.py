"""The figure of learned attention: a rose diagram for each scale, in which anisotropy can be seen."""

from typing import cast

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke
from matplotlib.projections.polar import PolarAxes

from geohalo.products.pages import MARGIN, WIDTH, Page
from geohalo.products.styles import SMALL_SIZE, amount, colour, method_style, plain, style, styled

WINDS = ["N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW"]
PANELS_IN_A_ROW, LARGEST_PANEL = 3, 3.2
#: A class of bearing with fewer pairs of superpixels is drawn faint, and is not named as the strongest.
FEW = 20
LABEL_SPACE, TITLE_SPACE = 0.25, 0.25


def wind(bearing: float) -> str:
    """Return the nearest of the 16 winds to a bearing in degrees clockwise from north."""
    return WINDS[round(bearing * 16 / 360) % 16]


def strongest(table: pd.DataFrame) -> pd.Series:
    """Return the row of the direction with most attention, of those with at least `FEW` pairs where there are any."""
    counted = table[table["edges"] >= FEW]
    counted = table if counted.empty else counted
    return counted.iloc[int(np.nanargmax(counted["attention"]))]


@styled
def attention_rose(survey: str, variant: str, table: pd.DataFrame) -> Figure:
    """Draw how much attention superpixels learned to pay to neighbours, by the direction in which these lie.

    Parameters
    ----------
    survey : str
        Name of the survey.
    variant : str
        Variant of the network.
    table : pandas.DataFrame
        One row for each scale and class of bearing: ``scale`` (superpixel count), ``bearing`` (centre of the class,
        degrees clockwise from north), ``attention`` relative to an even share, ``spread`` (standard deviation over
        members), ``edges`` (pairs of superpixels), ``scheme`` and ``members`` (their number). Attention is NaN where
        no neighbour lies.

    Returns
    -------
    Figure
    """
    scheme, members = str(table["scheme"].iloc[0]), int(table["members"].iloc[0])
    label = style()["schemes"][scheme][0] if scheme in style()["schemes"] else scheme
    trained = "trained on all deposits" if scheme == "final" else f"of the split '{label}'"
    page = Page(
        WIDTH,
        f"{plain(survey)}: {_headline(variant, table)}",
        "Attention that superpixels learned to pay to a neighbour, by the direction in which it lies from them; 1 is "
        f"an even share among all neighbours and the superpixel itself. {amount(members, 'member')} {trained}.",
    )
    scales = sorted(table["scale"].unique())
    columns = min(PANELS_IN_A_ROW, len(scales))
    cell = (WIDTH - 2 * MARGIN) / columns
    size = min(LARGEST_PANEL, cell - 2 * LABEL_SPACE)
    farthest = max(1.2, 1.08 * float((table["attention"] + table["spread"]).max()))
    top = page.bottom
    for k, scale in enumerate(scales):
        row, column = divmod(k, columns)
        left = MARGIN + column * cell + (cell - size) / 2
        below = top + TITLE_SPACE + LABEL_SPACE + row * (size + TITLE_SPACE + 2 * LABEL_SPACE)
        axes = cast("PolarAxes", page.add_axes(left, below, size, size, projection="polar"))
        _draw(axes, table[table["scale"] == scale], farthest, members)
    page.bottom += LABEL_SPACE
    page.bottom += page.add_legend(_legend(table, members), MARGIN, WIDTH - 2 * MARGIN)
    return page.finish(
        "Bars beyond the dashed ring: neighbours on that side count for more than an even share. Opposite bars that "
        "are both long tell of an axis, as of halos stretched along structures. This is what the network uses; the "
        "shape of the survey and of its superpixels has a part in it."
    )


def _headline(variant: str, table: pd.DataFrame) -> str:
    """Name the direction with most attention over all scales, or tell that none stands out."""
    best = strongest(table)
    label = method_style(variant)[0]
    if best["attention"] - 2 * best["spread"] <= 1:
        return f"attention learned by {label} prefers no direction by more than twice its spread over members"
    return (
        f"attention learned by {label} is strongest towards {wind(best['bearing'])}, {best['attention']:.2f} times an "
        f"even share ({best['scale']:,.0f} superpixels)"
    )


def _draw(axes: PolarAxes, table: pd.DataFrame, farthest: float, members: int) -> None:
    """Draw the rose of one scale: north up, clockwise."""
    axes.set_theta_zero_location("N")
    axes.set_theta_direction(-1)
    table = table.dropna(subset="attention")
    angle, attention = np.radians(table["bearing"]), table["attention"]
    width = np.radians(360 / 24) * 0.9
    hues = np.where(table["edges"] >= FEW, colour("sample"), colour("faint"))
    axes.bar(angle, attention, width=width, color=hues, alpha=0.75, edgecolor="white", linewidth=0.4)
    if members > 1:
        axes.errorbar(
            angle,
            attention,
            yerr=table["spread"],
            fmt="none",
            ecolor=colour("text"),
            elinewidth=0.8,
            capsize=0,
        )
    ring = np.linspace(0, 2 * np.pi, 181)
    axes.plot(ring, np.ones_like(ring), color=colour("boundary"), linestyle="dashed", linewidth=1.1)
    axes.set_ylim(0, farthest)
    step = 0.5 if farthest < 2.5 else 1.0 if farthest < 6 else 2.0
    axes.set_yticks(np.arange(step, farthest, step))
    axes.set_rlabel_position(22.5)
    axes.set_xticks(np.radians(np.arange(0, 360, 45)), WINDS[::2])
    axes.tick_params(pad=1)
    axes.tick_params(axis="y", labelsize=SMALL_SIZE)
    for tick in axes.get_yticklabels():
        tick.set_path_effects([withStroke(linewidth=2.5, foreground="white")])
    axes.grid(color=colour("grid"), linewidth=0.5)
    axes.set_axisbelow("line")  # the numbers of the rings stay readable on bars
    best = strongest(table)
    spread = f" ± {best['spread']:.2f}" if members > 1 else ""
    count = amount(best["scale"], "superpixel")
    axes.set_title(f"{count}: most to {wind(best['bearing'])},\n{best['attention']:.2f}{spread}", pad=5)


def _legend(table: pd.DataFrame, members: int) -> list[Artist]:
    """Explain bars, whiskers and ring."""
    mean = "mean over members" if members > 1 else "one member"
    handles: list[Artist] = [
        Patch(facecolor=colour("sample"), alpha=0.75, label=f"relative attention, {mean}")
    ]
    few = table["edges"].between(1, FEW - 1)
    if few.any():
        handles.append(
            Patch(facecolor=colour("faint"), alpha=0.75, label=f"fewer than {FEW} pairs of superpixels")
        )
    if members > 1:
        handles.append(
            Line2D([], [], color=colour("text"), linewidth=0.8, label="± 1 standard deviation over members")
        )
    ring = {"color": colour("boundary"), "linestyle": "dashed", "linewidth": 1.1}
    return [*handles, Line2D([], [], **ring, label="1: an even share")]  # type: ignore[arg-type]
