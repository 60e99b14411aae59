"""Rows of the figures that compare methods: gathered under headings, in one order everywhere.

The order and the headings are the table ``groups`` of ``colour_maps.yaml``.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from matplotlib.axes import Axes

from geohalo.products.styles import SMALL_SIZE, colour, plain, style

K = TypeVar("K", bound=Hashable)

#: Inches that a heading takes.
HEADING = 0.25
OTHERS = "other methods"


def group_of(method: str) -> int:
    """Return the number of a method's group in the table of colours; of one in none, the number of groups."""
    groups = style()["groups"]
    return next((number for number, (_, methods) in enumerate(groups) if method in methods), len(groups))


def heading_of(method: str) -> str:
    """Return what the group of a method is called."""
    return dict(enumerate(heading for heading, _ in style()["groups"])).get(group_of(method), OTHERS)


def ordered(methods: Mapping[K, str], values: Mapping[K, float]) -> list[K]:
    """Order rows by the group of their method, then by descending value, those without one last.

    Parameters
    ----------
    methods : mapping
        Method of each row, by its key.
    values : mapping
        What rows of one group are ordered by; NaN or missing where there is none.

    Returns
    -------
    list
        The keys; those with equal values in the order of their text.
    """

    def place(key: K) -> tuple[int, bool, float, str]:
        value = values.get(key, float("nan"))
        return group_of(methods[key]), value != value, -value if value == value else 0.0, str(key)

    return sorted(methods, key=place)


@dataclass(frozen=True)
class Rows(Generic[K]):
    """Where rows and headings stand, in rows from the top.

    Attributes
    ----------
    at : dict
        Height of the middle of each row, by its key.
    headings : list of (float, str)
        Height of the middle of each heading, and its text.
    borders : list of float
        Where a heading starts below other rows.
    end : float
        Number of rows that all of it takes; the first starts at -0.5.
    """

    at: dict[K, float]
    headings: list[tuple[float, str]]
    borders: list[float]
    end: float

    @classmethod
    def of(cls, keys: Sequence[K], headings: Sequence[str] = (), row_height: float = HEADING) -> "Rows[K]":
        """Lay out rows in their order, with a heading above the first row of each run of equal ones.

        Parameters
        ----------
        keys : sequence
            One for each row, from the top.
        headings : sequence of str
            Heading of each row; empty for none. There are none, either, if all rows have the same.
        row_height : float
            Inches of a row, of which a heading takes `HEADING`.
        """
        step = HEADING / row_height
        at: dict[K, float] = {}
        written: list[tuple[float, str]] = []
        borders: list[float] = []
        height, last = 0.0, None
        for key, heading in zip(keys, headings or [""] * len(keys), strict=True):
            if len(set(headings)) > 1 and heading != last:
                borders += [height - 0.5] if written else []
                written.append((height - 0.5 + step / 2, heading))
                height += step
            at[key], last = height, heading
            height += 1
        return cls(at, written, borders, height)

    def draw(self, axes: Axes, labels: Mapping[K, str] | None) -> None:
        """Give axes the rows as their y axis: labels and headings, or without labels the lines alone.

        Parameters
        ----------
        axes : Axes
            Its y axis is set to run down.
        labels : mapping or None
            Text of each row, by its key.
        """
        axes.set_ylim(max(self.end, 1.0) - 0.4, -0.6)
        axes.set_yticks(
            list(self.at.values()), [labels[key] if labels else "" for key in self.at], fontsize=SMALL_SIZE
        )
        axes.tick_params(axis="y", length=0)
        for height in self.borders:
            axes.axhline(height, color=colour("grid"), linewidth=0.8, label="border")
        for height, heading in self.headings if labels else []:
            text = axes.annotate(
                plain(heading[:1].upper() + heading[1:]), (0, height), xycoords=("axes fraction", "data"),
                xytext=(-5, 0), textcoords="offset points", ha="right", va="center",
            )  # fmt: skip
            text.set(fontsize=SMALL_SIZE, fontweight="bold", color=colour("note"))
