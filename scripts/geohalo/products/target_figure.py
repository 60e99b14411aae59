"""The figure of targets: a map with their numbers, and a table of the first ones below or beside it."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from geohalo.products.deposit_marks import draw_deposits, points_of, spread_labels, used_deposits
from geohalo.products.map_axes import BAR_TITLE, MapPage, Room, area_patch
from geohalo.products.map_ground import MapGround
from geohalo.products.pages import MARGIN, WIDTH, largest_page
from geohalo.products.styles import TEXT_SIZE, amount, colour, plain, rounded, styled
from geohalo.products.target_shapes import rings
from geohalo.products.target_table import ONE_LINE, TWO_LINES, TableForm, draw_table, table_parts
from geohalo.products.targets import KNOWN, on_new_ground

#: Ground so many times wider than tall has its table below the map, other ground beside it; a table of few rows leaves
#: room for a larger map above it.
WIDE, WIDE_FOR_FEW = 1.2, 0.5
FEW_ROWS = 8
#: A map is not made smaller than this for the sake of the sheet, in inches.
SHORTEST_MAP = 2.0
#: What legend and scale bar need at least beside a table, in inches.
NARROWEST_MAP = 4.4
#: Inches between map and table.
APART = 0.15


@dataclass(frozen=True)
class Layout:
    """Where the table of targets goes, and what is left for the map.

    Attributes
    ----------
    form : TableForm or None
        None without a table.
    below : bool
        The table is below the map, not beside it.
    room : Room
        Of the map.
    highest : float
        Height of the page in inches, at most.
    """

    form: TableForm | None
    below: bool
    room: Room
    highest: float


def target_layout(size: tuple[float, float], rows: int) -> Layout:
    """Return the layout for a survey: text is readable in print on a sheet, and the map as large as it lets it.

    Parameters
    ----------
    size : (width, height)
        Of the ground, in any unit.
    rows : int
        Targets in the table.
    """
    short, long = largest_page()
    if not rows:
        return Layout(None, True, Room(), long)
    if size[0] > (WIDE if rows > FEW_ROWS else WIDE_FOR_FEW) * size[1]:
        return Layout(ONE_LINE, True, Room(narrowest=WIDTH), long)
    table_width = TWO_LINES.width + APART
    return Layout(
        TWO_LINES,
        False,
        Room(narrowest=NARROWEST_MAP, widest=long - table_width, right_margin=table_width),
        short,
    )


@styled
def target_map(
    ground: MapGround,
    score: ArrayLike,
    rank: NDArray[np.integer],
    targets: pd.DataFrame,
    deposits: pd.DataFrame,
    areas: pd.DataFrame | None = None,
    warned: str = "",
) -> Figure:
    """Draw the outlines of ranked targets on the anomaly score, and a table of the first ones.

    The table is below the map of ground that is much wider than tall, else beside it; printed on an A4 sheet, all
    text is readable. Targets on new ground, the only possible finds, come first and have dark outlines.

    Parameters
    ----------
    ground : MapGround
    score : ndarray (rows, columns)
        Anomaly score, 0 to 1.
    rank : ndarray (rows, columns)
        Rank of the target of each cell; 0 for none.
    targets : pandas.DataFrame
        ``rank``, ``ground``, ``area_km2``, ``peak_score``, ``mean_score``, ``nearest_deposit``, ``distance_km``,
        ``enriched``, ``depleted``, and ``x`` and ``y`` of the peak in metres; in the order of ranks.
    deposits : pandas.DataFrame
        ``x``, ``y`` in metres and, if some lie outside the survey, ``inside``; may be empty.
    areas : pandas.DataFrame, optional
        Of `geohalo.products.targets.ground_table`.
    warned : str, optional
        What must be known before the map is used; see `geohalo.products.map_warnings`.

    Returns
    -------
    Figure
    """
    title = f"{plain(ground.survey)}: {_headline(targets, ground)}"
    rows = sum(len(listed) for _, listed in table_parts(targets))
    layout, used = target_layout(ground.size, rows), used_deposits(deposits)
    while True:
        page = MapPage(ground, title, _known_text(areas), wide_bar=True, room=layout.room, warning=warned)
        bottom = _fill(page, layout, score, rank, targets, used)
        filled = page.bottom
        figure = page.finish(_caption(targets, ground))
        # What the map has to give for the page to fit on a sheet.
        over = bottom - filled + figure.get_figheight() - layout.highest
        height = page.place(page.panels[0])[3]
        if over < 0.01 or height <= SHORTEST_MAP:
            return figure
        layout = replace(layout, room=replace(layout.room, tallest=max(SHORTEST_MAP, height - over)))


def _fill(
    page: MapPage,
    layout: Layout,
    score: ArrayLike,
    rank: NDArray[np.integer],
    targets: pd.DataFrame,
    deposits: pd.DataFrame,
) -> float:
    """Draw map, legend and table; returns where what would rise with a shorter map ends, in inches from the top."""
    axes, parts = page.panels[0], table_parts(targets)
    page.percentile_raster(axes, score)
    handles = [] if deposits.empty else [draw_deposits(axes, deposits, size=8.0)]
    handles += draw_outlines(axes, page.ground, rank, targets)
    numbered = pd.concat([targets.iloc[:0], *(listed for _, listed in parts)])
    draw_numbers(page, axes, rank, numbered, deposits)
    page.add_footer([*handles, area_patch(colour("outside"), "too far from a sample")])
    if layout.form is None:
        return page.bottom
    if layout.below:
        draw_table(page, parts, layout.form, MARGIN, page.bottom + APART)
        return page.bottom
    bottom = page.bottom
    draw_table(
        page, parts, layout.form, page.width - MARGIN - layout.form.width, page.place(axes)[1] - BAR_TITLE
    )
    return bottom


def _caption(targets: pd.DataFrame, ground: MapGround) -> str:
    """Say what the table holds."""
    if targets.empty:
        return ground.caption.strip()
    return (
        "Numbers: targets of the table, placed at their peaks, whose easting and northing it has. They are ranked by "
        "the geometric mean of peak and mean score, times their share in the area of applicability. The map was "
        "trained on the deposits that are shown, so that high ground around them is no find. Up and down: the "
        "elements that carry the map, mean log-ratio of the target less that of its surroundings."
        f"{ground.caption}"
    )


def _headline(targets: pd.DataFrame, ground: MapGround) -> str:
    """Say how many targets there are on new ground, and how much of the ground they have."""
    new = targets[on_new_ground(targets)]
    if targets.empty:
        return "no targets"
    share = new["area_km2"].sum() / ground.area
    message = f"{amount(len(new), 'target')} on new ground, {share * 100:.1f} % of the survey"
    return f"{message}, the largest {rounded(new['area_km2'].max(), 4)} km²" if len(new) else message


def _known_text(ground: pd.DataFrame | None) -> str:
    """Say how much of the best ground is known."""
    if ground is None or ground.empty:
        return ""
    halo = ground[ground["ground"] == KNOWN].iloc[0]
    return (
        f"Of the best {100 * halo['share']:g} % of the survey, {100 * halo['best_share']:.0f} % lie on halos of known "
        f"deposits; these are listed apart ({amount(halo['targets'], 'target')})."
    )


def draw_outlines(
    axes: Axes, ground: MapGround, rank: NDArray[np.integer], targets: pd.DataFrame
) -> list[Line2D]:
    """Draw the borders of all targets, those on new ground dark; returns the symbols for the legend."""
    around, symbols = rings(rank, ground.extent), []
    new = on_new_ground(targets)
    dark, light = colour("target"), colour("target_edge")
    looks = [
        ("target on new ground", new, dark, 1.4, light, 2.6),
        ("target on a known halo", ~new, light, 0.8, dark, 1.6),
    ]
    for label, chosen, hue, width, edge_hue, edge_width in looks:
        drawn = [ring for number in targets["rank"][chosen] for ring in around[int(number)]]
        if not drawn:
            continue
        edge: Any = [withStroke(linewidth=edge_width, foreground=edge_hue)]
        lines = LineCollection(drawn, label=label, colors=hue, linewidths=width, path_effects=edge, zorder=3)
        axes.add_collection(lines)
        symbols.append(Line2D([], [], color=hue, linewidth=width, path_effects=edge, label=label))
    return symbols


def draw_numbers(
    page: MapPage, axes: Axes, rank: NDArray[np.integer], targets: pd.DataFrame, deposits: pd.DataFrame
) -> None:
    """Write the ranks of targets at their peaks, or beside them with a line where they would hide something."""
    points_per_km = page.panel_width * 72 / page.ground.size[0]
    halo = [withStroke(linewidth=2.0, foreground="white")]
    ranks, peaks = [str(number) for number in targets["rank"]], points_of(targets) / 1e3
    # With the room of a digit between them, so that 2 beside 1 does not read as 21.
    sizes = np.array([((0.75 * len(one) + 0.7) * TEXT_SIZE, 1.15 * TEXT_SIZE) for one in ranks]).reshape(
        -1, 2
    )
    stars = points_of(deposits) / 1e3 * points_per_km if len(deposits) else np.empty((0, 2))
    boxes = target_boxes(page.ground, rank, targets["rank"].to_numpy()) * points_per_km
    hidden = (boxes[:, 2:] - boxes[:, :2] < sizes).any(axis=1)
    outside = _around(np.array(page.ground.frame) * points_per_km)
    taken = np.vstack([np.hstack([stars - 4, stars + 4]), boxes[hidden], outside])
    moves = spread_labels(peaks * points_per_km, sizes, taken)
    for text, place, moved in zip(ranks, peaks, peaks + moves / points_per_km, strict=True):
        if (moved != place).any():
            ends = np.array([place, moved]).T
            axes.plot(*ends, color=colour("text"), linewidth=0.7, zorder=5, path_effects=halo)
        look: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": TEXT_SIZE, "zorder": 6}
        axes.text(moved[0], moved[1], text, fontweight="bold", path_effects=halo, **look)


def _around(frame: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return boxes (4, 4) of all that lies outside a frame (left, right, bottom, top): left, bottom, right and top."""
    west, east, south, north = frame
    far = np.inf
    return np.array(
        [
            (-far, -far, west, far),
            (east, -far, far, far),
            (-far, -far, far, south),
            (-far, north, far, far),
        ]
    )


def target_boxes(
    ground: MapGround, rank: NDArray[np.integer], numbers: NDArray[np.integer]
) -> NDArray[np.float64]:
    """Return the rectangles around some targets in km.

    Parameters
    ----------
    ground : MapGround
    rank : ndarray (rows, columns)
        Rank of the target of each cell; 0 for none.
    numbers : ndarray (n,)
        Ranks of the targets.

    Returns
    -------
    ndarray (n, 4)
        Left, bottom, right and top.
    """
    west, _, _, north = ground.extent
    width, height = ground.cell
    places = ndimage.find_objects(np.asarray(rank, dtype=np.int64))
    found = [places[int(number) - 1] for number in numbers]
    return np.array(
        [
            (west + c.start * width, north - r.stop * height, west + c.stop * width, north - r.start * height)
            for r, c in found
        ]
    ).reshape(-1, 4)
