"""Alternatives of a survey's settings: keys changed, and what each stage of the work depends on.

A comparison of many ways to work (the targets `consensus` and `claims`) runs the whole chain from samples to
scores for each of them. The chain has three stages, and alternatives that agree in all that a stage depends on share
its results:

- ``elements``: from tables or rasters to gridded elements and cleaned deposits;
- ``cubes``: from those to the cube, its superpixels and their graphs;
- ``scores``: from those to folds, and to the scores of variants and controls on them.
"""

import copy
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from geohalo.errors import InputError
from geohalo.medium import check_disc
from geohalo.settings import Config, check_settings, schema, simulated_tables, used_interpolation
from geohalo.simulated_deposits import simulated_commodities

#: The stages, each of which builds on the one before.
STAGES = ("elements", "cubes", "scores")

#: A value that multiplies the config's own: ``x1.5``.
MULTIPLE = re.compile(r"^x([0-9]*\.?[0-9]+)$")
#: One superpixel for so many cells (see `geohalo.superpixels.counts`).
SHARE = re.compile(r"^1in([0-9]+)$")

#: Keys of the section ``network`` that a stage's result depends on; its members are counted apart.
TRAINING = ("preset", "options", "epochs", "early_stopping", "spectrum_order")


def with_tables(config: Mapping[str, Any]) -> Config:
    """Return checked settings in which a simulated survey has the sections of its tables, too.

    They describe the tables that the simulation writes, so that how these are read can be changed like any other
    setting.
    """
    tables = simulated_tables(config["simulate"]) if "simulate" in config else {}
    return copy.deepcopy(tables | dict(config))


def alternative(config: Mapping[str, Any], changes: Mapping[str, Any], source: str = "config") -> Config:
    """Return checked settings with some keys changed.

    Parameters
    ----------
    config : mapping
        Settings of `geohalo.settings.check_settings`, or of this function.
    changes : mapping
        Dotted key to new value, such as ``{"grid.cell": 2000, "simulate.faults.overburden": 2}``. A value ``x1.5``
        is that multiple of the config's own (see `multiplied`). In a simulated survey, keys of ``samples`` and
        ``deposits`` change how its tables are read.
    source : str
        Where the changes come from, for messages.

    Returns
    -------
    dict
        New settings with every default filled in, and with the sections of `with_tables`.

    Raises
    ------
    InputError
        For a key that is not known, or a value that the schema or another key forbids; and where samples are no discs.
    """
    settings = with_tables(config)
    if "grids" in settings:
        # Sections that rasters do without are filled with defaults all the same, and are an error if given.
        settings.pop("interpolation", None)
        settings["grid"] = {"max_distance": settings["grid"]["max_distance"]}
    # Realisations are no part of how a survey is gridded, and not every method has any.
    settings.get("interpolation", {}).pop("realisations", None)
    for key, value in changes.items():
        *sections, last = key.split(".")
        place = settings
        for name in sections:
            place = place.setdefault(name, {}) if isinstance(place, dict) else {}
        if not isinstance(place, dict):
            raise InputError(f"{source}: unknown key {key!r}; {'.'.join(sections)} has no keys of its own.")
        place[last] = multiplied(value_of(config, key), value, f"{source}: key {key!r}")
    if "simulate" in settings and "deposits.commodities" not in changes:
        # Another seed may be a survey of another type of deposits.
        settings["deposits"]["commodities"] = simulated_commodities(settings["simulate"])
    checked = _checked(settings, source)
    check_disc(checked, source, "a comparison of ways to work")
    return checked


def _checked(settings: Config, source: str) -> Config:
    """Check settings with the sections of `with_tables`."""
    if "simulate" not in settings:
        return check_settings(settings, source)
    tables = {name: settings.pop(name) for name in ("samples", "deposits")}
    read = check_settings({"survey": settings["survey"], **tables}, source)
    return check_settings(settings, source) | {name: read[name] for name in tables}


def value_of(config: Mapping[str, Any], key: str) -> Any:
    """Return the value of a dotted key in settings, tables of a simulated survey included; None where it has none."""
    place: Any = with_tables(config)
    for name in key.split("."):
        place = place.get(name) if isinstance(place, Mapping) else None
    return place


def multiplied(own: Any, value: Any, place: str = "value") -> Any:
    """Return a value; where it is written as ``x1.5``, that multiple of the config's own.

    Parameters
    ----------
    own : number, ``1in<cells>`` or list of them
        The config's own value. A whole number stays one (rounded), of a list each entry is multiplied, and 1.5 times
        as many superpixels as ``1in6`` are ``1in4``.
    value : any
        What was asked for.
    place : str
        Whose value it is, for messages.

    Raises
    ------
    InputError
        If there is nothing to multiply.
    """
    found = MULTIPLE.match(value) if isinstance(value, str) else None
    if found is None:
        return copy.deepcopy(value)
    factor = float(found[1])
    if isinstance(own, list):
        return list(dict.fromkeys(multiplied(one, value, place) for one in own))
    if isinstance(own, str) and (share := SHARE.match(own)) and factor > 0:
        return f"1in{max(1, round(int(share[1]) / factor))}"
    if isinstance(own, bool) or not isinstance(own, int | float):
        raise InputError(f"{place}: {value} multiplies a number, but the config's own value is {own!r}.")
    return round(own * factor) if isinstance(own, int) and own != 0 else float(f"{own * factor:.6g}")


