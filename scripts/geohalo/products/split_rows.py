"""How ways of holding out are drawn: a marker for each, one below the other in a row of a figure."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from geohalo.products.estimate_rows import Mark, estimates
from geohalo.products.method_rows import Rows
from geohalo.products.styles import colour, style

#: How each split holds out, in the order of the rows, and its marker.
SPLITS = {
    "held_out": ("groups of deposits in folds", "o"),
    "leave_one_group_out": ("one group at a time", "^"),
    "checkerboard": ("squares of a checkerboard", "s"),
    "time": ("deposits found later", "D"),
    "status": ("occurrences, learned from mines", "v"),
    "type": ("other types of deposit", "p"),
    "random": ("random cells (optimistic)", "o"),
}


def split_mark(split: str) -> Mark:
    """Return how a split is drawn."""
    marker = SPLITS[split][1]
    if split == "random":
        return Mark(marker, 4.5, colour("note"), filled=False)
    return Mark(marker, 4.5, style()["schemes"][split][1], width=1.3, cap="projecting")


def split_symbols(splits: Sequence[str]) -> list[Line2D]:
    """Return the symbols of splits for the legend."""
    return [split_mark(split).symbol(SPLITS[split][0]) for split in splits]


def below_middle(splits: Sequence[str], spread: float) -> dict[str, float]:
    """Return how far below the middle of its row each split stands.

    Parameters
    ----------
    splits : sequence of str
        From the top.
    spread : float
        Share of a row that all of them take.
    """
    step = spread / max(len(splits), 2)
    return {split: (number - (len(splits) - 1) / 2) * step for number, split in enumerate(splits)}


def draw_splits(
    axes: Axes, table: pd.DataFrame, column: str, rows: Rows[str], below: dict[str, float]
) -> None:
    """Draw the estimates of every split, each in its row.

    Parameters
    ----------
    axes : Axes
    table : pandas.DataFrame
        ``split``, ``estimate``, ``low``, ``high``, and a column that names the row. What has no row is left out.
    column : str
        The column.
    rows : Rows
    below : dict
        Of `below_middle`.
    """
    for split, down in below.items():
        own = table[table["split"] == split]
        for name, row in zip(own[column].astype(str), own.itertuples(), strict=True):
            if name in rows.at:
                y = rows.at[name] + down
                split_mark(split).draw(axes, y, estimates(row), split, f"{split} interval", zorder=(2, 3))
