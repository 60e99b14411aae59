"""The simulated survey: what a user gets of it, its truth, and its three faults one at a time."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from geohalo.errors import InputError
from geohalo.simulated_deposits import COMMODITIES, deposit_type, simulated_commodities
from geohalo.simulated_region import survey_crs
from geohalo.survey.elements import element_table
from geohalo.survey.simulate import SimulatedSurvey, close_majors, simulate_survey
from geohalo.survey.simulation.faults import (
    Patches,
    column_name,
    map_sheets,
    report_column,
    significant_texts,
)
from geohalo.survey.simulation.fields import gaussian_field, near_sources, row_blocks, spawn_generators
from geohalo.survey.simulation.geology import (
    ALONG_SCALE,
    HOSTED,
    LACKS,
    ZONES,
    Halos,
    camps_of,
    draw_deposit_halos,
    hosted_deposits,
)
from geohalo.survey.simulation.layout import draw_structures, lay_out_samples, place_deposits
from geohalo.survey.simulation.signatures import (
    ANTHROPOGENIC_ELEMENTS,
    ANTHROPOGENIC_TYPES,
    BARREN_TYPES,
    DETECTION_LIMIT_SHARE,
    ELEMENTS,
    HALO_TYPES,
    HOSTS,
    IN_PPB,
    LITHOLOGIES,
    NUGGET,
    OVERBURDEN,
    OXIDES,
    REGIONAL_FACTORS,
)
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Proj, Transformer
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.ndimage import maximum_filter
from scipy.spatial import KDTree
from scipy.spatial.distance import pdist
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

SPACING = 2000.0
HEADERS = [column_name(element) for element in ELEMENTS]


@cache
def survey(
    anthropogenic: float = 0,
    overburden: float = 0,
    laboratory: float = 0,
    samples: int = 3000,
    deposits: int = 25,
    seed: int = 7,
) -> SimulatedSurvey:
    faults = {"anthropogenic": anthropogenic, "overburden": overburden, "laboratory": laboratory}
    section = {"seed": seed, "samples": samples, "spacing": SPACING, "deposits": deposits, "faults": faults}
    return simulate_survey(section)


def concentrations(result: SimulatedSurvey) -> pd.DataFrame:
    """Reported numbers by element; NaN where missing or below the limit."""
    numbers = result.samples[HEADERS].apply(pd.to_numeric, errors="coerce")
    return numbers.set_axis(list(ELEMENTS), axis=1)


def centred_log_ratio(result: SimulatedSurvey) -> pd.DataFrame:
    logs = np.log(concentrations(result))
    return logs.sub(logs.mean(axis=1), axis=0)


def truth_at_samples(result: SimulatedSurvey, layer: str, window: int = 1) -> np.ndarray:
    """Truth of the cell that each sample is in, or the largest of a window of cells around it."""
    values = maximum_filter(result.truth[layer].to_numpy(), size=window, mode="nearest")
    cell = SPACING / 2
    west, north = result.truth.x[0].item() - cell / 2, result.truth.y[0].item() + cell / 2
    column = ((result.samples["x"] - west) // cell).astype(int)
    row = ((north - result.samples["y"]) // cell).astype(int)
    return values[row, column]


# --- what a user gets


def test_same_seed_gives_the_same_survey():
    one, other = (survey.__wrapped__(1, 1, 1, samples=400) for _ in range(2))
    pd.testing.assert_frame_equal(one.samples, other.samples)
    pd.testing.assert_frame_equal(one.deposits, other.deposits)
    assert one.truth.identical(other.truth)


def test_another_seed_gives_another_survey():
    one, other = survey(samples=400), survey(samples=400, seed=8)
    assert (one.samples["Cu_ppm"] != other.samples["Cu_ppm"]).mean() > 0.9
    assert not one.deposits.equals(other.deposits)


def test_table_is_the_39_element_scheme_in_its_units():
    samples = survey(1, 1, 1).samples
    assert list(samples) == ["sample", "x", "y", "batch", *HEADERS]
    assert len(HEADERS) == 39
    traces = "Ag As Au B Ba Be Bi Cd Co Cr Cu F Hg La Li Mn Mo Nb Ni P Pb Sb Sn Sr Th Ti U V W Y Zn Zr"
    assert " ".join(header.split("_")[0] for header in HEADERS if not header.endswith("pct")) == traces
    percent = {"Al2O3", "CaO", "Fe2O3", "K2O", "MgO", "Na2O", "SiO2"}
    assert {header[:-4] for header in HEADERS if header.endswith("_pct")} == percent
    assert {header[:-4] for header in HEADERS if header.endswith("_ppb")} == {"Ag", "Au", "Cd", "Hg"}
    assert samples["sample"].is_unique


@pytest.mark.parametrize("n_samples", [100, 437, 3000])
def test_one_sample_in_each_square(n_samples):
    layout = lay_out_samples(n_samples, SPACING, np.random.default_rng(3))
    assert layout.sites.shape == (n_samples, 2)
    assert len(np.unique(layout.squares, axis=0)) == n_samples
    assert pdist(layout.sites).min() >= 0.2 * SPACING
    west, south = layout.x[0] - SPACING / 4, layout.y[-1] - SPACING / 4
    np.testing.assert_array_equal((layout.sites - [west, south]) // SPACING, layout.squares)


def test_default_survey_has_the_size_of_its_scheme():
    result = survey()
    assert len(result.samples) == 3000
    assert len(result.deposits) == 25
    extent = np.ptp(result.samples[["x", "y"]].to_numpy(), axis=0) / 1000
    np.testing.assert_allclose(extent, [104, 116], atol=6)
    assert result.crs == "EPSG:32648"


def test_truth_is_a_described_raster_of_half_the_spacing():
    result = survey(1, 1, 1)
    truth = result.truth
    assert set(truth.data_vars) == {"halo", "halo_weak", "false", "overburden", "lithology"}
    assert np.unique(np.diff(truth.x)).tolist() == [SPACING / 2]
    assert np.unique(np.diff(truth.y)).tolist() == [-SPACING / 2]
    for name, layer in truth.data_vars.items():
        assert layer.dims == ("y", "x"), name
        assert layer.attrs["units"] == "1"
        assert layer.attrs["long_name"]
        if name != "lithology":
            assert 0 == layer.min() < layer.max() <= 1, name
    assert set(np.unique(truth.lithology)) == set(range(len(LITHOLOGIES)))
    covered = truth.overburden > 0.3
    np.testing.assert_array_equal(truth.halo_weak, truth.halo.where(covered, 0))
    assert 0.1 < covered.mean() < 0.3


def test_medians_are_near_the_upper_crust():
    table = element_table().loc[list(ELEMENTS)]
    ppm = concentrations(survey(1, 1, 0)).median()
    for element in ELEMENTS:
        if element in OXIDES:
            ppm[element] *= 1e4 * table.oxide_to_element[element]
        elif element in IN_PPB:
            ppm[element] /= 1e3
    ratio = ppm / table.upper_crust_ppm
    assert ratio.between(1 / 2, 2).all(), ratio[~ratio.between(1 / 2, 2)]


@pytest.mark.parametrize("seed", [1, 7])
def test_major_oxides_leave_room_for_the_rest(seed):
    total = concentrations(survey(seed=seed))[list(OXIDES)].sum(axis=1)
    assert total.max() < 100
    assert 85 < total.median() < 96
    assert total.min() > 60


def test_closure_worked_example():
    ratio = np.ones(len(ELEMENTS))
    sediment = np.zeros((2, len(ELEMENTS)))
    silica, lime, titania, copper = (ELEMENTS.index(e) for e in ("Si", "Ca", "Ti", "Cu"))
    sediment[:, titania] = 1e4
    sediment[:, copper] = 30
    # 5 per cent of volatiles leave 95. No lime in excess: 45 + 1.5 + 1 = 47.5 becomes 95.
    sediment[0, silica], sediment[0, lime] = 45e4, 1.5e4
    # 20 of lime in excess bring 15.7 of carbon dioxide: 100.7 in all.
    sediment[1, silica], sediment[1, lime] = 60e4, 24e4
    closed = close_majors(sediment, ratio)
    np.testing.assert_allclose(closed[0, [silica, lime, titania]], [90e4, 3e4, 2e4])
    np.testing.assert_allclose(closed[1, [silica, lime, titania]], np.array([60e4, 24e4, 1e4]) * 95 / 100.7)
    np.testing.assert_array_equal(closed[:, copper], sediment[:, copper])


def test_a_sample_of_much_titanium_is_closed_to_shares_above_nothing():
    sediment = np.full((1, len(ELEMENTS)), 1e4)
    sediment[0, ELEMENTS.index("Ti")] = 300e4
    closed = close_majors(sediment, np.ones(len(ELEMENTS)))
    assert closed.min() > 0
    kept = [ELEMENTS.index(element) for element in (*OXIDES, "Ti", "Mn", "P")]
    assert closed[0, kept].sum() == pytest.approx(95e4)


# --- deposits and their halos


@pytest.mark.parametrize("seed", range(6))
def test_deposits_form_groups_near_samples(seed):
    rng = np.random.default_rng(seed)
    layout = lay_out_samples(3000, SPACING, rng)
    structures = draw_structures(layout, 45.0, rng)
    chosen = place_deposits(structures, 25, rng)
    deposits = structures.points[chosen]
    assert structures.fertile[chosen].all()
    assert pdist(deposits).min() >= 1000
    assert KDTree(layout.sites).query(deposits)[0].max() <= 0.75 * SPACING
    assert len(set(fcluster(linkage(deposits, "single"), 8000, "distance"))) >= 8


def test_too_many_deposits_name_the_key_and_the_fix():
    with pytest.raises(InputError, match=r"simulate\.deposits: 5000 deposits.*Lower simulate\.deposits"):
        survey(samples=100, deposits=5000)


def test_as_many_deposits_as_places_still_fit():
    rng = np.random.default_rng(0)
    structures = draw_structures(lay_out_samples(100, SPACING, rng), 30.0, rng)
    chosen = place_deposits(structures, len(structures.fertile), rng)
    assert sorted(chosen) == list(range(len(structures.fertile)))


@pytest.mark.parametrize("azimuth", [0.0, 30.0, 90.0, 140.0])
def test_halo_is_an_ellipse_along_its_azimuth(azimuth):
    axis = np.arange(-20_000, 20_001, 250.0)
    places = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    one = [np.array([value]) for value in (azimuth, 5000.0, 2000.0, 0.8)]
    halo = Halos(np.zeros((1, 2)), *one, {"main": np.zeros((1, len(ELEMENTS)))}).share(places)
    assert halo.max() == pytest.approx(0.8)
    moments = np.cov(places.T, aweights=halo, bias=True)
    along = np.array([np.sin(np.deg2rad(azimuth)), np.cos(np.deg2rad(azimuth))])
    across = np.array([along[1], -along[0]])
    # exp(-(u/a)^2) has the variance a^2 / 2
    assert along @ moments @ along == pytest.approx(5000**2 / 2, rel=1e-3)
    assert across @ moments @ across == pytest.approx(2000**2 / 2, rel=1e-3)
    assert along @ moments @ across == pytest.approx(0, abs=1e3)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_halos_of_a_survey_follow_its_strike(seed):
    result = survey(samples=1000, deposits=3, seed=seed)
    x, y = np.meshgrid(result.truth.x, result.truth.y)
    cells, halo = np.column_stack([x.ravel(), y.ravel()]), result.truth.halo.to_numpy().ravel()
    deposits = KDTree(result.deposits[["x", "y"]].to_numpy())
    apart = deposits.query(deposits.data, k=2)[0][:, 1]
    lonely = int(np.argmax(apart))  # two deposits share a camp, the third one has its own
    assert apart[lonely] > 10_000
    weight = np.where(deposits.query(cells)[1] == lonely, halo, 0)
    values, vectors = np.linalg.eigh(np.cov(cells.T, aweights=weight))
    strike = np.deg2rad(result.truth.attrs["strike"])
    assert np.sqrt(values[1] / values[0]) > 1.4
    assert abs(vectors[:, 1] @ [np.sin(strike), np.cos(strike)]) > np.cos(np.deg2rad(35))


@pytest.mark.parametrize("kind", COMMODITIES)
def test_halos_are_rich_in_the_few_elements_of_the_survey_s_type(kind):
    """Two to four elements, those that are mined among them, and not all that make a halo stand out at once."""
    seeds = [seed for seed in range(8) if deposit_type({"seed": seed}) == kind]
    contrasts = []
    for seed in seeds:
        result = survey(seed=seed)
        assert set(result.deposits["type"]) == {kind}
        halo, ratios = truth_at_samples(result, "halo"), centred_log_ratio(result)
        far = ratios[halo < 0.02]
        contrasts.append((ratios[halo > 0.5].mean() - far.mean()) / far.std())
    contrast = pd.concat(contrasts, axis=1).mean(axis=1)
    rich = {element for zone in ("core", "main", "front") for element in HALO_TYPES[kind][zone]}
    assert 2 <= len(rich) <= 4
    assert set(COMMODITIES[kind]) <= rich
    assert set(COMMODITIES[kind]) & set(contrast.nlargest(3).index)
    # A camp may lack an element, and two surveys have two dozen camps.
    assert contrast[list(rich)].mean() > 0.25, contrast[list(rich)]
    assert (contrast[list(COMMODITIES[kind])] > 0.2).all(), contrast[list(COMMODITIES[kind])]
    assert contrast[list(COMMODITIES[kind])].mean() < 2


def test_types_of_deposits_follow_seed_and_config():
    assert [deposit_type({"seed": seed}) for seed in (0, 1, 2, 3, 4)] == [*COMMODITIES, "nickel"]
    assert deposit_type({"seed": 0, "deposit_type": "any"}) == "nickel"
    assert simulated_commodities({"seed": 7}) == ["Au"]
    gold = {"seed": 0, "deposit_type": "gold"}
    assert simulated_commodities(gold) == ["Au"]
    assert simulated_commodities(gold | {"commodities": []}) == []
    assert simulated_commodities(gold | {"commodities": ["Cu"]}) == ["Cu"]
    assert COMMODITIES.keys() == HALO_TYPES.keys() == HOSTS.keys()


def test_deposits_differ_in_strength():
    result = survey()
    near = [
        result.truth.halo.sel(x=deposit.x, y=deposit.y, method="nearest").item()
        for deposit in result.deposits.itertuples()
    ]
    assert min(near) < 0.45 < 0.9 < max(near)


def test_a_camp_shares_its_mixture_and_may_lack_elements():
    rng = np.random.default_rng(0)
    centres = np.repeat(np.arange(400.0)[:, None] * [20_000.0, 0.0], 2, axis=0)
    centres[1::2, 0] += 7_000  # 400 camps of two, 13 km apart
    assert camps_of(centres).tolist() == np.repeat(camps_of(centres)[::2], 2).tolist()
    halos = draw_deposit_halos(centres, np.zeros(800), "massive sulphide", rng)
    main = halos.shifts["main"]
    np.testing.assert_array_equal(main[::2], main[1::2])
    copper, silver, lead, chromium = (ELEMENTS.index(element) for element in ("Cu", "Ag", "Pb", "Cr"))
    core = halos.shifts["core"][::2, copper]
    assert (core == 0).mean() == pytest.approx(LACKS[True], abs=0.05)
    assert (main[::2, silver] == 0).mean() == pytest.approx(LACKS[False], abs=0.07)
    assert (main[::2, lead] == 0).all()
    # A lognormal of mean 1, times the strength, in those camps that have it.
    assert core.mean() == pytest.approx(
        (1 - LACKS[True]) * HALO_TYPES["massive sulphide"]["core"]["Cu"], rel=0.15
    )
    # All camps move along the factor, that of chromium and others.
    loading = ALONG_SCALE * REGIONAL_FACTORS["ferromagnesian"]["Cr"]
    assert (main[::2, chromium] > 0).all()
    assert main[::2, chromium].mean() == pytest.approx(loading, rel=0.1)


def test_most_camps_lie_in_their_host_rock_and_most_of_it_is_barren():
    alone = np.arange(20.0)[:, None] * [20_000.0, 0.0]
    assert len(hosted_deposits(alone, np.random.default_rng(0))) == round(HOSTED * 20)
    shares, halos = [], []
    for seed in range(8):
        result = survey(seed=seed)
        code = list(LITHOLOGIES).index(HOSTS[deposit_type({"seed": seed})])
        host = result.truth.lithology == code
        places = {axis: xr.DataArray(result.deposits[axis], dims="deposit") for axis in ("x", "y")}
        at = result.truth.lithology.sel(places, method="nearest")
        shares.append(float((at == code).mean()))
        halos.append(float((result.truth.halo.where(host) > 0.2).sum() / host.sum()))
    assert 0.4 < np.mean(shares) < 0.9
    assert np.mean(halos) < 0.3


def test_held_out_half_is_neither_trivial_nor_hopeless():
    result = survey(1, 1, 0)
    ratios, halo = centred_log_ratio(result).to_numpy(), truth_at_samples(result, "halo")
    south = (result.samples["y"] < result.samples["y"].median()).to_numpy()
    used = (halo > 0.4) | (halo < 0.01)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, class_weight="balanced"))
    for train, test in ((used & south, used & ~south), (used & ~south, used & south)):
        score = model.fit(ratios[train], halo[train] > 0.4).decision_function(ratios[test])
        assert 0.7 < roc_auc_score(halo[test] > 0.4, score) < 0.99


# --- faults, one at a time


def test_faults_leave_the_ground_and_the_deposits_alone():
    clean, faulty = survey(), survey(1, 1, 1)
    pd.testing.assert_frame_equal(clean.deposits, faulty.deposits)
    pd.testing.assert_frame_equal(
        clean.samples[["sample", "x", "y", "batch"]], faulty.samples[["sample", "x", "y", "batch"]]
    )
    for layer in ("halo", "lithology"):
        assert clean.truth[layer].identical(faulty.truth[layer])
    for layer in ("false", "overburden", "halo_weak"):
        assert not clean.truth[layer].any()


def test_contamination_raises_its_elements_inside_its_patches_only():
    clean, dirty = survey(), survey(anthropogenic=1)
    outside = truth_at_samples(dirty, "false", window=3) == 0
    inside = truth_at_samples(dirty, "false") > 0.4
    assert outside.sum() > 2000
    assert inside.sum() > 20
    pd.testing.assert_frame_equal(clean.samples[outside], dirty.samples[outside])
    untouched = [column_name(element) for element in ELEMENTS if element not in ANTHROPOGENIC_ELEMENTS]
    pd.testing.assert_frame_equal(clean.samples[untouched], dirty.samples[untouched])
    shift = np.log(concentrations(dirty) / concentrations(clean))[list(ANTHROPOGENIC_ELEMENTS)]
    assert (shift >= 0).all(axis=None)
    assert (shift[inside].mean() > 0.03).all()
    assert (shift[inside][["Pb", "Zn", "Cd", "Hg"]].mean() > 0.25).all()


@pytest.mark.parametrize("seed", [1, 7])
def test_contamination_keeps_away_from_halos(seed):
    truth = survey(1, 1, 1, seed=seed).truth
    patches = truth.false > 0.1
    assert patches.sum() > 50
    assert (patches & (truth.halo > 0.3)).sum() < 0.05 * patches.sum()


def test_overburden_dilutes_what_lies_beneath_it():
    clean, covered = survey(), survey(overburden=1)
    bare = truth_at_samples(covered, "overburden", window=3) == 0
    assert bare.sum() > 1500
    pd.testing.assert_frame_equal(clean.samples[bare], covered.samples[bare])

    under = (truth_at_samples(covered, "halo") > 0.4) & (truth_at_samples(covered, "overburden") > 0.5)
    background = (truth_at_samples(covered, "halo") < 0.02) & bare
    assert under.sum() >= 5
    strong, weak = (
        np.log(concentrations(result))[list(HALO_TYPES["gold"]["main"])].pipe(
            lambda logs: logs[under].mean() - logs[background].mean()
        )
        for result in (clean, covered)
    )
    assert strong.mean() > 0.4
    assert weak.mean() < 0.6 * strong.mean()


@pytest.mark.parametrize("seed", range(4))
def test_every_survey_has_weak_anomalies(seed):
    truth = survey(1, 1, 1, samples=800, deposits=10, seed=seed).truth
    weak = (truth.halo_weak > 0.2).sum()
    assert 10 < weak < 0.7 * (truth.halo > 0.2).sum()


def test_perfect_laboratory_reports_every_value():
    reported = survey().samples[HEADERS]
    assert not reported.isna().any(axis=None)
    assert not reported.apply(lambda column: column.str.startswith("<")).any(axis=None)


def test_laboratory_shifts_one_batch_censors_and_skips():
    clean, faulty = survey(), survey(laboratory=1)
    reported, batch = faulty.samples[HEADERS], faulty.samples["batch"]
    censored = reported.apply(lambda column: column.str.startswith("<").fillna(False)).astype(bool)
    missing = reported.isna()
    ratio = concentrations(faulty) / concentrations(clean)
    changed = (ratio.notna() & (ratio != 1)).to_numpy()
    shifted_batch = batch[changed.any(axis=1)].unique()
    assert len(shifted_batch) == 1
    inside = (batch == shifted_batch[0]).to_numpy()
    shifted = changed.any(axis=0)
    assert 6 <= shifted.sum() <= 8  # a shifted element may be missing in the batch
    for values in ratio.loc[inside, shifted].to_numpy().T:
        assert abs(np.log(np.nanmedian(values))) > 0.3
        assert np.nanmax(values) / np.nanmin(values) < 1.03  # one factor, but for rounding

    assert set(censored.columns[censored.any()]) <= {
        column_name(element) for element in DETECTION_LIMIT_SHARE
    }
    assert 0.05 < censored["Au_ppb"].mean() < 0.4
    limit = float(reported.loc[censored["Au_ppb"], "Au_ppb"].unique().item().removeprefix("<"))
    # A value that is rounded to the limit may lie on either side of it.
    at_limit = np.isclose(concentrations(clean)["Au"], limit)
    kept = ~missing["Au_ppb"] & ~inside & ~at_limit
    assert at_limit.sum() < 10
    below = concentrations(clean)["Au"] < limit
    np.testing.assert_array_equal(censored["Au_ppb"][kept], below[kept])

    by_batch = missing.groupby(batch).mean()
    skipped = by_batch == 1
    assert skipped.to_numpy().sum() == 3
    assert skipped.any(axis=1).sum() == 1
    assert by_batch.where(~skipped).stack().mean() == pytest.approx(0.01, abs=0.002)


def test_strength_scales_a_fault():
    ordinary, strong = survey(1, 1, 1, samples=600), survey(2, 0.5, 2, samples=600)
    np.testing.assert_allclose(strong.truth.false, np.minimum(2 * ordinary.truth.false, 1), rtol=1e-5)
    np.testing.assert_allclose(strong.truth.overburden, ordinary.truth.overburden / 2, rtol=1e-5)
    censored = [
        result.samples[HEADERS]
        .apply(lambda column: column.str.startswith("<").fillna(False))
        .to_numpy(dtype=bool)
        .mean()
        for result in (ordinary, strong)
    ]
    assert censored[1] > 2 * censored[0] > 0
    assert strong.samples[HEADERS].isna().to_numpy().sum() > ordinary.samples[HEADERS].isna().to_numpy().sum()


@pytest.mark.parametrize("seed", [1, 7])
def test_every_element_stays_usable(seed):
    samples = survey(1, 1, 1, samples=600, seed=seed).samples[HEADERS]
    assert samples.isna().mean().max() < 0.2
    assert (
        samples.apply(lambda column: column.str.startswith("<").fillna(False)).astype(bool).mean().max() < 0.5
    )


# --- parts


def test_report_column_worked_example():
    values = np.array([0.0123456, 0.0499, 0.05, 0.123456, 5.0, 1234.5, 98765.4, 7.0])
    missing = np.array([False] * 7 + [True])
    column = report_column(values, missing, limit=0.0503)
    assert column[:7].tolist() == ["<0.05", "<0.05", "0.05", "0.123", "5", "1230", "98800"]
    assert column.isna().tolist() == missing.tolist()
    assert report_column(values, missing, limit=0.0)[0] == "0.0123"


def test_column_names():
    assert [column_name(element) for element in ("Cu", "Au", "Fe")] == ["Cu_ppm", "Au_ppb", "Fe2O3_pct"]


def test_map_sheets_are_square_blocks():
    squares = np.stack(np.meshgrid(np.arange(20), np.arange(20)), axis=-1).reshape(-1, 2)
    batch = map_sheets(squares)  # sqrt(400 / 20) = 4.5: blocks of 4 by 4 squares
    np.testing.assert_array_equal(batch, squares[:, 1] // 4 * 5 + squares[:, 0] // 4)


def test_signatures_name_elements_of_the_scheme():
    tables = [
        *LITHOLOGIES.values(),
        *REGIONAL_FACTORS.values(),
        *BARREN_TYPES.values(),
        *ANTHROPOGENIC_TYPES.values(),
    ]
    tables += [zone for kind in HALO_TYPES.values() for zone in kind.values()]
    tables += [OVERBURDEN, NUGGET, DETECTION_LIMIT_SHARE]
    for table in tables:
        assert set(table) <= set(ELEMENTS), set(table) - set(ELEMENTS)
    assert all(shift < 0 for kind in HALO_TYPES.values() for shift in kind["depleted"].values())
    assert all(shift > 0 for kind in ANTHROPOGENIC_TYPES.values() for shift in kind.values())


def test_spawned_generators_do_not_touch_each_other():
    one, other = spawn_generators(5, ["a", "b"]), spawn_generators(5, ["a", "b"])
    other["a"].normal(size=1000)
    assert one["b"].normal() == other["b"].normal()
    assert one["a"].normal() != spawn_generators(6, ["a", "b"])["a"].normal()


def test_field_is_a_function_of_the_place_alone():
    places = np.random.default_rng(0).uniform(0, 50_000, size=(200, 2))
    whole = gaussian_field(places, np.random.default_rng(1), (20_000, 5_000), 30)
    part = gaussian_field(places[50:60], np.random.default_rng(1), (20_000, 5_000), 30)
    np.testing.assert_allclose(part, whole[50:60], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("azimuth", [0.0, 60.0])
def test_field_is_standard_normal_and_follows_its_exponential_covariance(azimuth):
    centres = np.random.default_rng(0).uniform(0, 3_000_000, size=(6_000, 2))
    direction = np.array([np.sin(np.deg2rad(azimuth)), np.cos(np.deg2rad(azimuth))])
    along, across = centres + 5_000 * direction, centres + 5_000 * np.array([direction[1], -direction[0]])
    places = np.concatenate([centres, along, across])
    here, ahead, aside = gaussian_field(
        places, np.random.default_rng(1), (20_000, 5_000), azimuth, modes=1000
    ).reshape(3, -1)
    assert here.mean() == pytest.approx(0, abs=0.1)
    assert here.std() == pytest.approx(1, abs=0.1)
    assert np.corrcoef(here, ahead)[0, 1] == pytest.approx(np.exp(-5 / 20), abs=0.06)
    assert np.corrcoef(here, aside)[0, 1] == pytest.approx(np.exp(-1), abs=0.08)


def test_near_sources_are_all_within_reach():
    rng = np.random.default_rng(0)
    places, sources, reach = rng.uniform(0, 10, (300, 2)), rng.uniform(0, 10, (7, 2)), rng.uniform(0, 4, 7)
    found = dict(near_sources(places, sources, reach))
    distance = np.hypot(*(places[None] - sources[:, None]).T).T
    assert list(found) == list(range(7))
    for number, near in found.items():
        np.testing.assert_array_equal(near, np.flatnonzero(distance[number] <= reach[number]))


def test_row_blocks_are_all_rows():
    assert list(row_blocks(7, 3)) == [slice(0, 3), slice(3, 6), slice(6, 7)]


def random_halos(rng: np.random.Generator) -> Halos:
    n, zones = 5, list(ZONES)
    drawn = [
        rng.uniform(0, 180, n),
        rng.uniform(4e3, 6e3, n),
        rng.uniform(1e3, 3e3, n),
        rng.uniform(0.2, 1, n),
    ]
    shifts = {zone: rng.normal(size=(n, len(ELEMENTS))) for zone in zones}
    return Halos(rng.uniform(0, 2e5, (n, 2)), *drawn, shifts)


def test_halos_that_are_cut_off_give_the_sum_over_all_places():
    rng = np.random.default_rng(3)
    halos, places = random_halos(rng), rng.uniform(0, 2e5, (2000, 2))
    share, shift = np.ones(2000), np.zeros((2000, len(ELEMENTS)))
    for one in range(5):
        share *= 1 - halos.strength[one] * halos.shape(one, places)
        for zone, stretch in ZONES.items():
            strength = halos.strength[one] * halos.shape(one, places, *stretch)
            shift += strength[:, None] * halos.shifts[zone][one]
    np.testing.assert_allclose(halos.share(places), 1 - share, rtol=0, atol=1e-15)
    np.testing.assert_allclose(halos.log_shift(places), shift, rtol=0, atol=1e-14)


def test_patches_worked_example():
    places = np.array([[0.0, 0.0], [1000.0, 0.0], [2199.0, 0.0], [2201.0, 0.0]])
    one = Patches(np.zeros((1, 2)), np.array([1000.0]), np.array([0.5]), np.full((1, len(ELEMENTS)), 2.0))
    floor = np.exp(-(2.2**2) / 2)
    expected = 0.5 * (np.exp([0.0, -0.5, -(2.199**2) / 2]) - floor) / (1 - floor)
    np.testing.assert_allclose(one.share(places), [*expected, 0.0])
    np.testing.assert_allclose(one.log_shift(places)[:, 0], [*(2 * expected), 0.0])


@given(
    st.lists(
        st.floats(1e-9, 1e9) | st.integers(1, 99999).map(lambda k: k / 1000) | st.just(0.125),
        min_size=1,
        max_size=50,
    )
)
def test_texts_are_those_of_each_number_by_itself(numbers):
    texts, codes = significant_texts(np.array(numbers), 3)
    alone = [np.format_float_positional(one, precision=3, fractional=False, trim="-") for one in numbers]
    assert texts[codes].tolist() == alone


def test_a_wide_survey_lies_in_an_equal_area_crs_around_its_middle():
    assert survey_crs(90_000, 2000) == "EPSG:32648"
    assert survey_crs(90_001, 2000) == survey_crs(2_500_000, 2000) == "EPSG:6933"
    for samples in (100_000, 2_500_000):
        layout = lay_out_samples(samples // 100, 20_000.0, np.random.default_rng(0))
        to_degrees = Transformer.from_crs("EPSG:6933", "EPSG:4326", always_xy=True)
        longitude, latitude = to_degrees.transform(*layout.sites.mean(axis=0))
        scales = Proj("EPSG:6933").get_factors(longitude, latitude)
        assert (longitude, latitude) == (pytest.approx(102.6, abs=1), pytest.approx(30.4, abs=1))
        assert [scales.meridional_scale, scales.parallel_scale] == pytest.approx([1, 1], abs=0.02)
