"""Addresses with logins or keys: kept out of the config that Snakemake writes into files of its own, and looked up.

Snakemake keeps the parameters of a job in `.snakemake/metadata`, and the whole config in the script of each job that
is at work, which stays behind after a kill. The workflow's config therefore has the masked address, and jobs of the
same run find the real one in their environment.
"""

import hashlib
import os
from collections.abc import Mapping
from typing import Any

from geohalo.addresses import masked


def _variable(survey: str, file: str) -> str:
    """Return the name of the environment variable that holds the address of a file."""
    return f"GEOHALO_ADDRESS_{hashlib.sha256(f'{survey}/{file}'.encode()).hexdigest()[:32].upper()}"


def hide_addresses(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings in which the addresses of `data.sources` are masked; the environment gets the real ones.

    Parameters
    ----------
    config : mapping
        Settings of `geohalo.settings.check_settings`.
    """
    sources = {}
    for file, source in config["data"]["sources"].items():
        shown = masked(source["url"])
        if shown != source["url"]:
            os.environ[_variable(config["survey"], file)] = source["url"]
        sources[file] = dict(source) | {"url": shown}
    return dict(config) | {"data": dict(config["data"]) | {"sources": sources}}


def address_of(config: Mapping[str, Any], file: str) -> str:
    """Return the address of a file, as the user gave it.

    Parameters
    ----------
    config : mapping
        Settings of `hide_addresses`.
    file : str
        Name in `data.sources`.
    """
    shown: str = config["data"]["sources"][file]["url"]
    return os.environ.get(_variable(config["survey"], file), shown)
