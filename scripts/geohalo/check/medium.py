"""What a check says of what samples stand for, of their number, and what is wrong with the flow of ice."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from geohalo.check.findings import Findings
from geohalo.check.ground import Ground
from geohalo.medium import medium_of
from geohalo.sources.amount import check_law

STAGE = "unmix_elements"


def medium_words(settings: Mapping[str, Any]) -> str:
    """Return what the samples of a survey stand for, in words.

    Parameters
    ----------
    settings : mapping
        The config with its defaults.
    """
    medium = medium_of(settings)
    if medium == "stream":
        return f"stream: each stands for its catchment on {settings['terrain']['file']}"
    if medium == "till":
        ice = settings["ice"]
        bearing = ice["bearing"] if isinstance(ice["bearing"], str) else f"{ice['bearing']:g} degrees"
        return f"till: each stands for the ground up-ice (bearing {bearing}, length {ice['length']:g} m)"
    return f"{medium}: each stands for its place"


def check_ice(findings: Findings, file: str | None, ground: Ground) -> None:
    """Read the bearings of the ice as a run does.

    Parameters
    ----------
    findings : Findings
        Gets all errors.
    file : str, optional
        Raster of bearings, where the config names one.
    ground : Ground
        The survey; where its places are not known, nothing is read.
    """
    if file is None or ground.places is None or ground.crs is None:
        return
    from geohalo.sources.ice_flow import read_flow  # slow to import

    findings.attempt(STAGE, read_flow, Path(file), ground.crs)


def check_amount(findings: Findings, law: str, samples: int) -> None:
    """Say what a survey has too many samples for.

    Parameters
    ----------
    findings : Findings
        Gets an error.
    law : {'logs', 'mass'}
        Config key ``sources.law``.
    samples : int
        Number of samples that came from different ground.
    """
    findings.attempt(STAGE, check_law, law, samples)
