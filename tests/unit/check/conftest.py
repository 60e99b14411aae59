"""A small survey of 49 samples, a kilometre apart, with four deposits: what a check reads, and what may be wrong."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from geohalo.check.page import as_markdown
from geohalo.check.survey import Checked, Files, check_page, check_survey
from geohalo.settings import check_settings

SCHEMES = ["held_out", "inner", "random", "final"]
CONFIG = {
    "survey": "small",
    "samples": {
        "file": "samples.csv",
        "x": "x",
        "y": "y",
        "crs": "EPSG:32633",
        "elements": "^(?P<element>[A-Z][a-z]?)_(?P<unit>ppm|ppb|pct)$",
    },
    "deposits": {
        "file": "deposits.csv",
        "x": "x",
        "y": "y",
        "crs": "EPSG:32633",
        "name": "name",
        "commodities": ["Cu"],
    },
    "grid": {"cell": 500, "max_distance": 1000},
    "superpixels": {"n_segments": [5]},
    "labels": {
        "radius": 700,
        "background_distance": 900,
        "group_distance": 1500,
        "buffer": 2000,
        "folds": 2,
    },
}


def samples() -> pd.DataFrame:
    """Return 7 x 7 samples; of copper one value is below its limit, one is missing and one above an upper limit."""
    x, y = np.meshgrid(500_000 + 1000 * np.arange(7), 6_000_000 + 1000 * np.arange(7))
    k = np.arange(49)
    table = pd.DataFrame({"sample": [f"S{n}" for n in k], "x": x.ravel(), "y": y.ravel()}).astype(str)
    table["Cu_ppm"] = (20 + k).astype(str)
    table.loc[[0, 1, 2], "Cu_ppm"] = ["<5", "", ">300"]
    table["Zn_ppm"] = (60 + (k * 7) % 20).astype(str)
    table["Fe_pct"] = (2 + (k * 3) % 5 / 10).round(1).astype(str)
    table["note"] = "till"
    return table


def deposits() -> pd.DataFrame:
    """Return four deposits inside, two of them one group, and one far outside."""
    places = [(500_250, 6_000_250), (501_250, 6_000_250), (505_750, 6_005_750), (500_250, 6_005_750)]
    places.append((530_000, 6_000_000))
    table = pd.DataFrame(places, columns=["x", "y"]).astype(str)
    return table.assign(name=["Alpha", "Beta", "Gamma", "Delta", "Far"])


@pytest.fixture
def checked_with(tmp_path: Path) -> Callable[..., tuple[Checked, dict[str, Any]]]:
    """Return a function that checks the survey with further files, and some of its tables and keys changed.

    It returns what was found, and the settings.
    """

    def check(
        files: dict[str, Any],
        samples_table: pd.DataFrame | None = None,
        deposits_table: pd.DataFrame | None = None,
        **sections: dict[str, Any],
    ) -> tuple[Checked, dict[str, Any]]:
        config: dict[str, Any] = copy.deepcopy(CONFIG) | {"data": {"folder": str(tmp_path)}}
        for name, keys in sections.items():
            config[name] = config.get(name, {}) | keys
        settings = check_settings(config)
        paths = {name: str(tmp_path / f"{name}.csv") for name in ("samples", "deposits")}
        (samples() if samples_table is None else samples_table).to_csv(paths["samples"], index=False)
        (deposits() if deposits_table is None else deposits_table).to_csv(paths["deposits"], index=False)
        tables = {name: settings[name] for name in paths}
        return check_survey(settings, tables, Files(**paths, **files)), settings

    return check


@pytest.fixture
def checked(checked_with: Callable[..., tuple[Checked, dict[str, Any]]]) -> Callable[..., Checked]:
    """Return a function that checks the survey with some of its tables and keys changed."""

    def check(*tables: pd.DataFrame, **keys: Any) -> Checked:
        return checked_with({}, *tables, **keys)[0]

    return check


@pytest.fixture
def no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw no picture of the survey, which takes three quarters of the time of a page."""
    monkeypatch.setattr("geohalo.check.survey._pictures", lambda survey, found: [])


@pytest.fixture
def page_text(no_pictures: None) -> Callable[[Checked, dict[str, Any]], str]:
    """Return a function that gives the page of what was found, with its settings, as text, which has no pictures."""

    def text(found: Checked, settings: dict[str, Any]) -> str:
        return as_markdown(check_page(found, settings, SCHEMES, {"train": (4000, 5)}, 3.2, "today"))

    return text


@pytest.fixture
def tables() -> tuple[Callable[[], pd.DataFrame], Callable[[], pd.DataFrame]]:
    """Return the functions that make the tables of samples and of deposits."""
    return samples, deposits


@pytest.fixture
def config() -> dict[str, Any]:
    """Return the config as its file has it."""
    return copy.deepcopy(CONFIG)


@pytest.fixture
def settings(config: dict[str, Any]) -> dict[str, Any]:
    """Return the config with its defaults."""
    return check_settings(config)
