"""A simulated survey with rows of quality control and seven known faults, and how well the faults are found.

`python tests/benchmarks/quality.py FOLDER` writes samples.csv, certified.csv and section.yaml, from which the picture
in docs/quality.md is drawn. `python tests/benchmarks/quality.py --seeds 50` counts how often each fault is found, and
how often an element without one fails.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from geohalo.quality.assess import Quality, assess
from geohalo.quality.certified import certified_values
from geohalo.settings import schema, with_defaults
from geohalo.survey.analyses import read_analyses
from geohalo.survey.elements import element_table
from scipy.ndimage import gaussian_filter

ELEMENTS = [
    *("Ag", "As", "Au", "Ba", "Bi", "Cd", "Co", "Cr", "Cu", "Fe", "Hg", "Mn", "Mo", "Ni"),
    *("Pb", "Rb", "Sb", "Sn", "Sr", "Te", "Th", "Ti", "U", "V", "W", "Y", "Zn", "Zr"),
]
#: What each fault is found by.
FAULTS = {
    "Au": "signal",
    "W": "signal",
    "Sb": "precision",
    "Te": "precision",
    "Mo": "bias",
    "Sn": "drift",
    "Hg": "blanks",
}
SIDE, SPACING, PAIRS, RESULTS, BLANKS = 20, 1000.0, 60, 40, 20
MATERIALS = {"OREAS 45x": 1.5, "OREAS 901y": 0.7}
SAMPLING, ANALYSIS = 0.08, 0.03
SECTION = {
    "file": "samples.csv",
    "x": "x",
    "y": "y",
    "crs": "EPSG:32633",
    "elements": "^(?P<element>[A-Z][a-z]?)_(?P<unit>ppm)$",
    "batch": "job",
    "quality": {
        "column": "type",
        "survey": ["S"],
        "reference": ["STD"],
        "blank": ["BLK"],
        "field_duplicate": ["FDUP"],
        "laboratory_duplicate": ["LDUP"],
        "material": "standard",
        "sample": "sample",
        "original": "original",
        "order": "number",
        "certified": "certified.csv",
    },
}


def levels() -> np.ndarray:
    """Return an ordinary concentration of each element in ppm."""
    table = element_table().loc[ELEMENTS]
    return np.sqrt(table["median_low_ppm"] * table["median_high_ppm"]).to_numpy(dtype=float)


def by_element(default: float, **others: float) -> np.ndarray:
    """Return a number for each element."""
    return np.array([others.get(element, default) for element in ELEMENTS])


def tables(seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the table of samples with its rows of control, and the certified values."""
    rng = np.random.default_rng(seed)
    middle, many = levels(), len(ELEMENTS)
    sampling = by_element(SAMPLING, Au=0.7, W=0.5)
    analysis = by_element(ANALYSIS, Sb=0.2, Te=0.3, Au=0.15)
    limit = middle * by_element(0.05, Te=0.6)
    fields = np.stack([gaussian_filter(rng.normal(size=(SIDE, SIDE)), 2).ravel() for _ in ELEMENTS], axis=1)
    fields = 0.5 * fields / fields.std(axis=0) + rng.normal(0, 0.15, fields.shape)
    true = middle * np.exp(fields)
    taken = true * np.exp(rng.normal(size=true.shape) * sampling)
    twice, again = (rng.permutation(SIDE**2)[:PAIRS] for _ in range(2))
    names = np.array([f"S{number:04d}" for number in range(SIDE**2)])
    materials = np.array(list(MATERIALS))[np.arange(RESULTS) % len(MATERIALS)]
    certified = {name: middle * share for name, share in MATERIALS.items()}
    iron = middle * by_element(0.0, Fe=0.6) * np.exp(rng.normal(0, 0.03, (BLANKS, 1)))
    second = true[twice] * np.exp(rng.normal(size=(PAIRS, many)) * sampling)
    parts = [
        ("S", names, "", "", taken),
        ("FDUP", [f"F{number:03d}" for number in range(PAIRS)], names[twice], "", second),
        ("LDUP", [f"L{number:03d}" for number in range(PAIRS)], names[again], "", taken[again]),
        ("STD", [f"R{k:03d}" for k in range(RESULTS)], "", materials, np.stack([certified[one] for one in materials])),
        ("BLK", [f"B{number:03d}" for number in range(BLANKS)], "", "", 0.2 * limit + iron),
    ]  # fmt: skip
    about = pd.concat(
        [
            pd.DataFrame({"sample": name, "type": kind, "original": of, "standard": material})
            for kind, name, of, material, _ in parts
        ],
        ignore_index=True,
    )
    order = rng.permutation(len(about))
    about, values = (
        about.iloc[order].reset_index(drop=True),
        np.concatenate([part[-1] for part in parts])[order],
    )
    when = np.arange(len(about)) / (len(about) - 1)
    factor = by_element(1.0, Mo=0.82) * by_element(1.0, Sn=1.25) ** (when[:, None] - 0.5)
    values = values * factor * np.exp(rng.normal(size=values.shape) * analysis)
    blank = np.flatnonzero((about["type"] == "BLK") & (when > 0))
    values[blank] += by_element(0.0, Hg=0.4, Cu=0.02) * values[blank - 1]
    place = {name: divmod(number, SIDE) for number, name in enumerate(names)}
    spots = [
        place.get(one if one in place else of)
        for one, of in zip(about["sample"], about["original"], strict=True)
    ]
    for axis, (start, part) in {"x": (500_000, 1), "y": (6_000_000, 0)}.items():
        about[axis] = [None if spot is None else start + SPACING * spot[part] for spot in spots]
    about["number"] = np.arange(1, len(about) + 1)
    about["job"] = [f"J{1 + int(4 * one)}" for one in when * 0.999]
    for j, element in enumerate(ELEMENTS):
        below = f"<{limit[j]:.3g}"
        about[f"{element}_ppm"] = [f"{one:.4g}" if one >= limit[j] else below for one in values[:, j]]
    rows = [
        (name, element, value, 0.03 * value, 0.006 * value, "ppm")
        for name, held in certified.items()
        for element, value in zip(ELEMENTS, held, strict=True)
    ]
    return about, pd.DataFrame(rows, columns=["material", "element", "value", "sd", "interval", "unit"])


def judged(seed: int) -> Quality:
    """Return what quality control says of the simulated survey."""
    samples, certified = tables(seed)
    section = with_defaults(SECTION, schema()["properties"]["samples"])
    values = certified_values(certified, section, "certified.csv")
    return assess(read_analyses(samples, section), section["quality"], values)


def measure(seeds: int) -> pd.DataFrame:
    """Return for each element how often it failed."""
    fails = [judged(seed).elements.set_index("element")["verdict"] == "fails" for seed in range(seeds)]
    return pd.DataFrame({"fault": pd.Series(FAULTS), "failed": pd.concat(fails, axis=1).mean(axis=1)})


def main() -> None:
    """Write the tables, or count."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--seeds", type=int, default=0)
    given = parser.parse_args()
    if given.folder:
        for name, table in zip(("samples", "certified"), tables(5), strict=True):
            table.to_csv(given.folder / f"{name}.csv", index=False)
        section = yaml.safe_dump({"samples": SECTION}, sort_keys=False)
        (given.folder / "section.yaml").write_text(section, encoding="utf-8")
    if given.seeds:
        print(measure(given.seeds).sort_values("failed").to_string())


if __name__ == "__main__":
    main()
