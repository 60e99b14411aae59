"""A simulated survey with known truth, to show the workflow and to measure what it finds.

Random fields come from GSTools: it is maintained, published, LGPL, installs everywhere as a wheel,
knows anisotropic covariances, and its randomisation method evaluates a field at scattered samples
and on a grid at the same, linear cost.

The concentration of an element in a sample is built as::

    bedrock  = abundance * exp(lithology + regional factors + deposit halos + barren zones)
    ground   = (1 - cover) * bedrock + cover * transported material             (fault overburden)
    sediment = closed(ground * exp(nugget)) * exp(contamination)                (fault anthropogenic)
    reported = sediment * exp(batch shift), rounded, `<limit` or empty          (fault laboratory)

with published upper-crust abundances, and major and minor oxides closed to 100 per cent. Every part draws from a
generator of its own, and a fault of strength 0 still makes its draws: two surveys that differ in one
fault only can be compared sample by sample.

Of streams (`medium: stream`) a sample is the mean of the ground of its catchment, before the nugget.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from geohalo.simulated_deposits import deposit_type
from geohalo.simulated_region import survey_crs
from geohalo.survey.elements import element_table
from geohalo.survey.simulation.faults import (
    column_name,
    draw_cover,
    draw_laboratory,
    draw_patches,
    map_sheets,
    report_column,
)
from geohalo.survey.simulation.fields import row_blocks, spawn_generators
from geohalo.survey.simulation.geology import (
    Halos,
    draw_barren_zones,
    draw_deposit_halos,
    draw_lithologies,
    hosted_deposits,
    lithology_shift,
    nugget_shift,
    regional_shift,
)
from geohalo.survey.simulation.layers import MARGIN, SimulatedLayers, draw_layers
from geohalo.survey.simulation.layout import SampleLayout, draw_structures, lay_out_samples, place_deposits
from geohalo.survey.simulation.relief import Relief, Waters, draw_relief, put_into_streams, stream_ground
from geohalo.survey.simulation.signatures import (
    ELEMENTS,
    HOSTS,
    IN_PPB,
    LITHOLOGIES,
    OVERBURDEN,
    OXIDES,
    as_matrix,
)

PARTS = (
    "layout", "structures", "deposits", "lithology", "regional", "halos", "barren", "nugget",
    "anthropogenic", "overburden", "laboratory", "hosts", "provinces", "layers", "mapping", "relief",
    "streams",
)  # fmt: skip
WEAK_COVER = 0.3
MOST_COVER = 0.95
OTHER_VOLATILES = 5.0  # per cent
MINORS = ("Ti", "Mn", "P")  # their oxides are a per cent or less of most samples


@dataclass(frozen=True)
class SimulatedSurvey:
    """A survey and what is true of it.

    Attributes
    ----------
    samples : pandas.DataFrame
        One row per sample, as a laboratory delivers it: `sample`, `x`, `y` (metres), `batch` and a
        text column for each element, such as `Cu_ppm`, `Au_ppb` or `SiO2_pct`.
    deposits : pandas.DataFrame
        Known deposits: `name`, `x`, `y` (metres), `type` (the same for all).
    truth : xarray.Dataset
        On (y, x), y descending, cells of half the sample spacing: `halo`, `halo_weak`, `false`,
        `overburden` (0 to 1) and `lithology` (int); with layers, `magnetics` (nT) as well, and of streams `ground`
        (element, y, x; ppm), what samples are mixtures of. For evaluation only.
    crs : str
        Metric CRS of all of them (`geohalo.simulated_region`).
    layers : SimulatedLayers or None
        What is known of the ground beside the samples, where the section asks for it.
    relief : Relief or None
        Heights, of a survey of streams.
    """

    samples: pd.DataFrame
    deposits: pd.DataFrame
    truth: xr.Dataset
    crs: str
    layers: SimulatedLayers | None = None
    relief: Relief | None = None


def simulate_survey(section: Mapping[str, Any], waters: Waters | None = None) -> SimulatedSurvey:
    """Simulate a regional geochemical survey.

    Parameters
    ----------
    section : mapping
        Config section `simulate` with all defaults filled in: `seed`, `samples`, `spacing` (m),
        `deposits`, `deposit_type` (see `geohalo.simulated_deposits`), and `faults` with the strengths
        (0 off, 1 ordinary) `anthropogenic`, `overburden` and `laboratory`; `covariates`, whether there are
        layers beside the samples, which change nothing else (default no); `medium`, `soil` (the default) or
        `stream`.
    waters : Waters, optional
        What finds the ways of water; needed for streams.

    Returns
    -------
    SimulatedSurvey
        The same for the same section, value by value.

    Raises
    ------
    InputError
        If so many deposits do not fit into so small a survey.
    """
    rng = spawn_generators(section["seed"], PARTS)
    faults = section["faults"]
    layout, relief = _lay_out(section, waters, rng)
    strike = float(rng["structures"].uniform(20, 70))
    structures = draw_structures(layout, strike, rng["structures"])
    places = structures.select(place_deposits(structures, section["deposits"], rng["deposits"]))
    kind = deposit_type(section)
    halos = draw_deposit_halos(places.points, places.azimuth, kind, rng["halos"])
    barren = draw_barren_zones(layout, structures, places.points, kind, rng["barren"])
    hosted = hosted_deposits(places.points, rng["hosts"])
    lithology = draw_lithologies(layout, strike, rng["lithology"], hosted, HOSTS[kind])
    patches = draw_patches(layout, places.points, rng["anthropogenic"])
    cover_at_sites, cover_of_cells = _cover(layout, places.points, faults["overburden"], rng["overburden"])

    # A stream sample has the ground of all cells upstream, another that of its site.
    sampled = layout if relief is None else replace(layout, sites=layout.cells)
    log_shift = _bedrock_shift(sampled, lithology, strike, [halos, barren], rng)
    ground = _ground(log_shift, cover_at_sites if relief is None else cover_of_cells)
    mixture = ground
    if relief is not None and waters is not None:
        mixture = stream_ground(layout, relief, waters).mix(ground)
    sediment = _sediment(mixture, nugget_shift(len(layout.sites), rng["nugget"]))
    _contaminate(sediment, patches.log_shift(layout.sites), faults["anthropogenic"])

    samples = _report(sediment, layout, faults["laboratory"], rng["laboratory"])
    false = np.minimum(faults["anthropogenic"] * patches.share(layout.cells), 1.0)
    truth = _truth(layout, halos.share(layout.cells), false, cover_of_cells, lithology)
    crs = survey_crs(section["samples"], section["spacing"])
    truth.attrs |= {"crs": crs, "strike": strike}
    if relief is not None:
        truth["ground"] = _true_ground(ground, truth["halo"].shape)
    layers = None
    if section.get("covariates"):
        layers = draw_layers(layout, lithology, structures, crs, rng["layers"], rng["mapping"])
        truth["magnetics"] = _useless(layers)
    return SimulatedSurvey(samples, _deposit_table(places.points, kind), truth, crs, layers, relief)


def _lay_out(
    section: Mapping[str, Any], waters: Waters | None, rng: Mapping[str, np.random.Generator]
) -> tuple[SampleLayout, Relief | None]:
    """Lay out the samples, those of streams in the streams of a relief."""
    layout = lay_out_samples(section["samples"], section["spacing"], rng["layout"])
    if section.get("medium") != "stream":
        return layout, None
    if waters is None:
        raise ValueError("a survey of streams needs what finds the ways of water")
    relief = draw_relief(layout, waters, rng["relief"])
    return put_into_streams(layout, relief, rng["streams"]), relief


def _cover(
    layout: SampleLayout, deposits: np.ndarray, strength: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return the share of transported cover at the sites and in the cells, never all of the material."""
    cover = draw_cover(layout, deposits, rng)
    at_sites, of_cells = np.split(np.minimum(strength * cover, MOST_COVER), [len(layout.sites)])
    return at_sites, of_cells


