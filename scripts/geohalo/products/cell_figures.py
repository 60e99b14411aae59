"""Figures of what each cell belongs to: superpixels, and the roles of cells in the folds."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geohalo.products.deposit_marks import draw_deposits, points_of, used_deposits
from geohalo.products.map_axes import MapPage, area_patch
from geohalo.products.map_ground import MapGround
from geohalo.products.styles import amount, colour, plain, rounded, style, styled

MOST_FOLDS = 8
CLIP = (2.0, 98.0)
#: Of a map with more cells along a side, superpixels of the usual sizes would be no wider than the lines between them:
#: so many cells along each side are drawn.
LARGEST, MOST_SHOWN = 1000, 300
#: Codes of the fold map.
HELD_OUT_REGION, TRAINING_HALO, TRAINING_BACKGROUND, TEST_HALO, TEST_BACKGROUND = 2, 3, 4, 5, 6

#: What a fold does with a deposit: label in the legend, colour of the star and of its edge.
STARS = {
    "held out": ("held-out deposit", "", ""),
    "known": ("known deposit", "black", "white"),
    "buffer": ("deposit not used: in the buffer", "white", "black"),
}


@styled
def superpixel_map(
    ground: MapGround,
    components: NDArray[np.floating],
    labels: Mapping[int, NDArray[np.integer]],
) -> Figure:
    """Draw the superpixels of each scale over the cube; of a map that is too large to show them, the middle.

    Parameters
    ----------
    ground : MapGround
    components : ndarray (rows, columns, 3)
        First three principal components of the cube in its `shown_part`, shown as red, green and blue.
    labels : mapping of int to ndarray (rows, columns) of int
        For each number of superpixels asked for, the superpixel of each cell; 0 outside the mask.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        Without any scale.
    """
    if not labels:
        raise ValueError("no scale to draw")
    part = shown_part(ground.mask)
    counts = {asked: int(np.unique(layer[ground.mask]).size) for asked, layer in labels.items()}
    titles = [
        f"n_segments {asked}: {amount(count, 'superpixel')}, {rounded(ground.area / max(count, 1))} km² each"
        for asked, count in counts.items()
    ]
    message = " and ".join(", ".join(f"{count:,}" for count in counts.values()).rsplit(", ", 1))
    shown = ground.part(*part)
    whole_map = shown.mask.shape == ground.mask.shape
    subtitle = (
        ""
        if whole_map
        else "Shown is the middle, {:,.0f} x {:,.0f} km of {:,.0f} x {:,.0f}".format(
            *shown.size, *ground.size
        )
    )
    headline = f"{plain(ground.survey)}: {message} superpixels over the cube"
    page = MapPage(shown, headline, subtitle, titles=titles, bars=False)
    picture = colour_composite(components, shown.mask)
    for axes, (asked, layer) in zip(page.panels, labels.items(), strict=True):
        axes.imshow(picture, extent=shown.extent, origin="upper", aspect="equal")
        count = counts[asked]
        # Thinner where superpixels are smaller, so that the lines do not hide what they divide.
        across = page.panel_width * 72 / shown.size[0] * np.sqrt(ground.area / max(count, 1))
        width = float(np.clip(across / 18, 0.15, 0.8))
        axes.add_collection(boundary_lines(shown, layer[part], width))
    line = Line2D([], [], color=colour("boundary"), linewidth=0.8, label="superpixel boundary")
    return page.finish_map(
        [line],
        "Red, green and blue: first, second and third principal component of the cube, each stretched from "
        f"its 2nd to its 98th percentile; light grey is outside the map.{ground.caption}",
    )


def shown_part(mask: NDArray[np.bool_]) -> tuple[slice, slice]:
    """Return the rows and columns whose superpixels are drawn: all, or `MOST_SHOWN` in the middle of a large map."""
    most = MOST_SHOWN if max(mask.shape) > LARGEST else LARGEST
    middle = [slice(max(0, (size - most) // 2), min(size, (size + most) // 2)) for size in mask.shape]
    return middle[0], middle[1]


def colour_composite(components: NDArray[np.floating], mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Stretch three components (rows, columns, 3) to an RGB picture of 0 to 1; the ground colour outside."""
    inside = components[mask].astype(np.float64)
    low, high = np.nanpercentile(inside, CLIP, axis=0)
    scaled = np.clip((inside - low) / np.where(high > low, high - low, 1.0), 0, 1)
    picture = np.empty((*mask.shape, 3))
    picture[:] = ListedColormap([colour("outside")])(0)[:3]
    picture[mask] = np.nan_to_num(scaled, nan=0.5)
    return picture


def boundary_lines(ground: MapGround, labels: NDArray[np.integer], width: float) -> LineCollection:
    """Return the edges between cells inside the mask that have different labels, as line segments in km."""
    west, _, _, north = ground.extent
    cell_width, cell_height = ground.cell
    inside = ground.mask
    rows, columns = np.nonzero((labels[:, 1:] != labels[:, :-1]) & inside[:, 1:] & inside[:, :-1])
    upright = np.column_stack([columns + 1, rows, columns + 1, rows + 1])
    rows, columns = np.nonzero((labels[1:] != labels[:-1]) & inside[1:] & inside[:-1])
    level = np.column_stack([columns, rows + 1, columns + 1, rows + 1])
    corners = np.concatenate([upright, level]).reshape(-1, 2, 2)
    segments = corners * (cell_width, -cell_height) + (west, north)
    look: dict[str, Any] = {"colors": colour("boundary"), "linewidths": width, "capstyle": "projecting"}
    return LineCollection(list(segments), zorder=3, **look)


