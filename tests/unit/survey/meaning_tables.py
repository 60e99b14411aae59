"""Tables to test with: forty samples with copper and zinc, and how they are cleaned."""

import numpy as np
import pandas as pd
import pytest
from geohalo.errors import InputError
from geohalo.settings import schema, with_defaults
from geohalo.survey.samples import clean_samples

RNG = np.random.default_rng(3)
CU = np.round(30 * np.exp(RNG.normal(0, 0.3, 40)), 2)
ZN = np.round(70 * np.exp(RNG.normal(0, 0.3, 40)), 2)


def section(**keys: object) -> dict:
    given = {
        "file": "s.csv",
        "x": "x",
        "y": "y",
        "crs": "EPSG:32633",
        "elements": "^(?P<element>[A-Z][a-z]?)$",
        "unit": "ppm",
    }
    return with_defaults(given | keys, schema()["properties"]["samples"])


def survey(**columns: object) -> pd.DataFrame:
    places = {"x": 500_000 + 1000 * (np.arange(40) % 8), "y": 6_000_000 + 1000 * (np.arange(40) // 8)}
    table = pd.DataFrame(places).astype(str).assign(Cu=CU.astype(str), Zn=ZN.astype(str))
    return table.assign(**columns)


def clean(table: pd.DataFrame, **keys: object) -> tuple[pd.DataFrame, pd.DataFrame]:
    return clean_samples(table, section(**keys), None, "s.csv")


def message(table: pd.DataFrame, **keys: object) -> str:
    with pytest.raises(InputError) as caught:
        clean(table, **keys)
    return str(caught.value)


def text(*cells: str) -> pd.Series:
    return pd.Series(cells, dtype="str")
