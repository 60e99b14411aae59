"""Several surveys in one run, and a model of one applied to the other."""

import numpy as np
import pandas as pd
import pytest
import rasterio
import xarray as xr
from geohalo.cube.logratio import centred_logratio, standardise
from geohalo.files.cells import Survey
from PIL import Image
from workflow_runs import (
    METRICS,
    ROOT,
    TABLES,
    planned,
    read_evidence,
    simulated_survey,
    snakemake,
    write_config,
)

pytestmark = pytest.mark.workflow

LIGHT = {
    "superpixels": {"n_segments": [20, 60]},
    "labels": {"folds": 3, "buffer": 8000, "positives": 40, "background": 120},
    "network": {"variants": ["fusion"], "seeds": 2, "epochs": 3},
    "evaluation": {"controls": ["logistic"], "bootstrap": 100},
}
SIMULATED = {"survey": "simulated", "simulate": {"seed": 8, "samples": 500, "deposits": 10}}
#: Another cell size, and elements that the other survey has in another order, and some that it has not.
READ = {
    "survey": "read-tables",
    "samples": TABLES["samples"] | {"exclude": ["Au", "As", "Zn"]},
    "deposits": TABLES["deposits"],
    "grid": {"cell": 1500, "max_distance": 2500},
}
JUDGING = ("read_judged", "judge_map", "plot_judged")
CONTROLS = {"logistic", "random_forest", "gradient_boosting", "best_element"}
PAIRS = [("simulated", "read-tables"), ("read-tables", "simulated")]


