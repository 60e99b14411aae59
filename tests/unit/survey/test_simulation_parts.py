"""The parts that simulated surveys are made of, by themselves."""

import gstools
import numpy as np
import pytest
from geohalo.simulated_region import survey_crs
from geohalo.survey.simulation.faults import (
    Patches,
    column_name,
    map_sheets,
    report_column,
    significant_texts,
)
from geohalo.survey.simulation.fields import (
    THREADS,
    cosines_of,
    draw_field,
    gaussian_field,
    near_sources,
    row_blocks,
    spawn_generators,
)
from geohalo.survey.simulation.geology import ZONES, Halos
from geohalo.survey.simulation.layout import lay_out_samples
from geohalo.survey.simulation.signatures import (
    ANTHROPOGENIC_TYPES,
    BARREN_TYPES,
    DETECTION_LIMIT_SHARE,
    ELEMENTS,
    HALO_TYPES,
    LITHOLOGIES,
    NUGGET,
    OVERBURDEN,
    REGIONAL_FACTORS,
)
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Proj, Transformer


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


def test_field_in_threads_is_that_of_gstools(monkeypatch):
    """Value by value, in several blocks and threads."""
    places = np.random.default_rng(0).uniform(0, 50_000, size=(200, 2))
    model = gstools.Exponential(dim=2, var=1.0, len_scale=(20_000, 5_000), angles=np.deg2rad(90.0 - 30))
    seed = int(np.random.default_rng(1).integers(2**31 - 1))
    expected = gstools.SRF(model, seed=seed, mode_no=500)(tuple(places.T), mesh_type="unstructured")
    monkeypatch.setattr("geohalo.survey.simulation.fields.BLOCK_ROWS", 30)
    token = THREADS.set(3)
    found = gaussian_field(places, np.random.default_rng(1), (20_000, 5_000), 30)
    THREADS.reset(token)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def test_field_on_a_grid_is_that_at_its_crossings():
    x, y = 9_900_000 + 1_000 * np.arange(30.0), 3_700_000 - 1_000 * np.arange(20.0)
    field = draw_field(np.random.default_rng(1), (20_000, 5_000), 30)
    places = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    np.testing.assert_allclose(field.on_grid(x, y), field.at(places), rtol=0, atol=1e-9)


def test_cosines_are_those_of_numpy():
    turns = np.random.default_rng(0).uniform(-20, 20, 10_000)
    expected = np.cos(2 * np.pi * turns)
    np.testing.assert_allclose(cosines_of(turns), expected, rtol=0, atol=1e-13)
    np.testing.assert_allclose(cosines_of(np.array([0.0, 0.25, -0.5])), [1, 0, -1], atol=1e-15)


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