def stage_settings(
    settings: Mapping[str, Any],
    variants: Iterable[str],
    controls: Iterable[str],
    schemes: Iterable[str],
    members: int,
) -> dict[str, Config]:
    """Return what each of the `STAGES` depends on, and on nothing else.

    Parameters
    ----------
    settings : mapping
        Of `alternative`.
    variants, controls : iterable of str
        Variants of the network to train, and controls to score.
    schemes : iterable of str
        Schemes of folds to train and score on.
    members : int
        Members (draws) of each fold, in place of ``network.seeds``.

    Returns
    -------
    dict of dict
        For each stage its settings, which may be written as JSON. Those of a later stage name the one before by its
        `content_key`.
    """
    parts = ("simulate", "samples", "grids", "deposits", "interpolation")
    elements = {name: settings[name] for name in parts if name in settings}
    deposits = dict(settings.get("deposits", {}))
    commodities = deposits.pop(
        "commodities", []
    )  # what the network makes of the deposits, not where they are
    if deposits:
        elements["deposits"] = deposits
    if "simulate" in elements:
        # Layers beside the samples leave these as they are, and alternatives are of geochemistry alone.
        others = {"commodities", "covariates"}
        simulate = elements["simulate"].items()
        elements["simulate"] = {name: value for name, value in simulate if name not in others}
    # Alternatives are made in one piece.
    grid = {name: value for name, value in settings["grid"].items() if name != "tiles"}
    elements |= {"grid": grid, "folder": settings["data"]["folder"]}
    if "grids" in settings:
        elements.pop("interpolation", None)
    if "interpolation" in elements:
        elements["interpolation"] = used_interpolation(elements["interpolation"])
    cubes = {"elements": content_key(elements)} | {name: settings[name] for name in ("cube", "superpixels")}
    scores = {
        "cubes": content_key(cubes),
        "labels": {name: value for name, value in settings["labels"].items() if name != "extra_splits"},
        "network": {name: settings["network"][name] for name in TRAINING},
        "commodities": commodities,
        "members": members,
        "variants": list(variants),
        "controls": list(controls),
        "schemes": list(schemes),
    }
    return dict(zip(STAGES, copy.deepcopy((elements, cubes, scores)), strict=True))


def content_key(settings: Mapping[str, Any]) -> str:
    """Return 12 hexadecimal digits that stand for settings: the same for the same content.

    The order of the keys and whether a whole number is written as 2 or 2.0 make no difference.
    """
    text = json.dumps(_canonical(settings), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _canonical(value: Any) -> Any:
    """Write whole numbers as integers, all the way down."""
    if isinstance(value, Mapping):
        return {key: _canonical(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def own_choices(config: Mapping[str, Any]) -> bool:
    """Tell whether the choices of `snakemake consensus` are the user's own, and not those of the schema."""
    of_schema: Config = schema()["properties"]["consensus"]["properties"]["choices"]["default"]
    return bool(config["consensus"]["choices"] != of_schema)


def choice_levels(config: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return the values of each choice that `snakemake consensus` compares.

    Parameters
    ----------
    config : mapping
        Settings of `geohalo.settings.check_settings`; used is the section ``consensus``.

    Returns
    -------
    dict of list
        Dotted key to values, multiples of the config's own value worked out, without repetitions. Of the schema's own
        choices those values are left out that this survey does not allow, and choices of which not two are left.

    Raises
    ------
    InputError
        For choices of the user's own: a key that is not known, on which no result depends or that makes another
        survey, or a value that is not allowed.
    """
    choices, place = config["consensus"]["choices"], "config key consensus.choices"
    check_disc(config, place, "a comparison of ways to work")
    default = not own_choices(config)
    levels = {}
    for key, values in choices.items():
        if key.split(".")[0] in ("survey", "data", "simulate"):
            raise InputError(f"{place}: {key!r} makes another survey, not another way to work with it.")
        found = {}
        for value in values:
            try:
                settings = alternative(config, {key: value}, place)
            except InputError:
                if not default:
                    raise
                continue
            found[content_key({key: value_of(settings, key)})] = settings
        if len(found) < 2 and default:
            continue
        if len(found) < 2:
            raise InputError(f"{place}: the values of {key!r} come out alike; give at least two.")
        scored = [stage_settings(one, one["network"]["variants"][:1], (), (), 1) for one in found.values()]
        if len({content_key(stages["scores"]) for stages in scored}) < len(found):
            if default:
                continue
            raise InputError(f"{place}: no map depends on {key!r}; leave it out.")
        levels[key] = [value_of(one, key) for one in found.values()]
    return levels


def level_text(value: Any) -> str:
    """Write a value of a choice in a table or figure: ``100-300`` for a list."""
    return "-".join(map(level_text, value)) if isinstance(value, list) else str(value)