def write_surveys(folder, **changes):
    """Write the configs of both surveys and the one that lists them; returns that."""
    samples, deposits = simulated_survey(500, 10)
    order = [*samples.columns[:3], *samples.columns[:2:-1]]
    samples[order].to_csv(folder / "samples.csv", index=False)
    deposits.to_csv(folder / "deposits.csv", index=False)
    for config in (SIMULATED | {"grid": {"cell": 1000, "max_distance": 2500}}, READ):
        write_config(folder / f"{config['survey']}.yaml", config)
    listed = [f"{one['survey']}.yaml" for one in (SIMULATED, READ)]
    shared = LIGHT | {"data": {"folder": str(folder)}} | changes
    return write_config(folder / "many.yaml", {"surveys": listed, **shared})


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Folder of a run of both surveys, each carried to the other."""
    folder = tmp_path_factory.mktemp("several")
    config = write_surveys(folder)
    result = snakemake(folder, "transfer", "surveys", configs=(config,))
    assert result.returncode == 0, result.stdout
    return folder


def grid_of(file):
    with xr.open_dataset(file) as data:
        return Survey.of(data), [str(name) for name in data["element"].to_numpy()], data["mask"].to_numpy()


def test_each_survey_is_what_it_is_alone(both):
    """Its own config plans nothing more: paths, settings and code are the same, whoever runs it."""
    for config in (SIMULATED | {"grid": {"cell": 1000, "max_distance": 2500}}, READ):
        alone = write_config(both / "alone.yaml", LIGHT | {"data": {"folder": str(both)}} | config)
        name = config["survey"]
        assert planned(both, f"results/{name}/metrics.csv", configs=(alone,)) == {}
        assert (both / "logs" / name / "evaluate.log").exists()


def test_one_table_holds_the_held_out_rows_of_all(both):
    table = read_evidence(both / "results" / "surveys.csv")
    parts = [read_evidence(both / "results" / name / "metrics.csv") for name, _ in PAIRS]
    expected = pd.concat(parts).query("split == 'held_out'").reset_index(drop=True)
    pd.testing.assert_frame_equal(table, expected)
    assert list(table["survey"].unique()) == ["simulated", "read-tables"]
    with Image.open(both / "results" / "surveys.png") as picture:
        assert picture.width >= 800


@pytest.mark.parametrize(("target", "source"), PAIRS)
def test_transfer_table_has_every_method_beside_the_own_run(both, target, source):
    table = read_evidence(both / "results" / target / "transfer.csv")
    assert list(table.columns[:6]) == ["survey", "source", "variant", "scales", "split", "metric"]
    assert set(table["survey"]) == {target}
    carried, own = table[table["source"] == source], table[table["source"] == target]
    assert set(carried["split"]) == {"transfer"}
    rows = [(variant, metric) for variant in ["fusion", *CONTROLS] for metric in METRICS]
    assert sorted(zip(carried["variant"], carried["metric"], strict=True)) == sorted(rows)
    assert dict(zip(carried["variant"], carried["scales"], strict=True)) == dict.fromkeys(CONTROLS, "") | {
        "fusion": "20-60"
    }
    metrics = read_evidence(both / "results" / target / "metrics.csv")
    held_out = metrics[metrics["split"] == "held_out"].assign(source=target)
    pd.testing.assert_frame_equal(
        own.reset_index(drop=True), held_out[own.columns].reset_index(drop=True), check_dtype=False
    )
    for figure in ("transfer", "transfer_maps"):
        with Image.open(both / "results" / target / "figures" / f"{figure}.png") as picture:
            assert picture.width >= 800


@pytest.mark.parametrize(("target", "source"), PAIRS)
def test_capture_is_that_of_the_map_around_the_deposits(both, target, source):
    """Mean percentile rank of the cells within 3 km of each deposit, counted cell by cell."""
    results = both / "results" / target
    survey, _, mask = grid_of(results / "elements.nc")
    with rasterio.open(results / "maps" / f"transfer_{source}.tif") as file:
        score, spread = file.read()
        assert file.descriptions == ("score", "spread")
    np.testing.assert_array_equal(np.isfinite(score), mask.astype(bool))
    assert 0 <= spread[survey.mask].min() < spread[survey.mask].max()
    values = score[survey.mask]
    rank = np.array([np.mean(values < one) + np.mean(values == one) / 2 for one in values])
    deposits = pd.read_csv(results / "folds" / "deposits.csv")
    known = deposits.loc[deposits["group"] >= 0, ["x", "y"]].to_numpy()
    captures = [rank[np.hypot(*(survey.cells - place).T) <= 3000].mean() for place in known]
    table = read_evidence(results / "transfer.csv")
    found = table[
        (table["source"] == source) & (table["variant"] == "fusion") & (table["metric"] == "capture")
    ]
    assert found["estimate"].item() == pytest.approx(np.mean(captures), abs=1e-6)
    assert found["n"].item() == len(known)


@pytest.mark.parametrize(("target", "source"), PAIRS)
def test_cubes_are_made_anew_of_the_shared_elements(both, target, source):
    cubes = both / "results" / target / "transfer" / source / "cubes"
    names = {name: grid_of(both / "results" / name / "elements.nc")[1] for name in (target, source)}
    shared = [name for name in names[source] if name in names[target]]
    assert len(names["simulated"]) > len(shared) == len(names["read-tables"]) >= 20
    assert names["read-tables"] != [name for name in names["simulated"] if name in shared]
    area = {}
    for role, name in (("source", source), ("target", target)):
        with xr.open_dataset(both / "results" / name / "elements.nc") as data:
            survey = Survey.of(data)
            ppm = data["concentration"].sel(element=shared).to_numpy()[:, survey.mask].T.astype(float)
        with xr.open_dataset(cubes / role / "cube.nc") as data:
            assert [str(one) for one in data["element"].to_numpy()] == shared
            found = data["cube"].to_numpy()[:, survey.mask].T
        np.testing.assert_allclose(found, standardise(centred_logratio(ppm), 5.0), atol=1e-4)
        labels = sorted((cubes / role / "superpixels").glob("*.tif"), key=lambda file: int(file.stem))
        assert len(labels) == 2
        # Superpixels that were asked for, per square kilometre.
        ground = survey.mask.sum() * survey.grid.cell**2 / 1e6
        area[role] = [int(file.stem) / ground for file in labels]
    assert [int(file.stem) for file in sorted((cubes / "source" / "graph").glob("*.npz"))] == [20, 60]
    np.testing.assert_allclose(area["source"], area["target"], rtol=0.05)
    levels = pd.read_csv(cubes.parent / "levels.csv").set_index("element")
    assert set(levels.index[levels["shared"]]) == set(shared)
    # Both come from one simulator: levels that were read in the wrong unit would be off by a thousand.
    assert levels["target_to_source"].dropna().between(0.2, 5).all()


def test_no_label_of_the_target_reaches_a_model_from_elsewhere(both):
    """With other labels for one survey, models that come to it are not trained again; those that come from it are."""
    config = write_config(
        both / "read-tables-2.yaml", READ | {"labels": {"radius": 2500, "background_distance": 6000}}
    )
    listed = {"surveys": ["simulated.yaml", config.name], **LIGHT, "data": {"folder": str(both)}}
    listed["labels"] = LIGHT["labels"]
    again = write_config(both / "again.yaml", listed)
    result = snakemake(both, "transfer", "--dry-run", "--quiet", "host", configs=(again,))
    assert result.returncode == 0, result.stdout
    jobs = planned(both, "transfer", configs=(again,))
    assert jobs["read_tables_make_folds"] == jobs["transfer_scores"] == 1
    assert "transfer_cubes" not in jobs
    assert "Train on all deposits of read-tables and predict simulated" in result.stdout
    assert jobs["transfer_metrics"] == 2


def test_too_few_shared_elements_are_one_clear_message(both):
    config = write_config(both / "more.yaml", {"transfer": {"min_elements": 99, "to": ["simulated"]}})
    result = snakemake(both, "transfer", configs=(both / "many.yaml", config))
    assert result.returncode == 1
    assert "GeoHalo stopped (survey simulated, transfer_cubes):" in result.stdout
    assert "read-tables and simulated share 3" in result.stdout
    assert "a transfer needs 99 (transfer.min_elements); read-tables alone has none; " in result.stdout
    assert "simulated alone has As, Au, Zn" in result.stdout


def test_targets_mean_those_of_every_survey(tmp_path):
    config = write_surveys(tmp_path)
    for target, rule in (
        ("ablation", "compare_variants"),
        ("sweep", "compare_scales"),
        ("consensus", "plot_consensus"),
    ):
        jobs = planned(tmp_path, target, configs=(config,))
        assert {name: jobs[f"{name}_{rule}"] for name in ("simulated", "read_tables")} == {
            "simulated": 1,
            "read_tables": 1,
        }
    every = planned(tmp_path, configs=(config,))
    for name in ("simulated", "read-tables"):
        prefix = name.replace("-", "_") + "_"
        settings = SIMULATED | {"grid": {"cell": 1000, "max_distance": 2500}} if name == "simulated" else READ
        alone = write_config(tmp_path / "alone.yaml", LIGHT | {"data": {"folder": str(tmp_path)}} | settings)
        own = {rule.removeprefix(prefix): n for rule, n in every.items() if rule.startswith(prefix)}
        assert own == planned(tmp_path, configs=(alone,))
    assert {rule for rule in every if not rule.startswith(("simulated_", "read_tables_"))} == {
        "collect_surveys",
        "plot_surveys",
    }


def test_a_map_is_judged_in_the_survey_whose_config_names_it(tmp_path):
    config = write_surveys(tmp_path)
    result = snakemake(tmp_path, "--dry-run", "judge", configs=(config,))
    assert result.returncode == 1
    assert "snakemake judge: no config that " in result.stdout
    assert "names a map. Give its file in a section 'judge'" in " ".join(result.stdout.split())
    (tmp_path / "map.csv").write_text("x,y,score\n1,2,3\n")
    write_config(tmp_path / "read-tables.yaml", READ | {"judge": {"file": "map.csv"}})
    jobs = planned(tmp_path, "judge", configs=(config,))
    assert {rule for rule in jobs if "judge" in rule} == {"judge", *(f"read_tables_{one}" for one in JUDGING)}
    assert not {rule for rule in jobs if rule.startswith("simulated_")}


def test_each_survey_has_tiles_of_its_own(tmp_path):
    config = write_surveys(tmp_path)
    for number, settings in enumerate((SIMULATED, READ), 2):
        own = settings | {"grid": {"cell": 1500, "max_distance": 2500, "tiles": number}}
        write_config(tmp_path / f"{settings['survey']}.yaml", own)
    jobs = planned(tmp_path, configs=(config,))
    assert jobs["simulated_interpolate_elements"] == 2
    assert jobs["read_tables_interpolate_elements"] == 3


def test_surveys_may_share_a_file_to_download(tmp_path):
    """Two surveys of the same samples, one for each commodity: the file is fetched once."""
    write_surveys(tmp_path)
    source = {"url": "https://example.org/samples.csv", "sha256": "0" * 64}
    for name in ("gold", "zinc"):
        config = READ | {"survey": name, "data": {"folder": "down", "sources": {"samples.csv": source}}}
        config["deposits"] = READ["deposits"] | {"file": str(tmp_path / "deposits.csv")}
        write_config(tmp_path / f"{name}.yaml", config)
    many = write_config(tmp_path / "many.yaml", {"surveys": ["gold.yaml", "zinc.yaml"], **LIGHT})
    jobs = planned(tmp_path, configs=(many,))
    assert sum(number for rule, number in jobs.items() if rule.endswith("fetch_survey")) == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"samples": READ["samples"] | {"file": "absent.csv"}},
            "read-tables.yaml: config key samples.file: ",
        ),
        (
            {"network": {"seeds": "many"}},
            "read-tables.yaml: key 'network.seeds': 'many' is not of type 'integer'",
        ),
        ({"survey": "simulated"}, "simulated.yaml and read-tables.yaml are both named 'simulated'"),
        (
            {"consensus": {"choices": {"grid.cel": [1, 2]}}},
            "read-tables.yaml: config key consensus.choices: ",
        ),
    ],
)
def test_mistakes_name_the_config_of_the_survey(tmp_path, changes, message):
    config = write_surveys(tmp_path)
    shared = {key: LIGHT[key] for key in LIGHT if key != "network"} | {"data": {"folder": str(tmp_path)}}
    write_config(tmp_path / "read-tables.yaml", READ | changes)
    write_config(config, {"surveys": ["simulated.yaml", "read-tables.yaml"], **shared})
    result = snakemake(tmp_path, "--dry-run", configs=(config,))
    assert result.returncode == 1
    assert message in result.stdout
    assert "Traceback" not in result.stdout


def test_a_transfer_of_one_survey_is_told_what_it_needs(tmp_path):
    result = snakemake(tmp_path, "--dry-run", "transfer")
    assert result.returncode == 1
    assert "List them in a config of their own, as config/many.yaml does" in " ".join(result.stdout.split())


def test_the_example_lists_the_real_surveys(survey_data, tmp_path):
    place = write_config(tmp_path / "data.yaml", {"data": {"folder": str(survey_data)}})
    jobs = planned(tmp_path, "transfer", configs=(ROOT / "config" / "many.yaml", place))
    assert jobs["transfer_scores"] == jobs["collect_transfer"] == 2
    assert jobs["ireland_midlands_clean_samples"] == jobs["gswa_sed1_clean_samples"] == 1