def _bedrock_shift(
    sampled: SampleLayout,
    lithology: np.ndarray,
    strike: float,
    zones: Sequence[Halos],
    rng: Mapping[str, np.random.Generator],
) -> np.ndarray:
    """Add up what the bedrock has above its abundances (ln): rocks, regional factors, halos and barren zones."""
    # Added up in place: of a national survey each part is as large as the table of samples.
    log_shift = lithology_shift(lithology, sampled)
    log_shift += regional_shift(sampled.sites, strike, rng["regional"], rng["provinces"])
    for zone in zones:
        log_shift += zone.log_shift(sampled.sites)
    return log_shift


def _constants() -> tuple[np.ndarray, np.ndarray]:
    """Upper-crust abundance in ppm and mass of the element in its oxide, both in the order of `ELEMENTS`."""
    table = element_table().loc[list(ELEMENTS)]
    return table["upper_crust_ppm"].to_numpy(dtype=float), table["oxide_to_element"].to_numpy(dtype=float)


def _ground(log_shift: np.ndarray, cover: np.ndarray) -> np.ndarray:
    """Mix bedrock with cover (share of each place); ppm in place of shifts."""
    abundance, _ = _constants()
    blanket = abundance * np.exp(as_matrix([OVERBURDEN]))
    for rows in row_blocks(len(log_shift)):
        bedrock = abundance * np.exp(log_shift[rows])
        log_shift[rows] = bedrock + cover[rows, None] * (blanket - bedrock)
    return log_shift


