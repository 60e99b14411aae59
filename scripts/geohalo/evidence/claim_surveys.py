"""The simulated surveys of the target `claims`, apart from what measures them: every start reads them."""

from collections.abc import Mapping, Sequence
from typing import Any

FAULTS = ("anthropogenic", "overburden", "laboratory")
#: Name of the condition in which all faults are off.
NO_FAULT = "none"


def conditions(strengths: Sequence[float]) -> list[tuple[str, float]]:
    """Return (fault, strength) of every condition: all faults off, then each alone at each strength."""
    return [(NO_FAULT, 0.0), *((fault, float(strength)) for fault in FAULTS for strength in strengths)]


def seeds(section: Mapping[str, Any]) -> list[int]:
    """Return the seeds of the simulated surveys of the config's section ``claims``."""
    return [section["first_seed"] + number for number in range(section["seeds"])]


def changes(section: Mapping[str, Any], fault: str, strength: float, seed: int) -> dict[str, Any]:
    """Return what one simulated survey changes in a config, by dotted key.

    Parameters
    ----------
    section : mapping
        The section ``claims`` of the config.
    fault : str
        The fault that is on, alone; `NO_FAULT` for none.
    strength : float
        Its strength.
    seed : int
        Seed of the simulation.

    Returns
    -------
    dict
    """
    faults = {f"simulate.faults.{one}": float(strength) if one == fault else 0.0 for one in FAULTS}
    return {
        "simulate.seed": seed,
        "simulate.samples": section["samples"],
        "simulate.deposits": section["deposits"],
        **faults,
    }
