"""What is doubtful in the distances of the config section `labels` and does not stop a run.

The rule is that of config/README.md: the radius is the sample spacing, at least 3 km, and the other distances are
multiples of it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from geohalo.input_warnings import InputWarning

# A halo narrower than this share of the spacing holds, as a rule, no sample of its own.
_NARROW = 0.5
_LEAST_RADIUS = 3000.0
_TIMES_RADIUS = {"radius": 1, "background_distance": 1.6, "group_distance": 2, "buffer": 5}
# Of the spacing: half a cell of it resolves what the samples hold, and beyond twice of it nothing is known.
_CELL, _REACH = 0.5, 2
_MOST_NAMED = 5


def ruled_radius(spacing: float) -> float:
    """Return the radius in metres that the rule gives for a spacing of samples in metres, to one digit."""
    return max(_LEAST_RADIUS, float(f"{spacing:.1g}"))


def ruled_distances(radius: float) -> dict[str, float]:
    """Return the distances in metres that the rule gives for a radius, by their keys in the section `labels`."""
    return {key: times * radius for key, times in _TIMES_RADIUS.items()}


def ruled_grid(spacing: float) -> dict[str, float]:
    """Return cell and reach in metres for a spacing of samples, to one digit, by their keys in the section `grid`."""
    return {"cell": float(f"{_CELL * spacing:.1g}"), "max_distance": float(f"{_REACH * spacing:.1g}")}


def narrow_radius(spacing: float, labels: Mapping[str, Any]) -> InputWarning | None:
    """Return the warning that halos are too small for the samples, with distances that fit them.

    Parameters
    ----------
    spacing : float
        Median distance in metres from a sample to the next one.
    labels : mapping
        The section ``labels`` of the config.
    """
    if labels["radius"] >= _NARROW * spacing:
        return None
    distances = ruled_distances(ruled_radius(spacing))
    advice = ", ".join(f"labels.{key}: {metres:g}" for key, metres in distances.items())
    return InputWarning(
        f"labels.radius is {labels['radius']:g} m and the samples are {spacing:.0f} m apart (median), so most halos "
        "hold no sample of their own and are learned from interpolated values alone",
        f"where geology says nothing, take {advice} (config/README.md, Labels and folds)",
        "config",
    )


def lost_labels(
    cell: float, names: Sequence[str], n_inside: int, labels: Mapping[str, Any]
) -> list[InputWarning]:
    """Return warnings of halos smaller than a cell, and of deposits that give no label.

    Parameters
    ----------
    cell : float
        Cell size in metres.
    names : sequence of str
        Deposits on surveyed ground that have no cell within `labels.radius`, by name or row.
    n_inside : int
        Deposits on surveyed ground.
    labels : mapping
        The section ``labels`` of the config.
    """
    warnings = []
    if labels["radius"] < cell:
        warnings.append(
            InputWarning(
                f"labels.radius ({labels['radius']:g} m) is less than a cell ({cell:g} m): a deposit has one cell or "
                "none",
                "raise labels.radius to the sample spacing, or take smaller cells (grid.cell; rasters: finer ones)",
                "config",
            )
        )
    if names:
        message = ", ".join(names[:_MOST_NAMED])
        more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
        warnings.append(
            InputWarning(
                f"{len(names)} of {n_inside} deposits on surveyed ground have no cell within labels.radius "
                f"({labels['radius']:g} m) and are neither learned from nor judged by: {message}{more}",
                "raise labels.radius or grid.max_distance, or take smaller cells (grid.cell; rasters: finer ones)",
                "config",
            )
        )
    return warnings
