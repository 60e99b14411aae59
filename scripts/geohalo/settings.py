"""The configuration: checked against the schema, with the schema's defaults filled in."""

import copy
import difflib
import functools
from collections.abc import Iterator
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from geohalo.addresses import masked
from geohalo.config_numbers import check_finite, with_plain_numbers
from geohalo.config_text import check_text, read_as, shortened, with_text_keys
from geohalo.control_table import NAMES
from geohalo.distances import check_distances
from geohalo.errors import InputError
from geohalo.fact_splits import FACT_SCHEMES, PARTING_KEYS
from geohalo.map_settings import check_effort, check_judge
from geohalo.medium import MEDIA, medium_of, with_ground
from geohalo.method_table import METHODS, with_variance
from geohalo.package_files import SCHEMA_FILE
from geohalo.package_yaml import read_yaml
from geohalo.simulated_deposits import simulated_commodities
from geohalo.simulated_region import survey_crs

Config = dict[str, Any]

#: Where a survey can come from; a config gives exactly one.
SOURCES = ("simulate", "samples", "grids")

#: Keys of a config that lists several surveys (see `geohalo.several_surveys`).
OF_SEVERAL = ("surveys", "transfer")


@functools.cache
def schema() -> Config:
    """Return the schema of the configuration, with the names of the controls from their table."""
    table = read_yaml(SCHEMA_FILE)
    table["$defs"]["control"]["enum"] = list(NAMES)
    table["properties"]["evaluation"]["properties"]["controls"]["default"] = list(NAMES)
    return table


def resolve(node: Config) -> Config:
    """Follow a ``$ref`` to the schema's ``$defs``."""
    return schema()["$defs"][node["$ref"].rsplit("/", 1)[1]] if "$ref" in node else node


def with_defaults(value: Any, node: Config) -> Any:
    """Return a copy of ``value`` with the defaults of the schema's ``node`` filled in, section by section."""
    node = resolve(node)
    if not isinstance(value, dict) or "properties" not in node:
        return value
    filled = {key: copy.deepcopy(item) for key, item in value.items()}
    for key, child in node["properties"].items():
        child = resolve(child)
        if key not in filled and "default" in child:
            filled[key] = copy.deepcopy(child["default"])
        if key in filled:
            filled[key] = with_defaults(filled[key], child)
    return filled


def documented_keys(node: Config | None = None, prefix: str = "") -> Iterator[tuple[str, Config]]:
    """Yield every key of the schema in dotted form (``grid.cell``) with its schema entry."""
    for key, child in (schema() if node is None else node)["properties"].items():
        child = resolve(child)
        yield prefix + key, child
        if "properties" in child:
            yield from documented_keys(child, f"{prefix}{key}.")


