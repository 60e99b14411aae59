"""Pages: figures whose parts are placed in inches, so that text keeps its size whatever the shape."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend

from geohalo.products.styles import DPI, SMALL_SIZE, TEXT_SIZE, TITLE_SIZE, colour, renderer_of, wrap

WIDTH = 8.0
MARGIN = 0.15
LINE_SPACING = 1.2
#: Sides in inches of what a printer fills of an A4 sheet, margins of a centimetre left free, and the size in points
#: that the smallest text must keep on it.
SHEET = (7.48, 10.9)
LEAST_PRINTED = 7.0


def printed_scale(width: float, height: float) -> float:
    """Return by how much a page (inches) shrinks on an A4 sheet, whichever way it is turned; 1 where it need not."""
    sides = zip(SHEET, sorted([width, height]), strict=True)
    return min(1.0, *(sheet / side for sheet, side in sides))


def largest_page() -> tuple[float, float]:
    """Return the sides in inches, the shorter one first, of the largest page whose text is readable in print."""
    return SHEET[0] * SMALL_SIZE / LEAST_PRINTED, SHEET[1] * SMALL_SIZE / LEAST_PRINTED


@dataclass
class _Placed:
    """An axes or a text with its place in inches from the top left corner of the page."""

    artist: Artist
    left: float
    top: float
    width: float = 0.0
    height: float = 0.0


class Page:
    """A figure whose parts are placed in inches from the top left; its height follows from its parts.

    Parameters
    ----------
    width : float
        In inches.
    title, subtitle : str
        Wrapped to the width; `plain` already where they hold user text.
    warning : str
        What must be known first: bold, between them.

    Attributes
    ----------
    figure : Figure
    bottom : float
        Where the lowest part so far ends, in inches from the top.
    """

    def __init__(self, width: float, title: str, subtitle: str = "", warning: str = "") -> None:
        self.figure = Figure(figsize=(width, width), dpi=DPI, facecolor="white")
        self.width = width
        self.bottom = MARGIN
        self._placed: list[_Placed] = []
        self._write(title, TITLE_SIZE, title=True)
        if warning:
            self._write(warning, TEXT_SIZE, strong=True)
        if subtitle:
            self._write(subtitle, TEXT_SIZE)
        self.bottom += 0.08

    def _write(self, text: str, size: float, title: bool = False, strong: bool = False) -> None:
        """Put a paragraph across the page."""
        weight, hue = ("bold", colour("text")) if title or strong else ("normal", colour("note"))
        lines = wrap(self.figure, text, size, self.width - 2 * MARGIN, weight)
        look: dict[str, Any] = {
            "fontsize": size,
            "fontweight": weight,
            "color": hue,
            "ha": "left",
            "va": "top",
            "linespacing": LINE_SPACING,
        }
        artist = (
            self.figure.suptitle(lines, x=0, y=0, **look) if title else self.figure.text(0, 0, lines, **look)
        )
        height = (lines.count("\n") + 1) * size * LINE_SPACING / 72
        self._placed.append(_Placed(artist, MARGIN, self.bottom))
        self.bottom += height + 0.05

    def add_axes(
        self, left: float, top: float, width: float, height: float, projection: str | None = None
    ) -> Axes:
        """Add axes at a place in inches from the top left corner; ``projection`` as matplotlib names it."""
        axes = self.figure.add_axes(
            (0, 0, 0.1, 0.1), label=f"axes {len(self._placed)}", projection=projection
        )
        self._placed.append(_Placed(axes, left, top, width, height))
        self.bottom = max(self.bottom, top + height)
        return axes

    def place(self, axes: Axes) -> tuple[float, float, float, float]:
        """Return left, top, width and height of axes in inches."""
        placed = next(one for one in self._placed if one.artist is axes)
        return placed.left, placed.top, placed.width, placed.height

    def add_legend(self, handles: Sequence[Artist], left: float, width: float) -> float:
        """Put a legend below everything, in as many columns as fit; return its height in inches."""
        legend, _, height = self.fitted_legend(handles, width)
        self.place_legend(legend, left, self.bottom)
        return height

    def fitted_legend(self, handles: Sequence[Artist], width: float) -> tuple[Legend, float, float]:
        """Return a legend that has no place yet, of as many columns as fit, with its width and height in inches."""
        renderer = renderer_of(self.figure)
        for columns in range(min(len(handles), 6), 0, -1):
            legend = self.figure.legend(
                handles=list(handles), loc="upper left", ncols=columns, frameon=False, borderpad=0,
                borderaxespad=0, handlelength=1.6, columnspacing=1.4, labelspacing=0.45,
            )  # fmt: skip
            extent = legend.get_window_extent(renderer)
            if extent.width / self.figure.dpi <= width or columns == 1:
                break
            legend.remove()
        return legend, extent.width / self.figure.dpi, extent.height / self.figure.dpi

    def place_legend(self, legend: Legend, left: float, top: float) -> None:
        """Give a legend its place in inches from the top left corner."""
        self._placed.append(_Placed(legend, left, top))

    def finish(self, caption: str = "") -> Figure:
        """Add the caption, give the page its height and put every part in its place."""
        if caption:
            self.bottom += 0.06
            self._write(caption, SMALL_SIZE)
        height = self.bottom + MARGIN
        self.figure.set_size_inches(self.width, height)
        for part in self._placed:
            x, y = part.left / self.width, 1 - part.top / height
            if isinstance(part.artist, Axes):
                share = part.height / height
                part.artist.set_position((x, y - share, part.width / self.width, share))
            elif isinstance(part.artist, Legend):
                part.artist.set_bbox_to_anchor((x, y), transform=self.figure.transFigure)
            else:
                part.artist.set_position((x, y))  # type: ignore[attr-defined]
        return self.figure
