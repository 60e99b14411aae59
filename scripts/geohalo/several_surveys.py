"""Several surveys in one run: the config that lists them, and the settings of each."""

import copy
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from geohalo.config_numbers import check_finite
from geohalo.errors import InputError
from geohalo.settings import OF_SEVERAL, Config, check_settings, explain, schema, with_defaults


@dataclass(frozen=True)
class SurveyConfig:
    """One survey of several.

    Attributes
    ----------
    file : str
        The config that it is from, for messages.
    config : dict
        What that file says, with the shared keys laid over it; no defaults.
    settings : dict
        The same, checked and with every default filled in.
    """

    file: str
    config: Config
    settings: Config

    @property
    def name(self) -> str:
        """Name of the survey."""
        return str(self.settings["survey"])

    @property
    def prefix(self) -> str:
        """What the names of its rules begin with: letters, digits and underscores."""
        return re.sub(r"\W", "_", f"{self.name}_")


def laid_over(config: Mapping[str, Any], changes: Mapping[str, Any]) -> Config:
    """Return a config with keys changed, section by section; lists and values are replaced."""
    out = dict(copy.deepcopy(config))
    for key, value in changes.items():
        both = isinstance(value, Mapping) and isinstance(out.get(key), Mapping)
        out[key] = laid_over(out[key], value) if both else copy.deepcopy(value)
    return out


def survey_configs(
    config: Mapping[str, Any], source: str = "config", folders: Sequence[Path] = ()
) -> list[SurveyConfig]:
    """Read the surveys that a config lists.

    Parameters
    ----------
    config : mapping
        With ``surveys``, a list of config files. Every key but that and ``transfer`` is laid over each of them.
    source : str
        Name of its file, for messages.
    folders : sequence of Path
        Folders in which a relative path is looked for, in this order; the current one when left out.

    Returns
    -------
    list of SurveyConfig
        In the order of the list.

    Raises
    ------
    InputError
        If the list is not one, a file is missing or is no config of one survey, or two surveys have one name.
    """
    _check_own_keys(config, source)
    shared = {key: value for key, value in config.items() if key not in OF_SEVERAL}
    if "survey" in shared:
        raise InputError(
            f"{source}: key 'survey' would give all of the surveys one name; each has its own in its own config. "
            "Remove it."
        )
    found: dict[str, SurveyConfig] = {}
    for text in config["surveys"]:
        file = _found(text, source, folders or [Path()])
        own = _read(file)
        one = laid_over(own, shared)
        survey = SurveyConfig(str(file), one, check_settings(one, str(file)))
        if (same := found.get(survey.prefix)) is not None:
            message = (
                f"are both named {survey.name!r}" if same.name == survey.name else "have names that differ"
            )
            message += (
                "" if same.name == survey.name else f" in punctuation alone ({same.name}, {survey.name})"
            )
            raise InputError(
                f"{source}: {same.file} and {file} {message}; their results would be one folder's. Change the key "
                "'survey' of one of them."
            )
        found[survey.prefix] = survey
    return list(found.values())


def transfer_pairs(
    config: Mapping[str, Any], surveys: Sequence[SurveyConfig], source: str = "config"
) -> dict[str, list[str]]:
    """Say which models are carried over to which survey.

    Parameters
    ----------
    config : mapping
        With the section ``transfer``, if any: ``from`` and ``to``, lists of names of surveys. All of them when left
        out.
    surveys : sequence of SurveyConfig
    source : str
        Name of the config's file, for messages.

    Returns
    -------
    dict of list
        Name of each survey that models come to -> names of those that they come from, itself left out.

    Raises
    ------
    InputError
        If a name is none of a survey's, there is no pair of two surveys, or one of a pair has no deposits or no
        concentrations where the other has.
    """
    section, names = transfer_settings(config), [survey.name for survey in surveys]
    chosen = {key: section[key] or names for key in ("from", "to")}
    for key, value in chosen.items():
        unknown = [name for name in value if name not in names]
        if unknown:
            raise InputError(
                f"{source}: key 'transfer.{key}': no survey is named {unknown[0]!r}; known are {', '.join(names)}."
            )
    pairs = {
        target: [name for name in dict.fromkeys(chosen["from"]) if name != target]
        for target in dict.fromkeys(chosen["to"])
    }
    pairs = {target: sources for target, sources in pairs.items() if sources}
    if not pairs:
        raise InputError(
            f"{source}: no model can be carried from one survey to another: 'transfer' needs two surveys, and has "
            f"{' and '.join(dict.fromkeys(chosen['from'] + chosen['to']))}."
        )
    by_name = {survey.name: survey for survey in surveys}
    for target, sources in pairs.items():
        for name in sources:
            _check_pair(by_name[name], by_name[target])
    return pairs


def transfer_settings(config: Mapping[str, Any]) -> Config:
    """Return the section ``transfer`` with its defaults."""
    return with_defaults(dict(config.get("transfer", {})), schema()["properties"]["transfer"])


def _check_pair(source: SurveyConfig, target: SurveyConfig) -> None:
    """Stop unless a model of one survey can be applied to another, as far as their settings tell."""
    for survey in (source, target):
        if "raster" in survey.settings["labels"]:
            raise InputError(
                f"{survey.file}: labels are a raster of classes (labels.raster), which no other survey shares; a "
                "transfer needs deposits. Leave this survey out of transfer.from and transfer.to."
            )
    kinds = [survey.settings["cube"]["transform"] for survey in (source, target)]
    if kinds[0] != kinds[1]:
        raise InputError(
            f"{target.file}: cube.transform is {kinds[1]}, and {kinds[0]} in {source.file}. A model needs the same "
            "transform in both; set it in the config that lists the surveys, or leave the pair out of 'transfer'."
        )


def _check_own_keys(config: Mapping[str, Any], source: str) -> None:
    """Stop if the keys of a list of surveys are not as the schema wants them."""
    check_finite(config, source)
    own = {key: config[key] for key in OF_SEVERAL if key in config}
    rules = {"type": "object", "properties": {key: schema()["properties"][key] for key in OF_SEVERAL}}
    errors = sorted(Draft202012Validator(rules).iter_errors(own), key=lambda error: list(error.absolute_path))
    if errors:
        raise InputError(f"{source}: {explain(errors[0])}")


def _found(text: str, source: str, folders: Sequence[Path]) -> Path:
    """Return the file that a path stands for in the first folder that has it."""
    for folder in folders:
        if (file := folder / text).is_file():
            return file
    raise InputError(
        f"{source}: key 'surveys': {text} does not exist in {' or '.join(str(one.resolve()) for one in folders)}."
    )


def _read(file: Path) -> Config:
    """Read the config of one survey."""
    try:
        config = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(
            f"{file}: this is not a readable YAML file ({' '.join(str(error).split())})."
        ) from error
    if not isinstance(config, dict):
        raise InputError(f"{file}: a config is a mapping of keys to values, and this is none.")
    return config
