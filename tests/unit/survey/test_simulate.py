"""The simulated survey: what a user gets of it, its truth, its deposits and their halos."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from geohalo.errors import InputError
from geohalo.simulated_deposits import COMMODITIES, deposit_type, simulated_commodities
from geohalo.survey.elements import element_table
from geohalo.survey.simulate import SimulatedSurvey, close_majors
from geohalo.survey.simulation.geology import (
    ALONG_SCALE,
    HOSTED,
    LACKS,
    Halos,
    camps_of,
    draw_deposit_halos,
    hosted_deposits,
)
from geohalo.survey.simulation.layout import draw_structures, lay_out_samples, place_deposits
from geohalo.survey.simulation.signatures import (
    ELEMENTS,
    HALO_TYPES,
    HOSTS,
    IN_PPB,
    LITHOLOGIES,
    OXIDES,
    REGIONAL_FACTORS,
)
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial import KDTree
from scipy.spatial.distance import pdist
from simulated_surveys import HEADERS, SPACING, concentrations, survey, truth_at_samples
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def centred_log_ratio(result: SimulatedSurvey) -> pd.DataFrame:
    logs = np.log(concentrations(result))
    return logs.sub(logs.mean(axis=1), axis=0)


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
    result = survey(1, 1, 1, samples=1000)
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
    result = survey(1, 1, 1, samples=1000)
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
