"""What a simulated survey's deposits are, told by its config alone: their type, and what that type is known for."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

#: Types of deposits and the elements that a geologist would look for them by: those of the real surveys that come with
#: a config (kola-c, ireland-midlands, trondelag-c, gswa-sed1). Seeds take them in turn.
COMMODITIES = MappingProxyType(
    {
        "nickel": ("Ni", "Cu"),
        "zinc-lead": ("Zn", "Pb"),
        "massive sulphide": ("Cu", "Zn"),
        "gold": ("Au",),
    }
)
#: In place of a type: the one whose turn it is.
ANY = "any"


def deposit_type(simulate: Mapping[str, Any]) -> str:
    """Return the type of the deposits of a simulated survey, which has one only.

    Parameters
    ----------
    simulate : mapping
        Config section `simulate`: ``seed``, and ``deposit_type``, which is `ANY` where left out.

    Returns
    -------
    str
        A key of `COMMODITIES`.
    """
    given = simulate.get("deposit_type", ANY)
    return list(COMMODITIES)[simulate["seed"] % len(COMMODITIES)] if given == ANY else given


def simulated_commodities(simulate: Mapping[str, Any]) -> list[str]:
    """Return what the network is told that the deposits are known for: ``commodities``, or else those of their type."""
    given = simulate.get("commodities")
    return list(COMMODITIES[deposit_type(simulate)] if given is None else given)
