"""The report of the reduced demo in a real browser, with targets, and with names that try to be more than names."""

import json
import re
import shutil
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import xarray as xr
import yaml
from browser import chromium, shown
from geohalo.products.map_elements import carrying_elements
from geohalo.products.percentiles import LIMITS
from geohalo.products.report_map import MOST_NEIGHBOURS
from geohalo.stages.report import report
from matplotlib.colors import to_rgb
from pyproj import Transformer
from workflow_runs import SMALL, snakemake

pytestmark = pytest.mark.workflow

UNFOLD = "() => document.querySelectorAll('details').forEach((part) => { part.open = true; })"
WIDTHS = """async () => Promise.all(
    [...document.images].map(async (one) => { await one.decode(); return one.naturalWidth; })
)"""
RANKS = (
    "() => [...document.querySelectorAll('#table-targets tbody th')].map((one) => Number(one.dataset.value))"
)
STOPS = ["canvas", "zoom-in", "layer", "opacity", "above", "mark-targets"]
EVIL = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


def made(folder: Path, survey: str) -> Path:
    """Write the report of all files of a survey's folder."""
    page = folder / "report.html"
    files = [str(file) for file in folder.rglob("*") if file.is_file() and file != page]
    settings = yaml.safe_load(SMALL.read_text()) | {"survey": survey}
    how = {"logs": str(folder.parents[1] / "logs" / "small")}
    how |= {"commodities": ["Au"]}
    report(files, str(page), survey, "fusion", settings, [str(folder / "metrics.csv")], **how)
    return page


@pytest.fixture(scope="module")
def with_targets(demo):
    """Return the report that the workflow made."""
    return demo / "results" / "small" / "report.html"


@pytest.fixture(scope="module")
def hostile(demo, tmp_path_factory):
    """Return a report in which survey, deposits and what a target says are named to break out of the page."""
    folder = tmp_path_factory.mktemp("hostile") / "small"
    shutil.copytree(demo / "results" / "small", folder)
    deposits = gpd.read_parquet(folder / "deposits.parquet")
    names = [EVIL, "</script><img src=x onerror=alert(2)>"]
    deposits["name"] = [names[number % 2] for number in range(len(deposits))]
    deposits.to_parquet(folder / "deposits.parquet")
    targets = pd.read_csv(folder / "targets.csv")
    targets.assign(nearest_deposit=EVIL, distance_km=1.5).to_csv(folder / "targets.csv", index=False)
    return made(folder, f"a {EVIL}")


def test_the_report_is_made_by_the_workflow_and_small(demo):
    page = demo / "results" / "small" / "report.html"
    assert page.stat().st_size < 15e6
    text = page.read_text(encoding="utf-8")
    assert "Does the map find what it did not know?" in text
    for part in ("pathfinders", "evidence", "data", "superpixels", "made"):
        assert f'<section id="{part}"' in text
    assert "treats neighbouring superpixels on all sides alike" in text
    ranks = pd.read_csv(page.parent / "deposit_ranks.csv").query(
        "variant == 'fusion' and split == 'held_out'"
    )
    targets = pd.read_csv(page.parent / "targets.csv")
    with rasterio.open(page.parent / "maps" / "score.tif") as file:
        cells = np.isfinite(file.read(1)).sum() * abs(file.transform.a * file.transform.e) / 1e6
    searched = targets.loc[targets["ground"] == "new", "area_km2"].sum() / cells
    found = (ranks["rank"] >= 1 - searched - 1e-9).sum()
    assert f"held {found} of {len(ranks)} deposits; " in text
    # What no rule made is not there.
    assert '<section id="sweep"' not in text


def test_no_two_parts_of_the_page_have_one_id(with_targets):
    ids = re.findall(r'\sid="([^"]+)"', with_targets.read_text(encoding="utf-8"))
    assert {"map", "table-targets", "table-times"} <= set(ids)
    assert len(ids) == len(set(ids))


