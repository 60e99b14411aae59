"""`snakemake check` reads the input of surveys, shows it on a page, and fails where anything would stop a run."""

import copy

import numpy as np
import pandas as pd
import pytest
import rasterio
from browser import chromium, shown
from rasterio.transform import from_origin
from workflow_runs import TABLES, simulated_survey, snakemake, write_config

pytestmark = pytest.mark.workflow

HOSTILE = "<img src=x onerror=alert(1)> [a](http://evil.org)"
LABELS = {
    "radius": 3000,
    "background_distance": 5000,
    "group_distance": 4000,
    "buffer": 8000,
    "folds": 2,
}


FEW = {"superpixels": {"n_segments": [20, 60]}}


@pytest.fixture(scope="module")
def tables():
    """Return a survey of 120 samples and five elements, with six deposits and a column that nothing reads."""
    samples, deposits = simulated_survey(120, 6)
    columns = ["sample", "x", "y", "Cu_ppm", "Zn_ppm", "Pb_ppm", "Ni_ppm", "Al2O3_pct"]
    return samples[columns].assign(**{HOSTILE: "till"}), deposits


def table_config(folder, name, samples, deposits):
    """Write the tables and the config of a survey."""
    samples.to_csv(folder / f"{name}.csv", index=False)
    deposits.to_csv(folder / f"{name}-deposits.csv", index=False)
    config = copy.deepcopy({"survey": name, "data": {"folder": str(folder)}, **TABLES})
    config["samples"] |= {"file": f"{name}.csv"}
    config["deposits"] |= {"file": f"{name}-deposits.csv"}
    return write_config(
        folder / f"{name}.yaml",
        config | {"grid": {"cell": 2000, "max_distance": 4000}, "labels": LABELS} | FEW,
    )


def raster_config(folder, samples, deposits):
    """Write two rasters over the samples, and the config of a survey that reads them."""
    west, north = samples["x"].astype(float).min() - 1000, samples["y"].astype(float).max() + 1000
    for k, name in enumerate(("Cu", "Zn")):
        values = 20 + k + np.arange(900.0).reshape(30, 30) % 37
        with rasterio.open(
            folder / f"{name}.tif", "w", driver="GTiff", width=30, height=30, count=1, dtype="float64",
            crs="EPSG:32648", transform=from_origin(west, north, 1000, 1000),
        ) as out:  # fmt: skip
            out.write(values, 1)
    deposits.to_csv(folder / "grids-deposits.csv", index=False)
    config = {"survey": "grids", "data": {"folder": str(folder)}, "grids": {"folder": "."}, "labels": LABELS}
    config["deposits"] = TABLES["deposits"] | {"file": "grids-deposits.csv"}
    return write_config(folder / "grids.yaml", config)


def test_a_good_survey_is_shown_and_its_text_is_harmless(tables, tmp_path):
    config = table_config(tmp_path, "good", *tables)
    result = snakemake(tmp_path, "check", configs=(config,))
    assert result.returncode == 0, result.stdout
    assert "Nothing stops a run; what was understood is in results/good/check.html" in result.stdout
    folder = tmp_path / "results" / "good"
    # Nothing but the check has run.
    assert {file.name for file in folder.iterdir()} == {"check.html", "check.md", "check.csv", ".digests"}
    text = (folder / "check.md").read_text(encoding="utf-8")
    assert "120 samples, 5 elements, 6 known deposits" in text
    with chromium() as browser, shown(browser, folder / "check.html") as on_screen:
        # No element came from the header, and the table of columns sorts.
        assert on_screen.page.locator("img[src='x']").count() == 0
        assert on_screen.page.get_by_text("Not read: sample, <img src=x", exact=False).count() == 1
        first = on_screen.page.locator("#table-columns tbody th").first
        assert first.inner_text() == "Cu"
        on_screen.page.locator("#table-columns thead button").first.click()
        assert first.inner_text() == "Al"


def test_all_errors_of_all_surveys_are_told_and_every_page_is_written(tables, tmp_path):
    samples, deposits = tables
    broken = samples.astype(object)
    broken.loc[5, "Zn_ppm"], broken.loc[9, "Pb_ppm"] = "see note", "-7"
    lost = deposits.astype(object)
    lost.loc[2, "y"] = "north"
    configs = [
        table_config(tmp_path, "good", samples, deposits),
        table_config(tmp_path, "broken", broken, lost),
        raster_config(tmp_path, samples, deposits),
    ]
    several = write_config(tmp_path / "several.yaml", {"surveys": [config.name for config in configs]})
    result = snakemake(tmp_path, "check", configs=(several,))
    assert result.returncode != 0
    for part in (
        "column 'Zn_ppm', row 7: 'see note' is not a number",
        "column 'Pb_ppm', row 11",
        "broken-deposits.csv, column 'y', row 4: 'north' is not a coordinate",
        "All that could be read is in results/broken/check.html",
    ):
        assert result.stdout.count(part) == 1, result.stdout
    assert "Traceback" not in result.stdout
    pages = {
        name: (tmp_path / "results" / name / "check.md").read_text(encoding="utf-8")
        for name in ("good", "broken", "grids")
    }
    assert "No: 3 errors stop a run." in pages["broken"]
    assert "| Ni | Ni\\_ppm | ppm |" in pages["broken"]
    assert "| Cu | Cu.tif | band 1 |" in pages["grids"]
    assert "900 cells of 1,000 m" in pages["grids"]
    found = pd.read_csv(tmp_path / "results" / "broken" / "check.csv", keep_default_na=False)
    assert list(found.loc[found["kind"] == "error", "stage"]) == ["clean_samples"] * 2 + ["clean_deposits"]


def test_a_dry_run_lists_jobs_and_no_reasons(tmp_path):
    result = snakemake(tmp_path, "--dry-run")
    assert result.returncode == 0, result.stdout
    assert "clean_samples" in result.stdout
    assert "eason" not in result.stdout
    assert len(result.stdout.splitlines()) < 100
    told = snakemake(tmp_path, "--dry-run", "--quiet", "host").stdout
    assert "Reason: Missing output files" in told