def _sediment(ground: np.ndarray, nugget: np.ndarray) -> np.ndarray:
    """Add the nugget to the ground of samples and close the majors; ppm, in place."""
    _, oxide_to_element = _constants()
    for rows in row_blocks(len(ground)):
        ground[rows] = close_majors(ground[rows] * np.exp(nugget[rows]), oxide_to_element)
    return ground


def _contaminate(sediment: np.ndarray, contamination: np.ndarray, strength: float) -> None:
    """Add contamination (ln) of that strength to sediment in ppm, in place."""
    for rows in row_blocks(len(sediment)):
        sediment[rows] *= np.exp(strength * contamination[rows])


def close_majors(sediment: np.ndarray, oxide_to_element: np.ndarray) -> np.ndarray:
    """Scale the major and minor oxides of each sample so that they and the volatiles make 100 per cent.

    Volatiles (water, carbon dioxide, organic matter; not reported) are 5 per cent plus the carbon
    dioxide of carbonates, of which the lime and magnesia in excess of the crust's 4 and 3 per cent
    are taken as the oxides (mass ratios 0.785 and 1.092).

    Parameters
    ----------
    sediment : ndarray, shape (samples, elements)
        Concentrations in ppm of the element, in the order of `ELEMENTS`.
    oxide_to_element : ndarray, shape (elements,)
        Mass of the element in its oxide.

    Returns
    -------
    ndarray, shape (samples, elements)
        Traces as given, majors and minors (Ti, Mn, P) scaled by one factor per sample.
    """
    percent = sediment / oxide_to_element / 1e4
    scaled = [ELEMENTS.index(element) for element in (*OXIDES, *MINORS)]
    lime, magnesia = percent[:, ELEMENTS.index("Ca")], percent[:, ELEMENTS.index("Mg")]
    dioxide = 0.785 * np.clip(lime - 4.0, 0, None) + 1.092 * np.clip(magnesia - 3.0, 0, None)
    # Carbon dioxide is scaled with the lime and magnesia that it belongs to.
    total = percent[:, scaled].sum(axis=1) + dioxide
    closed = sediment.copy()
    closed[:, scaled] *= ((100.0 - OTHER_VOLATILES) / total)[:, None]
    return closed