@styled
def folds_map(
    ground: MapGround,
    region: NDArray[np.integer],
    deposits: pd.DataFrame,
) -> Figure:
    """Draw what each fold holds out and learns from.

    Parameters
    ----------
    ground : MapGround
    region : ndarray (folds, rows, columns) of int
        0 outside the map, 1 free, 2 held-out region, 3 training halo, 4 training background, 5 test halo,
        6 test background. The first 8 folds are drawn.
    deposits : pandas.DataFrame
        ``x``, ``y`` in metres and, if some lie outside the survey, ``inside``.

    Returns
    -------
    Figure
    """
    shown = region[:MOST_FOLDS]
    used = used_deposits(deposits)
    used = used[ground.inside(points_of(used))]
    roles = [deposit_roles(ground, codes, points_of(used)) for codes in shown]
    titles = [f"Fold {number}: {_count_roles(role)}" for number, role in enumerate(roles, start=1)]
    some = f" (the first {len(shown)} shown)" if len(region) > len(shown) else ""
    headline = f"{amount(len(region), 'fold')}, each tested on deposits that it does not know{some}"
    page = MapPage(ground, f"{plain(ground.survey)}: {headline}", titles=titles, bars=False)
    palette = style()["fold_codes"]
    colours = ListedColormap([hue for _, hue in palette])
    handles: list[Line2D] = []
    for axes, codes, role in zip(page.panels, shown, roles, strict=True):
        layer = np.where(ground.mask, codes, 0)
        axes.imshow(
            layer, extent=ground.extent, origin="upper", aspect="equal", cmap=colours, vmin=-0.5,
            vmax=len(palette) - 0.5, interpolation="nearest",
        )  # fmt: skip
        _mark_labelled(page, axes, layer, colours)
        handles = [draw_deposits(axes, used[role == one], 6.5, *look) for one, (_, *look) in STARS.items()]
    for handle, (label, *_) in zip(handles, STARS.values(), strict=True):
        handle.set_label(label)
    areas = [area_patch(hue, label) for label, hue in palette]
    return page.finish_map(
        [*areas, *handles],
        "Training cells (halo and background) lie outside the held-out region; the fold is measured on the "
        f"test cells and deposits inside it.{ground.caption}",
    )


def _count_roles(roles: NDArray[np.str_]) -> str:
    """Say how many deposits a fold holds out, knows and leaves aside."""
    held, known, buffer = (int((roles == role).sum()) for role in STARS)
    return f"{held} held out, {known} known" + (f", {buffer} not used" if buffer else "")


def deposit_roles(
    ground: MapGround, codes: NDArray[np.integer], points: NDArray[np.float64]
) -> NDArray[np.str_]:
    """Tell what a fold does with each deposit from the code of the nearest cell of the map.

    Parameters
    ----------
    ground : MapGround
    codes : ndarray (rows, columns) of int
        See `folds_map`.
    points : ndarray (n, 2)
        Deposits in metres.

    Returns
    -------
    ndarray (n,) of str
        ``held out``, ``buffer`` (of another group, but inside the held-out region: neither trained on nor
        tested) or ``known``.
    """
    row, column = nearest_cells(ground, points)
    code = codes[row, column]
    inside = np.where(np.isin(code, (HELD_OUT_REGION, TEST_BACKGROUND)), "buffer", "known")
    return np.where(code == TEST_HALO, "held out", inside)


def nearest_cells(
    ground: MapGround, points: NDArray[np.float64]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return row and column (n,) of the cell of the map that is nearest to each of some points (n, 2) in metres."""
    width, height = (1e3 * side for side in ground.cell)
    column = np.clip(np.rint((points[:, 0] - ground.x[0]) / width), 0, ground.x.size - 1).astype(np.intp)
    row = np.clip(np.rint((ground.y[0] - points[:, 1]) / height), 0, ground.y.size - 1).astype(np.intp)
    # Only a point that lies in no cell of the map needs a search through all of them.
    outside = ~ground.mask[row, column]
    if outside.any():
        rows, columns = np.nonzero(ground.mask)
        centres = np.column_stack([ground.x[columns], ground.y[rows]])
        _, nearest = cKDTree(centres).query(points[outside])
        row[outside], column[outside] = rows[nearest], columns[nearest]
    return row, column


def _mark_labelled(page: MapPage, axes: Axes, layer: NDArray[np.integer], colours: ListedColormap) -> None:
    """Draw labelled cells as squares where a cell of the picture would be too small to be seen."""
    points = page.panel_width * 72 / page.ground.size[0] * min(page.ground.cell)
    if points >= 1.5:
        return
    west, _, _, north = page.ground.extent
    width, height = page.ground.cell
    for code in (TRAINING_BACKGROUND, TEST_BACKGROUND, TRAINING_HALO, TEST_HALO):
        rows, columns = np.nonzero(layer == code)
        axes.scatter(
            west + (columns + 0.5) * width, north - (rows + 0.5) * height, s=1.5**2, marker="s", linewidths=0,
            color=colours(code), zorder=3,
        )  # fmt: skip
