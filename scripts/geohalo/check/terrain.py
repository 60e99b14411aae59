"""What a check finds wrong with the terrain of a survey: all that would stop a run before its catchments."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from geohalo.check.findings import Findings
from geohalo.check.ground import Ground

STAGE = "delineate_catchments"


def check_terrain(
    findings: Findings, section: Mapping[str, Any] | None, file: str | None, ground: Ground, cell: float
) -> None:
    """Read the terrain as a run does, without looking for catchments.

    Parameters
    ----------
    findings : Findings
        Gets all errors.
    section : mapping, optional
        Config section ``terrain`` with its defaults.
    file : str, optional
        Of the terrain.
    ground : Ground
        The survey; where its places are not known, only what the config says is looked at.
    cell : float
        Of the grid in metres.
    """
    if section is None or file is None:
        return
    from geohalo.catchments.quality import limits  # slow to import
    from geohalo.catchments.terrain import check_file
    from geohalo.catchments.terrain_file import Wanted

    findings.attempt(STAGE, limits, section)
    if ground.places is not None and ground.crs is not None:
        path = Path(file)
        wanted = Wanted(ground.crs, cell, ground.places)
        findings.attempt(STAGE, check_file, {**section, "file": path.name}, path.parent, wanted)