def _report(
    sediment: np.ndarray, layout: SampleLayout, strength: float, rng: np.random.Generator
) -> pd.DataFrame:
    """Turn concentrations in ppm into the laboratory's table; they are overwritten."""
    abundance, oxide_to_element = _constants()
    batch = map_sheets(layout.squares)
    faults = draw_laboratory(batch, abundance, strength, rng)
    sediment[faults.shifted] *= np.exp(faults.log_shift)
    sheets = pd.array([f"sheet {number:02d}" for number in range(1, batch.max() + 2)], dtype="str")
    columns: dict[str, Any] = {
        "sample": [f"D{number:05d}" for number in range(1, len(batch) + 1)],
        "x": layout.sites[:, 0].round(1),
        "y": layout.sites[:, 1].round(1),
        "batch": sheets.take(batch),
    }
    for index, element in enumerate(ELEMENTS):
        per_unit = 1e3 if element in IN_PPB else 1.0
        if element in OXIDES:
            per_unit = 1e-4 / oxide_to_element[index]
        columns[column_name(element)] = report_column(
            sediment[:, index] * per_unit, faults.missing[:, index], faults.limit[index] * per_unit
        )
    return pd.DataFrame(columns)


def _deposit_table(points: np.ndarray, kind: str) -> pd.DataFrame:
    """List the known deposits as a user would."""
    names = [f"Deposit {number:02d}" for number in range(1, len(points) + 1)]
    x, y = points.round(1).T
    return pd.DataFrame({"name": names, "x": x, "y": y, "type": kind})


def _truth(
    layout: SampleLayout,
    halo: np.ndarray,
    false: np.ndarray,
    cover: np.ndarray,
    lithology: np.ndarray,
) -> xr.Dataset:
    """Collect the truth layers with their metadata."""
    described = {
        "halo": (halo, "strength of the deposits' halos in the bedrock"),
        "halo_weak": (
            np.where(cover > WEAK_COVER, halo, 0.0),
            f"halo where cover takes a share over {WEAK_COVER}",
        ),
        "false": (false, "share of contamination (false anomalies)"),
        "overburden": (cover, "share of transported cover in the sampled material"),
    }
    shape = (len(layout.y), len(layout.x))
    layers = {
        name: (
            ("y", "x"),
            values.reshape(shape).astype(np.float32),
            {"units": "1", "long_name": meaning},
        )
        for name, (values, meaning) in described.items()
    }
    rocks: dict[str, Any] = {
        "flag_values": np.arange(len(LITHOLOGIES)),
        "flag_meanings": " ".join(name.replace(" ", "_") for name in LITHOLOGIES),
    }
    layers["lithology"] = (
        ("y", "x"),
        lithology.astype(np.int16),
        {"units": "1", "long_name": "lithology", **rocks},
    )
    axes = {
        axis: (
            axis,
            getattr(layout, axis),
            {"units": "m", "standard_name": f"projection_{axis}_coordinate"},
        )
        for axis in "xy"
    }
    title = "Truth of the simulated survey; for evaluation only"
    return xr.Dataset(layers, coords=axes, attrs={"title": title})


def _true_ground(ground: np.ndarray, shape: tuple[int, ...]) -> xr.DataArray:
    """Return the truth of what stream samples are mixtures of."""
    meaning = "concentration in the ground that water takes up, before nugget, contamination and laboratory"
    return xr.DataArray(
        ground.T.reshape(len(ELEMENTS), *shape).astype(np.float32),
        dims=("element", "y", "x"),
        coords={"element": list(ELEMENTS)},
        attrs={"units": "ppm", "long_name": meaning},
    )


def _useless(layers: SimulatedLayers) -> tuple[tuple[str, str], np.ndarray, dict[str, str]]:
    """Return the truth of the magnetic field, and that it is of no use."""
    meaning = "magnetic anomaly, a random field that has nothing to do with deposits, rocks or elements"
    inside = layers.magnetics[MARGIN:-MARGIN, MARGIN:-MARGIN]
    return ("y", "x"), inside, {"units": "nT", "long_name": meaning}
