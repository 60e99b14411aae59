"""What the samples of a survey are, and what a config has to say of the ground that they stand for.

Soil stands for the place where it was taken: its elements are interpolated. Sediment of a stream is a mixture of its
catchment, and till comes from the ground up-ice: the ground that they came from is mapped (`geohalo.sources`).
"""

from collections.abc import Mapping
from typing import Any

from geohalo.errors import InputError

Config = dict[str, Any]

#: What a sample can be; the first is the default.
MEDIA = ("soil", "stream", "till")
#: What the way of mapping is called in tables, beside the names of `geohalo.method_table`.
MAPPED_AS = {"stream": "catchment", "till": "ice"}
#: What it is called where each sample tells of its own cell, with the penalty of these ways.
PLACE = "place"
#: Config section that each medium needs, and what it says.
NEEDED = {
    "stream": (
        "terrain",
        "which says where the water flows. Name an elevation model in terrain.file",
    ),
    "till": (
        "ice",
        "which says where the ice came from. Give ice.bearing and ice.length",
    ),
}
#: Cells of the simulated relief that a sample may lie off its stream, and squares of a sample that make a channel.
SNAP, CHANNEL = 2.0, 0.05


def medium_of(settings: Mapping[str, Any]) -> str:
    """Return what the samples of a survey are mapped as, one of `MEDIA`.

    Parameters
    ----------
    settings : mapping
        A config with its defaults. Samples that are simulated follow ``simulate``, and are soil with
        ``simulate.discs``.
    """
    if "simulate" in settings:
        simulate = settings["simulate"]
        return MEDIA[0] if simulate["discs"] else str(simulate["medium"])
    return str(settings.get("samples", {}).get("medium", MEDIA[0]))


def with_ground(settings: Config, source: str) -> Config:
    """Return settings with the sections that the medium needs, as far as they follow from others.

    A simulated survey of streams has its relief as terrain, and samples that are mixtures have the section ``sources``.

    Parameters
    ----------
    settings : dict
        A config with its defaults.
    source : str
        Name of the config, for messages.

    Raises
    ------
    InputError
        A section is missing that the medium needs, there is one that the survey does not use, or realisations are asked
        for where masses mix.
    """
    medium = medium_of(settings)
    if "grids" in settings and "terrain" in settings:
        raise InputError(
            f"{source}: section 'terrain' is of samples, which have catchments, and this survey comes as 'grids'; "
            "remove it."
        )
    if "simulate" in settings and medium == "stream" and "terrain" not in settings:
        settings = {**settings, "terrain": simulated_terrain(settings["simulate"])}
    if medium in NEEDED and NEEDED[medium][0] not in settings:
        section, what = NEEDED[medium]
        raise InputError(
            f"{source}: key 'samples.medium' is {medium}, which needs the section '{section}', {what}, or set "
            "samples.medium: soil, which maps samples as discs."
        )
    for section, media in (("ice", ("till",)), ("sources", ("stream", "till"))):
        if section in settings and medium not in media:
            raise InputError(
                f"{source}: section '{section}' is of samples.medium: {' or '.join(media)}, and the samples of this "
                f"survey are mapped as {medium}; remove it, or set samples.medium."
            )
    if medium == MEDIA[0]:
        return settings
    if settings["interpolation"]["realisations"] and settings.get("sources", {}).get("law") == "mass":
        raise InputError(
            f"{source}: key 'interpolation.realisations' draws maps of {medium} whose logs mix, and sources.law is "
            "mass, whose variance is only that of logs. Set sources.law: logs, or interpolation.realisations: 0."
        )
    return {"sources": {}, **settings}


def simulated_terrain(simulate: Mapping[str, Any]) -> Config:
    """Return the section ``terrain`` of a simulated survey of streams, whose relief stands in its results."""
    square = float(simulate["spacing"]) / 1000
    return {
        "file": "simulated/relief.tif",
        # The relief has 8 x 8 cells in the square that a sample stands for.
        "snap": SNAP * float(simulate["spacing"]) / 8,
        "channel": CHANNEL * square**2,
        "least_area": CHANNEL * square**2,
    }


def check_disc(settings: Mapping[str, Any], source: str, what: str) -> None:
    """Stop where samples are no discs.

    Parameters
    ----------
    settings, source
        As in `with_ground`.
    what : str
        What is made of discs alone.

    Raises
    ------
    InputError
        Samples are of another medium.
    """
    if (medium := medium_of(settings)) != MEDIA[0]:
        raise InputError(
            f"{source}: {what} maps samples as discs, and those of this survey are {medium}. Set samples.medium: soil "
            "(of a simulated survey simulate.discs: true)."
        )
