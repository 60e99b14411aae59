"""What figures of estimates in rows share: panels side by side, chance, and marks with their intervals."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

from geohalo.products.method_rows import K, Rows
from geohalo.products.pages import MARGIN, Page
from geohalo.products.styles import colour

P = TypeVar("P")

CHANCE = 0.5
#: Inches between panels with the same rows.
GAP = 0.3
#: The axis of a share starts here, or where something lies below it.
LOWEST = 0.4


@dataclass(frozen=True)
class Mark:
    """How an estimate is drawn in its row, and shown in the legend.

    Attributes
    ----------
    marker : str
        As matplotlib names it.
    size : float
        Of the marker in points.
    hue : str
        Of marker and interval.
    filled : bool
        If not, the marker is white.
    width : float
        Of the line of the interval in points; 0 to leave intervals out.
    cap : {"butt", "projecting"}
        How the interval ends.
    """

    marker: str
    size: float
    hue: str
    filled: bool = True
    width: float = 0.0
    cap: Literal["butt", "projecting"] = "butt"

    def draw(
        self,
        axes: Axes,
        y: float,
        values: tuple[float, float, float],
        label: str,
        interval: str = "interval",
        zorder: tuple[float, float] = (2, 4),
    ) -> None:
        """Draw an estimate and, where both ends are finite, its interval.

        Parameters
        ----------
        axes : Axes
        y : float
            Height of the row.
        values : (estimate, low, high)
        label, interval : str
            Names of the two as parts of the axes.
        zorder : (float, float)
            Of interval and marker.
        """
        estimate, low, high = values
        if self.width and np.isfinite(low) and np.isfinite(high):
            (line,) = axes.plot([low, high], [y, y], color=self.hue, linewidth=self.width, label=interval)
            line.set(solid_capstyle=self.cap, zorder=zorder[0])
        (mark,) = axes.plot(estimate, y, self.marker, markersize=self.size, color=self.hue, label=label)
        mark.set(markerfacecolor=self._face, zorder=zorder[1])

    def symbol(self, label: str) -> Line2D:
        """Return the symbol for the legend."""
        look: dict[str, Any] = {"marker": self.marker, "markersize": self.size, "color": self.hue}
        look |= {"linewidth": self.width, "linestyle": "solid" if self.width else "none"}
        return Line2D([], [], markerfacecolor=self._face, label=label, **look)

    @property
    def _face(self) -> str:
        return self.hue if self.filled else "white"


def estimates(row: Any) -> tuple[float, float, float]:
    """Return estimate, low and high of a row of ``itertuples``."""
    return float(row.estimate), float(row.low), float(row.high)


def prepare(axes: Axes, rows: bool = False) -> None:
    """Give axes of a diagram the house's frame and grid; with rows, without lines along them."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_axisbelow(True)
    axes.grid(color=colour("grid"), linewidth=0.5)
    if rows:
        axes.grid(visible=False, axis="y")


def draw_chance(axes: Axes, chance: float) -> None:
    """Draw the line of what guessing gives."""
    axes.axvline(chance, color=colour("chance"), linewidth=0.9, linestyle="dashed", zorder=1, label="chance")


def chance_symbol() -> Line2D:
    """Return the symbol of chance for the legend."""
    return Line2D([], [], color=colour("chance"), linewidth=0.9, linestyle="dashed", label="chance")


def side_by_side(
    page: Page, number: int, left: float, top: float, height: float, gap: float, right_margin: float = 0.0
) -> list[Axes]:
    """Add panels of one width between ``left`` and the right margin.

    Parameters
    ----------
    page : Page
    number : int
        Of panels.
    left, top, height : float
        In inches; ``left`` is where the first one starts.
    gap : float
        Inches between panels.
    right_margin : float
        Inches that stay free at the right of each panel.

    Returns
    -------
    list of Axes
    """
    width = (page.width - MARGIN - left + gap) / max(number, 1) - gap - right_margin
    return [page.add_axes(left + k * (width + right_margin + gap), top, width, height) for k in range(number)]


def row_panels(
    page: Page,
    panels: Sequence[P],
    rows: Rows[K],
    labels: Mapping[K, str],
    limits: tuple[float, float],
    place: tuple[float, float, float],
) -> Iterator[tuple[Axes, P]]:
    """Add panels side by side with the same rows and the same axis; the first has the labels of the rows.

    Parameters
    ----------
    page : Page
    panels : sequence
        What tells the caller which panel to draw.
    rows : Rows
    labels : mapping
        Text of each row, by its key.
    limits : (float, float)
        Ends of the axis.
    place : (float, float, float)
        Left, top and height in inches.

    Yields
    ------
    axes, panel
        Empty axes to draw in, and one of ``panels``. Rows and ends of the axis follow what the caller draws.
    """
    left, top, height = place
    drawn = side_by_side(page, len(panels), left, top, height, GAP)
    for number, (axes, panel) in enumerate(zip(drawn, panels, strict=True)):
        prepare(axes, rows=True)
        yield axes, panel
        axes.set_xlim(*limits)
        rows.draw(axes, labels if number == 0 else None)


def share_limits(values: ArrayLike) -> tuple[float, float]:
    """Return the ends of the axis of a share, up to 1: room for the lowest of the values, NaN left aside."""
    lowest = min(LOWEST, float(np.nanmin(np.asarray(values, dtype=float), initial=LOWEST)))
    return max(0.0, lowest - 0.03), 1.02
