"""The interactive map of the report: layers of 255 levels, outlines, marks, and where they lie on the earth."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.colors import to_hex
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from geohalo.cube.grid import Grid
from geohalo.products.report_pictures import levels_uri
from geohalo.products.styles import colour, style

#: Levels of a layer: a grey image of 8 bits, whose 0 is no value.
LEVELS = 255
#: Points along a side of the lattice of longitudes and latitudes.
LATTICE = 33
#: Percentiles between which a layer takes its colours, so that a few extreme cells do not take them all.
ENDS = (1.0, 99.0)
#: Samples that are drawn at most; more would be a grey ground.
MOST_SAMPLES = 20_000
#: What is shown of the superpixels that a target draws on, and of how many of them.
NEIGHBOURS = ("n_segments", "superpixel", "weight", "direction", "distance_km")
MOST_NEIGHBOURS = 12
#: Straight pieces of a superpixel border that are drawn at most.
MOST_LINES = 60_000


@dataclass(frozen=True)
class Layer:
    """A layer of the map.

    Attributes
    ----------
    name : str
    group : str
        Heading in the list of layers.
    label : str
    image : str
        Data URI of a grey image: 0 is no value, and level k from 1 to 255 the value (k - 1) / 254 of the way from
        ``low`` to ``high``, or where there are ``classes`` the class k - 1.
    unit, note : str
    ramp : str
        Name of its colour map; empty for classes.
    low, high : float
        Values below and above take the colours of the ends.
    logarithmic : bool
        Whether the way is that of the logarithm.
    classes : list of (str, str)
        Label and colour.
    """

    name: str
    group: str
    label: str
    image: str
    unit: str = ""
    note: str = ""
    ramp: str = ""
    low: float = 0.0
    high: float = 1.0
    logarithmic: bool = False
    classes: list[tuple[str, str]] = field(default_factory=list)


def continuous_layer(
    name: str,
    group: str,
    label: str,
    values: NDArray[np.floating[Any]],
    *,
    ramp: str,
    unit: str = "",
    note: str = "",
    limits: tuple[float, float] | None = None,
    logarithmic: bool = False,
) -> Layer:
    """Make a layer of values (rows, columns), NaN where there are none.

    Without ``limits`` the colours span the `ENDS` percentiles; where these are equal, all values; positive ones alone
    where the scale is logarithmic.
    """
    values = np.where(np.isfinite(values), values, np.nan).astype(float)
    if logarithmic:
        values = np.where(values > 0, values, np.nan)
    known = values[np.isfinite(values)]
    low, high = limits or (_limits(known) if known.size or not logarithmic else (1.0, 10.0))
    scaled = np.log(values / low) / np.log(high / low) if logarithmic else (values - low) / (high - low)
    levels = np.where(np.isfinite(scaled), 1 + np.rint(np.clip(scaled, 0, 1) * (LEVELS - 1)), 0)
    return Layer(
        name,
        group,
        label,
        levels_uri(levels.astype(np.uint8)),
        unit=unit,
        note=note,
        ramp=ramp,
        low=low,
        high=high,
        logarithmic=logarithmic,
    )


def _limits(known: NDArray[np.float64]) -> tuple[float, float]:
    if not known.size:
        return 0.0, 1.0
    low, high = np.percentile(known, ENDS)
    if high <= low:
        low, high = known.min(), known.max()
    if high <= low:
        # One value everywhere: any width will do, and a logarithm wants the lower end positive.
        high = low + (abs(low) or 1.0)
    return float(low), float(high)


def class_layer(
    name: str,
    group: str,
    label: str,
    codes: NDArray[np.integer[Any]],
    classes: Sequence[tuple[str, str]],
    *,
    note: str = "",
) -> Layer:
    """Make a layer of classes: codes (rows, columns) from 0 in the order of ``classes``, negative where there is none.

    Raises
    ------
    ValueError
        If there are more classes than levels, or codes without a class.
    """
    if len(classes) > LEVELS or codes.max(initial=-1) >= len(classes):
        raise ValueError(
            f"{name}: {codes.max(initial=-1) + 1} codes, {len(classes)} classes, {LEVELS} levels"
        )
    image = levels_uri(np.where(codes >= 0, codes + 1, 0).astype(np.uint8))
    return Layer(name, group, label, image, note=note, classes=list(classes))


def ordered_colours(number: int) -> list[str]:
    """Return colours of classes with an order, the first (background) the colour of ground without one."""
    ramp = matplotlib.colormaps[style()["maps"]["score"]]
    return ["#d9d9d9", *(to_hex(ramp(k)) for k in np.linspace(0.25, 1.0, max(number - 1, 1)))][:number]


def ramp_colours(name: str) -> list[str]:
    """Return the colours of the levels of a colour map, each as ``rrggbb``."""
    ramp = matplotlib.colormaps[name]
    return [to_hex(ramp(k))[1:] for k in np.linspace(0, 1, LEVELS)]


def borders(labels: NDArray[np.integer[Any]]) -> tuple[list[int], list[int]]:
    """Return the borders between areas of equal label as straight pieces along the edges of cells.

    Parameters
    ----------
    labels : ndarray (rows, columns)
        Borders to 0, and to the edge of the grid, are borders too where the label on one side is not 0.

    Returns
    -------
    tuple of list
        Across, and downwards: column and row of the corner where a piece starts and its length, one after the other.
    """
    padded = np.pad(labels, 1)
    across = _runs(padded[:-1, 1:-1] != padded[1:, 1:-1])
    down = _runs((padded[1:-1, :-1] != padded[1:-1, 1:]).T)
    return (
        [int(k) for row, start, length in across for k in (start, row, length)],
        [int(k) for column, start, length in down for k in (column, start, length)],
    )


def _runs(edges: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return (line, start, length) of the runs of True in each line."""
    steps = np.diff(np.pad(edges.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    line, start = np.nonzero(steps == 1)
    _, end = np.nonzero(steps == -1)
    return np.column_stack([line, start, end - start])


def lattice(grid: Grid, crs: str) -> dict[str, Any]:
    """Return longitudes and latitudes (WGS 84) at evenly spaced points of a grid's extent, row by row from the north.

    Between them the page interpolates: over 33 points a side this is good to a few metres.
    """
    half = grid.cell / 2
    x = np.linspace(grid.x[0] - half, grid.x[-1] + half, LATTICE)
    y = np.linspace(grid.y[0] + half, grid.y[-1] - half, LATTICE)
    to_degrees = Transformer.from_crs(CRS.from_user_input(crs), "EPSG:4326", always_xy=True)
    longitude, latitude = to_degrees.transform(*np.meshgrid(x, y))
    if not (np.isfinite(longitude).all() and np.isfinite(latitude).all()):
        return {"size": 0, "longitude": [], "latitude": []}
    return {
        "size": LATTICE,
        "longitude": np.round(longitude, 6).ravel().tolist(),
        "latitude": np.round(latitude, 6).ravel().tolist(),
    }


def on_grid(grid: Grid, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return places (n, 2) in cells from the grid's north-western corner, to a tenth of a cell or better."""
    half = grid.cell / 2
    columns = (np.asarray(x, float) - (grid.x[0] - half)) / grid.cell
    rows = ((grid.y[0] + half) - np.asarray(y, float)) / grid.cell
    return np.round(np.column_stack([columns, rows]), 2)


def map_data(
    grid: Grid,
    crs: tuple[str, str],
    layers: Sequence[Layer],
    *,
    samples: pd.DataFrame | None = None,
    deposits: pd.DataFrame | None = None,
    superpixels: Mapping[str, NDArray[np.integer[Any]]] | None = None,
    targets: tuple[NDArray[np.integer[Any]], pd.DataFrame] | None = None,
    fingerprints: pd.DataFrame | None = None,
    attributions: pd.DataFrame | None = None,
    neighbours: pd.DataFrame | None = None,
    carrying: Sequence[str] = (),
) -> dict[str, Any]:
    """Gather what the page's map shows.

    Parameters
    ----------
    grid : Grid
    crs : (str, str)
        WKT, and the name that is shown.
    layers : sequence of Layer
        The first one is shown first.
    samples : DataFrame, optional
        Columns x, y.
    deposits : DataFrame, optional
        Columns x, y, name, inside.
    superpixels : mapping, optional
        Labels (rows, columns) by what they are called.
    targets : (ndarray, DataFrame), optional
        Rank of the target of each cell (rows, columns), 0 for none, and the targets with a column rank.
    fingerprints : DataFrame, optional
        Columns rank, element, contrast, z.
    attributions : DataFrame, optional
        Columns rank, branch, element, attribution.
    neighbours : DataFrame, optional
        Columns rank, n_segments, superpixel, weight, direction, distance_km; the first of each target are shown.
    carrying : sequence of str, optional
        Elements that the plot of a target shows, in this order; all without them.

    Returns
    -------
    dict
        Numbers, text and lists alone, so that it can be written as JSON.
    """
    return {
        **_place(grid, crs),
        "ramps": {name: ramp_colours(name) for name in sorted({layer.ramp for layer in layers} - {""})},
        "layers": [asdict(layer) for layer in layers],
        "outside": colour("outside"),
        "samples": _sample_places(grid, samples),
        "deposits": _deposit_places(grid, deposits),
        "superpixels": _superpixel_lines(superpixels or {}),
        "targets": [] if targets is None else target_shapes(*targets),
        "fingerprints": by_target(fingerprints, ["element", "contrast", "z"]),
        "attributions": by_target(attributions, ["branch", "element", "attribution"]),
        "neighbours": by_target(neighbours, NEIGHBOURS, MOST_NEIGHBOURS),
        "carrying": list(carrying),
    }


def _place(grid: Grid, crs: tuple[str, str]) -> dict[str, Any]:
    """Return where the map lies: its CRS, its size and corner, and its longitudes and latitudes."""
    wkt, name = crs
    return {
        "crs": name,
        "rows": grid.shape[0],
        "columns": grid.shape[1],
        "cell": grid.cell,
        "west": float(grid.x[0] - grid.cell / 2),
        "north": float(grid.y[0] + grid.cell / 2),
        "degrees": lattice(grid, wkt),
    }


def _sample_places(grid: Grid, samples: pd.DataFrame | None) -> list[float]:
    if samples is None or len(samples) > MOST_SAMPLES:
        return []
    return on_grid(grid, samples["x"].to_numpy(), samples["y"].to_numpy()).ravel().tolist()


def _deposit_places(grid: Grid, deposits: pd.DataFrame | None) -> list[dict[str, Any]]:
    if deposits is None:
        return []
    places = on_grid(grid, deposits["x"].to_numpy(), deposits["y"].to_numpy())
    inside = deposits["inside"] if "inside" in deposits else [True] * len(deposits)
    names = deposits["name"] if "name" in deposits else [""] * len(deposits)
    return [
        {"name": "" if name is None or name != name else str(name), "at": at, "inside": bool(known)}
        for name, at, known in zip(names, places.tolist(), inside, strict=True)
    ]


def _superpixel_lines(superpixels: Mapping[str, NDArray[np.integer[Any]]]) -> list[dict[str, Any]]:
    found = []
    for label, labels in superpixels.items():
        across, down = borders(labels)
        if len(across) + len(down) <= 3 * MOST_LINES:
            found.append({"label": label, "across": across, "down": down})
    return found


def target_shapes(ranks: NDArray[np.integer[Any]], targets: pd.DataFrame) -> list[dict[str, Any]]:
    """Return each target's rank, the corner and runs of its cells, its outline and what the table says of it.

    ``cells`` are row, first column and number of columns of its runs, one after the other, for finding the target
    under the pointer; ``across`` and ``down`` as in `borders`; ``box`` is west, north, east, south in cells.
    """
    shapes = []
    for row in targets.to_dict("records"):
        rank = int(row["rank"])
        rows, columns = np.nonzero(ranks == rank)
        if not rows.size:
            continue
        top, left = int(rows.min()), int(columns.min())
        part = ranks[top : rows.max() + 1, left : columns.max() + 1] == rank
        across, down = borders(part.astype(np.int8))
        runs = _runs(part)
        shapes.append(
            {
                "rank": rank,
                "box": [left, top, int(columns.max()) + 1, int(rows.max()) + 1],
                "cells": [int(k) for line, start, length in runs for k in (line + top, start + left, length)],
                "across": _moved(across, left, top),
                "down": _moved(down, left, top),
                "about": {str(key): _plain(value) for key, value in row.items() if _plain(value) is not None},
            }
        )
    return shapes


def _moved(pieces: list[int], columns: int, rows: int) -> list[int]:
    return [value + (columns, rows, 0)[k % 3] for k, value in enumerate(pieces)]


def _plain(value: Any) -> float | str | None:
    """Return a value as JSON has it; None where it is missing."""
    if value is None or value != value:
        return None
    if isinstance(value, (int, float, np.number)) and not isinstance(value, bool):
        return float(value) if np.isfinite(value) else None
    return str(value)


def by_target(
    frame: pd.DataFrame | None, columns: Sequence[str], most: int | None = None
) -> dict[str, list[list[Any]]]:
    """Return the rows of a table with a column rank by their target, each a list of some columns' values.

    Numbers are given to four significant digits; of each target at most so many rows, those that come first. A column
    that the table lacks is empty.
    """
    if frame is None:
        return {}
    found: dict[str, list[list[Any]]] = {}
    for row in frame.reindex(columns=["rank", *columns]).itertuples(index=False):
        rank, *values = map(_plain, row)
        rows = found.setdefault(f"{rank:.0f}", [])
        if most is None or len(rows) < most:
            rows.append([float(f"{value:.4g}") if isinstance(value, float) else value for value in values])
    return found
