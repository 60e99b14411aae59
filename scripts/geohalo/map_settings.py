"""Checks of the config's sections on maps and layers that stand beside a survey's own: `judge` and `effort`."""

from collections.abc import Mapping
from typing import Any

from geohalo.control_table import NAMES
from geohalo.errors import InputError


def check_judge(settings: Mapping[str, Any], source: str) -> None:
    """Stop if a map is to be judged without deposits, or has the name of one of the survey's own methods.

    Parameters
    ----------
    settings : mapping
        The config with its defaults.
    source : str
        Name of its file, for messages.

    Raises
    ------
    InputError
        Labels are classes, or the name is taken.
    """
    section = settings.get("judge")
    if section is None:
        return
    if "raster" in settings["labels"]:
        raise InputError(
            f"{source}: section 'judge' is not used with 'labels.raster': a map is judged by deposits. Remove it."
        )
    if section["name"] in {*NAMES, *settings["experiments"]["variants"], *settings["network"]["variants"]}:
        raise InputError(
            f"{source}: key 'judge.name': {section['name']!r} is what a method of the survey's own is called. Give "
            "another name."
        )


def check_effort(settings: Mapping[str, Any], source: str) -> None:
    """Stop if exploration effort is named where there are no targets to show it with.

    Parameters
    ----------
    settings, source
        As in `check_judge`.

    Raises
    ------
    InputError
        Labels are classes.
    """
    if "effort" in settings and "raster" in settings["labels"]:
        raise InputError(
            f"{source}: section 'effort' is not used with 'labels.raster': effort is shown with targets, which need "
            "deposits. Remove it."
        )
