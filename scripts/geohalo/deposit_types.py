"""Which elements are known to move with which type of deposit.

`deposit_types.csv` holds types of deposits by the number of their model in US Geological Survey Bulletin 1693
(D. P. Cox and D. A. Singer, editors, 1986, Mineral deposit models; public domain). Each row says in ``source`` which
text its elements were checked against, and in ``basis`` what that text states: a geochemical ``signature``, the
``metals`` that are mined and go along, or the ``minerals`` that hold the elements. A row that is ``unchecked`` was
written from memory and stands in no text that was read. `docs/deposit-types.md` has the sources in full.

They speak of ore, altered rock and halos in rock and soil alike, so a survey of another medium sees part of it; and
metals or minerals are less than a signature, so an element that a row lacks may still belong to the type.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import pandas as pd

from geohalo.package_files import RESOURCES

TABLE_PATH = RESOURCES / "deposit_types.csv"
#: What the table rests on, as figures and the report name it.
SOURCE = "docs/deposit-types.md, by the models of US Geological Survey Bulletin 1693"
#: Basis of a row that was written from memory and found in no source.
UNCHECKED = "unchecked"


@dataclass(frozen=True)
class DepositType:
    """A type of deposits and the elements that are known of it.

    Attributes
    ----------
    name : str
    model : str
        Number of its model in Bulletin 1693.
    commodities : tuple of str
        Elements that it is mined for, the first one first.
    enriched, depleted : tuple of str
        Elements that are known of it, commodities first where the source has no order.
    basis : str
        What the source states: ``signature``, ``metals``, ``minerals``; or `UNCHECKED`.
    source : str
        What the elements were checked against; empty where unchecked.
    """

    name: str
    model: str
    commodities: tuple[str, ...]
    enriched: tuple[str, ...]
    depleted: tuple[str, ...]
    basis: str
    source: str

    @property
    def elements(self) -> tuple[str, ...]:
        """Return all elements that are known of it, enriched ones first."""
        return self.enriched + self.depleted

    @property
    def label(self) -> str:
        """Return its name, with a mark where its elements were not checked."""
        return f"{self.name} ({UNCHECKED})" if self.basis == UNCHECKED else self.name


@cache
def deposit_types() -> tuple[DepositType, ...]:
    """Return all types of the table."""
    table = pd.read_csv(TABLE_PATH, dtype=str, keep_default_na=False)
    return tuple(
        DepositType(
            name=row["deposit_type"],
            model=row["model"],
            commodities=tuple(row["commodities"].split()),
            enriched=tuple(row["enriched"].split()),
            depleted=tuple(row["depleted"].split()),
            basis=row["basis"],
            source=row["source"],
        )
        for row in table.to_dict("records")
    )


def types_of(commodities: Sequence[str]) -> tuple[DepositType, ...]:
    """Return the types that share most commodities with those given; none where no commodity is shared."""
    shared = {one: len(set(one.commodities) & set(commodities)) for one in deposit_types()}
    most = max(shared.values())
    return tuple(one for one, count in shared.items() if count == most) if most else ()