def _unknown_key(error: ValidationError, section: str) -> str:
    known = list(error.schema["properties"])
    unknown = next(key for key in error.instance if key not in known)
    near = difflib.get_close_matches(str(unknown), known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known keys here: {', '.join(known)}."
    return f"unknown key {section + shortened(str(unknown))!r}; {hint}"


def explain(error: ValidationError) -> str:
    """Turn a violation of the schema into one sentence that names the key."""
    path = ".".join(str(part) for part in error.absolute_path)
    if error.validator == "additionalProperties":
        return _unknown_key(error, f"{path}." if path else "")
    if error.validator == "required":
        missing = next(key for key in error.validator_value if key not in error.instance)
        child = resolve(error.schema["properties"][missing])
        return f"key {(path + '.' if path else '') + missing!r} is missing. {child.get('description', '')}"
    if not path and error.validator == "type":
        return "this is no config: it has no keys and values."
    if error.validator == "type" and error.instance is None:
        return f"key {path!r} is empty; give a value or remove the key."
    text = read_as(error.instance) if "string" in str(error.validator_value) else ""
    if not text:
        message = error.message.replace(repr(error.instance), shortened(repr(error.instance)))
        text = f"{message}. {error.schema.get('description', '')}".rstrip()
    return f"key {path!r}: {text}"


def _check_schema(config: Config, source: str) -> Config:
    """Return a configuration that follows the schema, with numbers and names in their plain forms."""
    try:
        check_finite(config, source)
        check_text(config, source)
        config = with_text_keys(config, schema(), resolve, source)
    except RecursionError:
        raise InputError(
            f"{source}: a section is nested too deeply, or holds itself (a YAML alias, *name)."
        ) from None
    config = with_plain_numbers(config, schema(), resolve)
    errors = list(Draft202012Validator(schema()).iter_errors(config))
    # A mistyped key explains the required key that seems to be missing, so it is told first.
    unknown = [error for error in errors if error.validator == "additionalProperties"]
    if errors:
        raise InputError(masked(f"{source}: {explain(unknown[0] if unknown else best_match(iter(errors)))}"))
    return config


def check_settings(config: Config, source: str = "config") -> Config:
    """Check a configuration against the schema and fill in the defaults.

    Parameters
    ----------
    config : dict
        As read from YAML.
    source : str
        Name of the file, for messages.

    Returns
    -------
    dict
        A new dictionary in which every key with a default has a value.

    Raises
    ------
    InputError
        For an unknown key, a missing one, or a value that the schema does not allow.
    """
    config = _check_schema(config, source)
    for key in OF_SEVERAL:
        if key in config:
            raise InputError(
                f"{source}: key {key!r} belongs into a config that lists several surveys, and this is the config of "
                "one. Remove it."
            )
    given = [key for key in SOURCES if key in config]
    if len(given) != 1:
        text = " and ".join(given) if given else "none of them"
        raise InputError(
            f"{source}: give exactly one of the sections {', '.join(SOURCES)}; this config has {text}."
        )
    settings = with_defaults(with_ground(with_defaults(config, schema()), source), schema())
    if "covariates" not in config:
        settings["covariates"] = simulated_layers(settings.get("simulate", {}))
    _check_sources(settings["data"]["sources"], source)
    _check_labels(config, given[0], source)
    if medium_of(settings) == MEDIA[0]:
        _check_realisations(settings["interpolation"], source)
    _check_levelling(settings.get("samples", {}), source)
    _add_fact_splits(settings, source)
    check_judge(settings, source)
    check_effort(settings, source)
    settings["covariates"] = _checked_covariates(settings, given[0], source)
    if given == ["grids"]:
        _check_grids(config, settings, source)
    if "raster" in settings["labels"]:
        return settings
    try:
        check_distances(settings["labels"], held_out=True)
    except InputError as error:
        raise InputError(f"{source}: {error}") from None
    return settings


def _check_grids(config: Config, settings: Config, source: str) -> None:
    """Stop for keys of rasters that contradict each other, or that are of no use beside them."""
    section, transform = settings["grids"], settings["cube"]["transform"]
    for key in ("interpolation", "grid"):
        if set(config.get(key, {})) - {"max_distance", "tiles"}:
            raise InputError(
                f"{source}: section '{key}' is not used with 'grids', whose rasters are the grid; remove it."
            )
    if ("folder" in section) == ("file" in section):
        raise InputError(f"{source}: section 'grids' needs either 'folder' or 'file'.")
    if section["unit"] == "none" and section["units"]:
        raise InputError(
            f"{source}: key 'grids.units' is not used with grids.unit: none, whose bands are no concentrations; remove "
            "one of them."
        )
    both = sorted(set(section["include"]) & set(section["exclude"]))
    if both:
        raise InputError(
            f"{source}: {both[0]!r} is in grids.include and in grids.exclude; remove it from one."
        )
    if section["unit"] == "none" and transform != "none":
        raise InputError(
            f"{source}: grids.unit is none, so the bands are no concentrations and have no log-ratio "
            f"(cube.transform: {transform}); set cube.transform: none, or the unit of the concentrations."
        )


def _checked_covariates(settings: Config, given: str, source: str) -> Config:
    """Return the layers beside geochemistry with their defaults; stop where keys contradict each other."""
    node = schema()["properties"]["covariates"]["additionalProperties"]
    layers = {name: with_defaults(layer, node) for name, layer in settings["covariates"].items()}
    for name, layer in layers.items():
        key = f"{source}: section 'covariates.{name}'"
        if "file" not in layer and "column" not in layer:
            raise InputError(f"{key} needs 'file', or 'column' for a column of the samples.")
        if "file" not in layer and given != "samples":
            raise InputError(
                f"{key} names a column of samples, and this survey has no table of them; give its 'file'."
            )
    first = settings["network"]["variants"][0]
    if layers and first != "fusion":
        made = layers == simulated_layers(settings.get("simulate", {}))
        what = "simulate.covariates" if made else "covariates"
        raise InputError(
            f"{source}: with '{what}' the first of network.variants is fusion, which learns from both kinds of "
            f"data; here it is {first}."
        )
    return layers


def _check_sources(sources: Config, source: str) -> None:
    """Stop if a file that is to be downloaded would leave the data folder."""
    for name in sources:
        parts = PureWindowsPath(str(name)).parts + PurePosixPath(str(name)).parts
        if ".." in parts or PurePosixPath(str(name)).is_absolute() or PureWindowsPath(str(name)).anchor:
            raise InputError(
                f"{source}: key 'data.sources': {name!r} would leave the data folder. Give a name below it, without "
                "'..', and the folder itself in data.folder."
            )


def _check_labels(config: Config, given: str, source: str) -> None:
    """Stop unless labels come from one place: the simulation, deposits, or a raster of classes."""
    labels = config.get("labels", {})
    raster = labels.get("raster")
    if given == "simulate":
        for name, unused in (("section 'deposits'", "deposits" in config), ("key 'labels.raster'", raster)):
            if unused:
                raise InputError(f"{source}: {name} is not used with 'simulate'; remove it.")
        return
    if raster is None and "deposits" not in config:
        raise InputError(
            f"{source}: section 'deposits' is missing. {schema()['properties']['deposits']['description']}"
        )
    if raster is None:
        return
    if "deposits" in config:
        raise InputError(
            f"{source}: labels come from deposits or from a raster of classes; remove the section 'deposits' or "
            "the key 'labels.raster'."
        )
    of_deposits = (
        "radius",
        "background_distance",
        "background",
        "extra_splits",
        "block",
        "known_before",
        "learn_type",
    )
    unused = [key for key in of_deposits if key in labels]
    if unused:
        raise InputError(f"{source}: key 'labels.{unused[0]}' is not used with 'labels.raster'; remove it.")
    lone = [key for key in ("train", "test") if set(raster) > {"file"} and key not in raster]
    if lone:
        raise InputError(
            f"{source}: key 'labels.raster.{lone[0]}' is missing; masks are 'train' and 'test' together, and "
            "'validation' only with them."
        )


def _add_fact_splits(settings: Config, source: str) -> None:
    """Add the splits by what a deposit is to `labels.extra_splits`, where the keys that they need are there."""
    labels, deposits = settings["labels"], settings.get("deposits", {})
    both = {str(one).casefold() for one in deposits.get("mines", [])}
    both &= {str(one).casefold() for one in deposits.get("occurrences", [])}
    if both:
        raise InputError(
            f"{source}: {min(both)!r} is in deposits.mines and in deposits.occurrences; remove it from one."
        )
    for scheme, fact in FACT_SCHEMES.items():
        column, key = deposits.get(fact), PARTING_KEYS.get(scheme)
        value, asked = labels[key] if key else None, scheme in labels["extra_splits"]
        if not column and (value is not None or asked):
            asking = f"'labels.{key}'" if value is not None else f"'labels.extra_splits': {scheme}"
            raise InputError(
                f"{source}: key {asking} needs to know the {fact} of each deposit. Name its column in "
                f"deposits.{fact}, or remove the key."
            )
        if key and column and value is None and (asked or scheme == "time"):
            raise InputError(
                f"{source}: key 'labels.{key}' is missing, which the split {scheme} needs beside deposits.{fact}. "
                f"{schema()['properties']['labels']['properties'][key]['description']}"
            )
        if column and (value is not None or not key) and not asked:
            labels["extra_splits"] = [*labels["extra_splits"], scheme]


def _check_levelling(section: Config, source: str) -> None:
    """Stop if batches are to be levelled that no column tells, or by reference materials that no key marks."""
    levelling = section.get("levelling")
    if levelling is None:
        return
    if not section["batch"]:
        raise InputError(
            f"{source}: key 'samples.levelling' needs to know the batch of each row. Name its column in samples.batch."
        )
    if levelling["method"] == "reference" and not section.get("quality", {}).get("reference"):
        raise InputError(
            f"{source}: key 'samples.levelling.method' is reference, and no rows are marked as reference materials. "
            "Mark them with samples.quality.reference, or set method: neighbours."
        )


def _check_realisations(section: Config, source: str) -> None:
    """Stop if realisations are asked for of what no method gives a variance of."""
    method = section["method"]
    if section["realisations"] and not with_variance(section["candidates"] if method == "best" else [method]):
        raise InputError(
            f"{source}: key 'interpolation.realisations' needs elements that are kriged, and interpolation.method is "
            f"{method}{' without kriging among the candidates' if method == 'best' else ''}. Set interpolation.method: "
            "kriging, or interpolation.realisations: 0."
        )


def used_interpolation(section: Config) -> Config:
    """Return those keys of the section ``interpolation`` on which the interpolated elements depend."""
    method = section["method"]
    tried = set(section["candidates"] if method == "best" else [method])
    used = {"method", "anisotropy", *(key for name in tried for key in METHODS[name].keys)}
    used |= {"candidates"} if method == "best" else set()
    return {key: copy.deepcopy(value) for key, value in section.items() if key in used}


def simulated_tables(simulate: Config) -> Config:
    """Return the sections ``samples`` and ``deposits`` that describe the tables of a simulated survey."""
    crs = survey_crs(simulate["samples"], simulate["spacing"])
    tables: dict[str, Config] = {
        "samples": {
            "file": "samples.csv",
            "x": "x",
            "y": "y",
            "crs": crs,
            "elements": "^(?P<element>[A-Z][A-Za-z0-9]*)_(?P<unit>ppm|ppb|pct)$",
        },
        "deposits": {
            "file": "deposits.csv",
            "x": "x",
            "y": "y",
            "crs": crs,
            "name": "name",
            "commodities": simulated_commodities(simulate),
        },
    }
    if simulate.get("levelling"):
        tables["samples"] |= {"batch": "batch", "levelling": {}}
    return {name: with_defaults(section, schema()["properties"][name]) for name, section in tables.items()}


def simulated_layers(simulate: Config) -> Config:
    """Return the section ``covariates`` of the layers that a simulated survey has; none where it is to have none.

    Their files stand in the folder of the survey's results (`geohalo.files.paths`).
    """
    if not simulate.get("covariates"):
        return {}
    layers: dict[str, Config] = {
        "geology": {"file": "simulated/geology.gpkg", "column": "rock"},
        "structures": {"file": "simulated/structures.gpkg"},
        "magnetics": {"file": "simulated/magnetics.tif"},
    }
    node = schema()["properties"]["covariates"]["additionalProperties"]
    return {name: with_defaults(layer, node) for name, layer in layers.items()}
