"""Small survey tables with rows of quality control."""

from typing import Any

import numpy as np
import pandas as pd
from geohalo.settings import schema, with_defaults

ELEMENTS = "(?P<element>[A-Z][a-z]?)_(?P<unit>ppm)"


def section(**quality: Any) -> dict[str, Any]:
    """Return a section `samples` with `quality`."""
    given: dict[str, Any] = {"file": "s.csv", "x": "x", "y": "y", "crs": "EPSG:32633", "elements": ELEMENTS}
    batch = quality.pop("batch", None)
    given |= {"batch": batch} if batch else {}
    given |= {"quality": quality} if quality else {}
    return with_defaults(given, schema()["properties"]["samples"])


def survey_table(rows: int = 36, seed: int = 1) -> pd.DataFrame:
    """Return samples on a square grid with Cu and Zn, named S1, S2 and so on."""
    side = int(np.sqrt(rows))
    x, y = (axis.ravel() * 1000.0 for axis in np.meshgrid(np.arange(side), np.arange(side)))
    rng = np.random.default_rng(seed)
    table = {"sample": [f"S{one + 1}" for one in range(side**2)], "x": 500_000 + x, "y": 6_000_000 + y}
    table |= {f"{el}_ppm": rng.lognormal(3, 0.4, side**2) for el in ("Cu", "Zn")}
    return pd.DataFrame(table | {"type": "S"})
