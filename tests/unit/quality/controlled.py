"""A simulated survey with rows of quality control whose errors are known."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from survey_tables import survey_table


@dataclass(frozen=True)
class Truth:
    """What the simulated laboratory and sampling do, per element; shares are of the concentration.

    Attributes
    ----------
    analysis, sampling : dict of str to float
        Relative standard deviations (of logarithms).
    bias, drift : dict of str to float
        Shares; the drift is from the first to the last row.
    dirty : dict of str to float
        Share of the sample before that a blank holds.
    """

    analysis: dict[str, float] = field(default_factory=dict)
    sampling: dict[str, float] = field(default_factory=dict)
    bias: dict[str, float] = field(default_factory=dict)
    drift: dict[str, float] = field(default_factory=dict)
    dirty: dict[str, float] = field(default_factory=dict)


CERTIFIED = {"Cu": 40.0, "Zn": 90.0}
SPREAD = 0.4


def controlled_survey(seed: int, truth: Truth, pairs: int = 40, side: int = 12) -> pd.DataFrame:
    """Return a table with survey rows, both kinds of duplicates, a reference material and blanks, in analytical order.

    The logarithms of the true concentrations are normal with the standard deviation `SPREAD`. Each element's detection
    limit is 0.5 ppm.
    """
    rng = np.random.default_rng(seed)
    survey = survey_table(side**2, seed)
    elements = list(CERTIFIED)
    true = np.exp(rng.normal(3, SPREAD, (len(survey), len(elements))))
    sampling = np.array([truth.sampling.get(el, 0.0) for el in elements])
    analysis = np.array([truth.analysis.get(el, 0.0) for el in elements])
    taken = true * np.exp(rng.normal(0, 1, true.shape) * sampling)
    again, repeated = rng.permutation(len(survey))[:pairs], rng.permutation(len(survey))[:pairs]
    second = true[again] * np.exp(rng.normal(0, 1, (pairs, len(elements))) * sampling)
    parts = [
        (survey["sample"], "S", "", taken),
        ([f"F{k}" for k in range(pairs)], "FD", survey["sample"][again], second),
        ([f"L{k}" for k in range(pairs)], "LD", survey["sample"][repeated], taken[repeated]),
        ([f"R{k}" for k in range(pairs)], "CRM", "", np.tile(list(CERTIFIED.values()), (pairs, 1))),
        ([f"B{k}" for k in range(pairs)], "BLK", "", np.full((pairs, len(elements)), 0.1)),
    ]
    frames = [
        pd.DataFrame({"sample": list(names), "type": kind, "of": list(of) if len(of) else ""}).join(
            pd.DataFrame(values, columns=elements)
        )
        for names, kind, of, values in parts
    ]
    table = pd.concat(frames, ignore_index=True).sample(frac=1, random_state=seed).reset_index(drop=True)
    place = survey.set_index("sample")[["x", "y"]]
    for axis in "xy":
        table[axis] = table["sample"].map(place[axis])
    table["order"] = np.arange(len(table))
    when = table["order"].to_numpy() / (len(table) - 1)
    measured = table[elements].to_numpy(copy=True)
    for j, element in enumerate(elements):
        factor = (1 + truth.bias.get(element, 0.0)) * (1 + truth.drift.get(element, 0.0)) ** (when - 0.5)
        measured[:, j] *= factor * np.exp(rng.normal(0, 1, len(table)) * analysis[j])
        blank = np.flatnonzero((table["type"] == "BLK").to_numpy() & (np.arange(len(table)) > 0))
        measured[blank, j] += truth.dirty.get(element, 0.0) * measured[blank - 1, j]
        table[f"{element}_ppm"] = [f"{one:.6g}" if one >= 0.5 else "<0.5" for one in measured[:, j]]
    return table.drop(columns=elements)


def certified_table() -> pd.DataFrame:
    """Return the certified values, with a standard deviation of 3 % between laboratories."""
    rows = [("CRM", el, value, 0.03 * value, 0.005 * value, "ppm") for el, value in CERTIFIED.items()]
    return pd.DataFrame(rows, columns=["material", "element", "value", "sd", "interval", "unit"])


MARKED = {
    "column": "type",
    "survey": ["S"],
    "reference": ["CRM"],
    "blank": ["BLK"],
    "field_duplicate": ["FD"],
    "laboratory_duplicate": ["LD"],
    "sample": "sample",
    "original": "of",
    "order": "order",
}