def test_it_opens_from_disk_without_errors_and_asks_nothing(browser, demo):
    with shown(browser, demo / "results" / "small" / "report.html") as screen:
        page = screen.page
        assert page.title().startswith("small")
        metrics = pd.read_csv(demo / "results" / "small" / "metrics.csv")
        row = metrics.query("variant == 'fusion' and split == 'held_out' and metric == 'capture'").iloc[0]
        assert f"{row['estimate']:.2f}" in page.inner_text(".measures li.main")
        assert f"{row['low']:.2f} to {row['high']:.2f}" in page.inner_text(".measures li.main")
        assert page.locator("table").count() >= 7
        pictures = page.evaluate(
            "() => [...document.images].map((one) => [one.alt.length > 20, one.src.slice(0, 22)])"
        )
        assert len(pictures) >= 8
        assert {tuple(one) for one in pictures} == {(True, "data:image/webp;base64")}
        page.evaluate(UNFOLD)
        widths = page.evaluate(WIDTHS)
        assert min(widths) > 100


def test_the_map_shows_each_cell_in_the_colour_of_its_value(browser, with_targets):
    with rasterio.open(with_targets.parent / "maps" / "score.tif") as file:
        score = file.read(1)
    with shown(browser, with_targets) as screen:
        for box in screen.page.locator("#marks input").all():
            box.set_checked(False)
        screen.settled()
        layer = next(one for one in screen.data()["layers"] if one["name"] == "score")
        known = np.argwhere(np.isfinite(score))
        for row, column in known[:: len(known) // 25]:
            below = (score < score[row, column]).sum() + 0.5 * (score == score[row, column]).sum()
            number = np.searchsorted(LIMITS[1:-1], 100 * below / len(known), side="right")
            hue = np.array(to_rgb(layer["classes"][number][1])) * 255
            np.testing.assert_allclose(screen.colour(*screen.at(column + 0.5, row + 0.5)), hue, atol=2)


def test_layers_marks_and_opacity_change_the_picture(browser, with_targets):
    with shown(browser, with_targets) as screen:
        page, seen = screen.page, []
        seen.append(screen.pixels())
        for name in ("heldout_score", "applicability_inside", "anomaly_classes"):
            screen.layer(name)
            seen.append(screen.pixels())
        page.locator("#opacity").fill("30")
        screen.settled()
        seen.append(screen.pixels())
        page.select_option("#above", "spread")
        page.wait_for_selector('#canvas[data-above="spread"]')
        seen.append(screen.pixels())
        for mark in ("targets", "deposits", "samples", "superpixels-0"):
            page.locator(f"#mark-{mark}").click()
            screen.settled()
            seen.append(screen.pixels())
        assert all(one != other for k, one in enumerate(seen) for other in seen[:k])
        legend = page.inner_text("#legend")
        assert "Classes by concentration and area" in legend
        assert "Colour map cividis" in legend
        # Back to where it began.
        for mark in ("targets", "deposits", "samples", "superpixels-0"):
            page.locator(f"#mark-{mark}").click()
        page.locator("#opacity").fill("100")
        page.select_option("#above", "")
        screen.layer("score")
        screen.settled()
        assert screen.pixels() == seen[0]


def test_a_click_on_a_target_opens_its_fingerprint(browser, with_targets):
    targets = pd.read_csv(with_targets.parent / "targets.csv")
    contrasts = pd.read_csv(with_targets.parent / "fingerprints.csv").query("rank == 1")
    with shown(browser, with_targets) as screen:
        page = screen.page
        first = screen.data()["targets"][0]
        row, column, length = first["cells"][:3]
        x, y = screen.at(column + length / 2, row + 0.5)
        page.locator("#canvas").click(position={"x": x, "y": y})
        panel = page.locator("#fingerprint")
        assert panel.is_visible()
        text = panel.inner_text()
        assert "Target 1" in text
        assert targets["enriched"].iloc[0].replace(" +", "\u00a0+") in text
        branches = pd.read_csv(with_targets.parent / "target_attribution.csv")["branch"].nunique()
        # The plot shows the elements that carry the map, the tables all of them.
        carrying = carrying_elements(pd.read_csv(with_targets.parent / "pathfinders.csv"))
        assert screen.data()["carrying"] == carrying
        assert panel.locator("svg rect").count() == (1 + branches) * len(carrying)
        best = contrasts.sort_values("contrast").iloc[-1]
        assert f"most enriched {best['element']}" in panel.locator("svg").get_attribute("aria-label")
        near = pd.read_csv(with_targets.parent / "target_neighbours.csv").query("rank == 1")
        listed = (1 + branches) * len(contrasts) + min(len(near), MOST_NEIGHBOURS)
        assert panel.locator("tbody tr").count() == listed
        assert page.locator("tr.chosen").get_attribute("data-key") == "target 1"
        # A click beside it changes nothing; the button closes it.
        panel.get_by_role("button", name="Close").click()
        assert panel.is_hidden()
        assert page.locator("tr.chosen").count() == 0
        # From the table the map goes there.
        page.get_by_role("button", name="Target 2: show on the map").click()
        assert "Target 2" in panel.inner_text()
        screen.settled()
        left, top, right, bottom = screen.data()["targets"][1]["box"]
        assert screen.view()[:2] == pytest.approx(((left + right) / 2, (top + bottom) / 2))


def test_coordinates_under_the_pointer_are_those_of_the_cell(browser, with_targets):
    with xr.open_dataset(with_targets.parent / "cube.nc") as data:
        x, y = data["x"].to_numpy(), data["y"].to_numpy()
    with rasterio.open(with_targets.parent / "maps" / "score.tif") as file:
        score = file.read(1)
    row, column = np.argwhere(np.isfinite(score))[len(score)]
    with shown(browser, with_targets) as screen:
        place = screen.at(column + 0.5, row + 0.5)
        screen.page.locator("#canvas").hover(position={"x": place[0], "y": place[1]})
        told = screen.page.inner_text("#place")
        cell, scale = x[1] - x[0], screen.view()[2]
        east, north = (
            float(one.replace(",", "")) for one in re.search(r"([\d,]+) E, ([\d,]+) N", told).groups()
        )
        # A pointer stands on whole pixels.
        assert (east, north) == pytest.approx((x[column], y[row]), abs=1.5 * cell / scale)
        latitude, longitude = map(float, re.search(r"([\d.]+)° N, ([\d.]+)° E", told).groups())
        expected = Transformer.from_crs("EPSG:32648", "EPSG:4326", always_xy=True).transform(east, north)
        assert (longitude, latitude) == pytest.approx(expected, abs=1.5e-4)
        # The class of the cell: where it ranks in per cent of the ground, and between which scores.
        pattern = r"Anomaly score: (\d+)–(\d+) %, score ([\d.]+)–([\d.]+)"
        below, above, low, high = map(float, re.search(pattern, told).groups())
        ranked = 100 * (score[np.isfinite(score)] <= score[row, column]).mean()
        assert below <= ranked <= above
        assert low - 0.005 <= score[row, column] <= high + 0.005


def test_names_that_try_to_be_code_show_as_text(browser, hostile):
    with shown(browser, hostile) as screen:
        page = screen.page
        assert page.inner_text("h1") == f"a {EVIL}"
        assert page.locator("#table-targets").inner_text().count(EVIL) >= 1
        page.get_by_role("button", name="Target 1: show on the map").click()
        assert EVIL in page.locator("#fingerprint").inner_text()
        page.evaluate(UNFOLD)
        assert EVIL in page.locator("#table-deposits").inner_text()
        # The deposit's own mark tells its name.
        deposit = next(one for one in screen.data()["deposits"] if one["inside"])
        page.locator("#zoom-all").click()
        screen.settled()
        x, y = screen.at(*deposit["at"])
        page.locator("#canvas").hover(position={"x": x, "y": y})
        assert page.locator("#tip").inner_text().startswith(("<script>", "</script>"))
        assert page.locator("script").count() == 2
        assert page.locator("img[src='x']").count() == 0


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_fits_its_width_and_its_text_stands_out(browser, with_targets, width, dark):
    with shown(browser, with_targets, width, dark=dark) as screen:
        page = screen.page
        page.get_by_role("button", name="Target 1: show on the map").click()
        page.evaluate(UNFOLD)
        assert page.evaluate("() => document.scrollingElement.scrollWidth") <= width
        faint = page.evaluate(
            """() => {
                const read = (text) => text.match(/[\\d.]+/g).map(Number);
                const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
                    .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
                    .reduce((sum, v, k) => sum + v * [0.2126, 0.7152, 0.0722][k], 0);
                const ground = (one) => {
                    for (let at = one; at; at = at.parentElement) {
                        const hue = read(getComputedStyle(at).backgroundColor);
                        if (hue.length < 4 || hue[3] > 0.9) return hue;
                    }
                    return [255, 255, 255];
                };
                const faint = [];
                for (const one of document.body.querySelectorAll("*")) {
                    const own = [...one.childNodes].some((part) => part.nodeType === 3 && part.textContent.trim());
                    if (!own || one.closest("svg, script, option, noscript") || !one.getClientRects().length) continue;
                    const a = light(read(getComputedStyle(one).color)), b = light(ground(one));
                    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
                    if (contrast < 4.5) faint.push([one.tagName, one.className, contrast, one.textContent]);
                }
                return faint;
            }"""
        )
        assert faint == []
        unnamed = page.evaluate(
            """() => [...document.querySelectorAll("button, select, input, canvas[tabindex]")].filter((one) =>
                !(one.textContent.trim() || one.getAttribute("aria-label") || one.labels?.length)).length"""
        )
        assert unnamed == 0


def test_everything_can_be_done_with_keys(browser, with_targets):
    with shown(browser, with_targets) as screen:
        page, keys = screen.page, screen.page.keyboard
        keys.press("Tab")
        assert page.evaluate("() => document.activeElement.textContent") == "Skip to the answer"
        reached = []
        for _ in range(60):
            keys.press("Tab")
            reached.append(page.evaluate("() => document.activeElement.id"))
            if reached[-1] == "mark-targets":
                break
        assert [one for one in reached if one in STOPS] == STOPS
        assert page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle") == "solid"
        page.focus("#canvas")
        screen.settled()
        x, y, scale = screen.view()
        keys.press("ArrowRight")
        keys.press("ArrowDown")
        screen.settled()
        moved = screen.view()
        assert moved == pytest.approx((x + 60 / scale, y + 60 / scale, scale))
        keys.press("+")
        screen.settled()
        assert screen.view() == pytest.approx((*moved[:2], 1.4 * scale))
        keys.press("0")
        screen.settled()
        assert screen.view() == pytest.approx((x, y, scale))
        keys.press("n")
        assert page.locator("#fingerprint h3").inner_text() == "Target 1"
        keys.press("n")
        assert page.locator("#fingerprint h3").inner_text() == "Target 2"
        keys.press("p")
        assert page.locator("#fingerprint h3").inner_text() == "Target 1"
        keys.press("Escape")
        assert page.locator("#fingerprint").is_hidden()
        assert page.evaluate("() => document.activeElement.id") == "canvas"


def test_tables_sort_by_what_they_mean(browser, with_targets):
    targets = pd.read_csv(with_targets.parent / "targets.csv")
    with shown(browser, with_targets) as screen:
        page = screen.page
        head = page.locator("#table-targets th", has_text="Area")
        assert page.evaluate(RANKS) == targets["rank"].tolist()
        head.get_by_role("button").click()
        assert head.get_attribute("aria-sort") == "ascending"
        found = targets.set_index("rank").loc[page.evaluate(RANKS), "area_km2"]
        assert found.is_monotonic_increasing
        head.get_by_role("button").press("Enter")
        assert head.get_attribute("aria-sort") == "descending"
        assert targets.set_index("rank").loc[page.evaluate(RANKS), "area_km2"].is_monotonic_decreasing


def test_snakemake_s_own_report_has_figures_and_tables_with_captions(demo, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(demo, folder, symlinks=True)
    told = snakemake(folder, "--report", "own.zip")
    assert told.returncode == 0, told.stdout
    with zipfile.ZipFile(folder / "own.zip") as file:
        (name,) = [one for one in file.namelist() if one.endswith("report.html")]
        text = file.read(name).decode()
        held = [Path(one).name for one in file.namelist()]
    for one in ("anomaly_map.png", "differences.png", "metrics.csv", "samples_report.csv", "elements.png"):
        assert one in held
    for category in ("Answer", "Evidence", "Data"):
        assert json.dumps(category) in text
    assert "known deposits score high is no evidence" in text


def test_another_command_s_results_are_taken_in_with_the_next_run(demo, tmp_path):
    """The report is the one job of a run after `ablation.csv` has appeared."""
    folder = tmp_path / "demo"
    shutil.copytree(demo, folder, symlinks=True)
    table = folder / "results" / "small" / "ablation.csv"
    shutil.copy(folder / "results" / "small" / "metrics.csv", table)
    assert snakemake(folder, "report").returncode == 0
    text = (folder / "results" / "small" / "report.html").read_text(encoding="utf-8")
    assert '<section id="ablation"' in text
    assert "Made by snakemake ablation on" in text
