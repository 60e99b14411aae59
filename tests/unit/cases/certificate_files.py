"""Certificates to test with: forty samples on a lattice, and how they are written and read."""

from pathlib import Path

import numpy as np
import pytest
from geohalo.errors import InputError
from geohalo.settings import schema, with_defaults
from geohalo.survey.sample_tables import read_samples
from geohalo.survey.samples import clean_samples

ROWS = 40
X = 500_000 + 1500.0 * (np.arange(ROWS) % 8)
Y = 6_000_000 + 1500.0 * (np.arange(ROWS) // 8)
CU = 20 + (np.arange(ROWS) * 7) % 13 + 0.5
ZN = 60 + (np.arange(ROWS) * 5) % 17 + 0.25
NAMES = ["sample", "x", "y", "Cu", "Zn"]


def section(**keys) -> dict:
    given = {
        "file": "s.csv",
        "x": "x",
        "y": "y",
        "crs": "EPSG:32633",
        "elements": "^(?P<element>Cu|Zn|Au)$",
        "unit": "ppm",
    }
    return with_defaults(given | keys, schema()["properties"]["samples"])


def records(*columns) -> list[list[str]]:
    columns = columns or (CU, ZN)
    return [[f"S{n:03d}", *(str(column[n]) for column in (X, Y, *columns))] for n in range(ROWS)]


def text(rows: list[list[str]], sep: str = ",") -> str:
    return "\n".join(sep.join(row) for row in rows) + "\n"


def clean(tmp_path: Path, content: str | bytes, **keys):
    path = tmp_path / "s.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    keys_given = section(**keys)
    table, source = read_samples(path, keys_given)
    return clean_samples(table, keys_given, None, source)


def stops(tmp_path: Path, content: str | bytes, **keys) -> str:
    with pytest.raises(InputError) as caught:
        clean(tmp_path, content, **keys)
    return str(caught.value)


def warnings_of(samples) -> list[str]:
    return [f"{one['column']} {one['row']} {one['what']}; {one['fix']}" for one in samples.attrs["warnings"]]


def assert_values(samples, **columns) -> None:
    assert len(samples) == ROWS
    for element, values in ({"Cu": CU, "Zn": ZN} | columns).items():
        np.testing.assert_allclose(samples[element], values)
