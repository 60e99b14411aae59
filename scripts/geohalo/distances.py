"""The distances of the config section `labels` must not contradict each other."""

from collections.abc import Mapping
from typing import Any

from geohalo.errors import InputError


def check_distances(labels: Mapping[str, Any], held_out: bool) -> None:
    """Raise InputError where one distance of the section `labels` makes another meaningless."""
    radius, beyond, buffer = labels["radius"], labels["background_distance"], labels["buffer"]
    if beyond < radius:
        raise InputError(
            f"labels.background_distance ({beyond:g} m) is below labels.radius ({radius:g} m), so "
            "a cell could be halo and background at once: set background_distance to radius or "
            "more."
        )
    if held_out and buffer <= beyond:
        raise InputError(
            f"labels.buffer ({buffer:g} m) must exceed labels.background_distance ({beyond:g} m): "
            "the test background is the ground between the two distances around a held-out "
            "deposit. Set a larger buffer."
        )
