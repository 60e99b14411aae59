"""The page of a check: its answer, its cost, and that no text of a survey is an element, an address or a mark."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest
import yaml
from geohalo.check.cost import run_cost
from geohalo.check.findings import Findings, by_kind
from geohalo.check.page import answer, as_markdown, escaped, render
from geohalo.check.sections import counted_members, rough_time
from geohalo.check.survey import check_page
from geohalo.errors import InputError
from geohalo.input_warnings import InputWarning
from geohalo.products.html_pages import Section
from geohalo.products.report_quality import facts
from geohalo.settings import check_settings
from geohalo.stages.check import check
from rule_requests import request
from workflow_runs import ROOT

HOSTILE = "<script>alert(1)</script>|[x](http://evil.org)`*"
SCHEMES = ["held_out", "inner", "random", "final"]


def page_of(checked, settings, **more):
    return check_page(checked, settings, SCHEMES, {"train": (4000, 5)}, 3.2, "today", **more)


class Elements(HTMLParser):
    """Names and attributes of all elements of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs) -> None:
        self.found.append((tag, dict(attrs)))


def test_answers() -> None:
    assert answer(0, 0) == "Yes: nothing stops a run, and nothing is doubtful."
    assert answer(0, 1) == "Yes, nothing stops a run. There is 1 warning: read it first."
    assert answer(0, 3) == "Yes, nothing stops a run. There are 3 warnings: read them first."
    assert answer(1, 0) == "No: 1 error stops a run."
    assert answer(2, 1) == "No: 2 errors stop a run. There is also 1 warning."


def test_the_page_shows_what_was_understood(checked, settings) -> None:
    found = checked()
    page, cells = page_of(found, settings), found.ground.n_cells
    text = render(page)
    for part in (
        f"49 samples, 3 elements, 5 known deposits, {cells} cells of 500 m",
        "3 of 3 elements are kept.",
        "Not read: sample, note.",
        "farther than grid.max_distance from every sample",
        f"A run works on {cells} cells x 3 elements",
        'id="table-distances"',
        'id="table-folds"',
        '<img src="data:image/',
    ):
        assert part in text, part
    markdown = as_markdown(page)
    assert "| Cu | Cu\\_ppm | ppm | 1 | 48 | 1 | 1 | 1 | 5 |" in markdown
    assert "| Far | 6 | farther than grid.max\\_distance from every sample |" in markdown


@pytest.mark.usefixtures("no_pictures")
def test_warnings_and_errors_stand_first(checked, settings, tables) -> None:
    table = tables[0]()
    table.loc[4, "Zn_ppm"] = "see note"
    text = render(page_of(checked(table), settings))
    order = [
        text.index(part)
        for part in ("What stops a run", "see note", "is doubtful", 'id="places"', 'id="columns"')
    ]
    assert order == sorted(order)
    assert "No: 1 error stops a run." in text


def test_hostile_text_is_shown_as_text(checked, settings, tables) -> None:
    samples = tables[0]().rename(columns={"note": HOSTILE})
    samples.loc[4, "Zn_ppm"] = HOSTILE
    deposits = tables[1]()
    deposits.loc[4, "name"] = HOSTILE
    page = page_of(checked(samples, deposits), settings)
    page.sections.append(
        Section("more", HOSTILE, lead=[HOSTILE], tables=[facts([(HOSTILE, HOSTILE)], HOSTILE, "t")])
    )
    elements = Elements(render(page)).found
    assert [tag for tag, _ in elements if tag == "script"] == ["script"]
    assert not [about for _, about in elements if "evil.org" in about.get("href", "")]
    assert not [about for _, about in elements for name in about if name.startswith("on")]
    markdown = as_markdown(page)
    assert "<script>" not in markdown.replace("\\<script\\>", "")
    assert not re.search(r"(?<!\\)\[x", markdown)
    # A bar in a cell is no border of a column.
    (line,) = [line for line in markdown.splitlines() if "grid.max" in line and "alert" in line]
    assert len(re.findall(r"(?<!\\)\|", line)) == 4


def test_errors_of_one_kind_are_one_text() -> None:
    alike = [f"a.csv, column '{name}', row {k}: '{k},5' is not a number" for k, name in enumerate("abcd")]
    assert by_kind(alike[:3]) == alike[:3]
    other = "a.csv: no row has coordinates"
    assert by_kind([alike[0], other, *alike[1:]]) == [
        "a.csv, column 'a', row 0: '0,5' is not a number. The same in 3 other places, which check.csv lists.",
        other,
    ]


def test_escaped() -> None:
    assert escaped("a_b *c*\n|d| `e`") == r"a\_b \*c\* \|d\| \`e\`"


@pytest.mark.usefixtures("no_pictures")
def test_parts_of_other_modules_have_a_place(checked, settings) -> None:
    quality = Section("quality", "Quality control", lead=["Two elements fail."])
    page = page_of(checked(), settings, further=[quality, Section("none", "Empty")])
    assert [section.name for section in page.shown] == ["places", "columns", "quality", "deposits", "labels"]


def test_nothing_could_be_read(checked, settings, tables) -> None:
    found = checked(tables[0]().rename(columns={"x": "y2", "y": "y2"}))
    page = page_of(found, settings)
    assert page.cost == ""
    assert "No: 1 error stops a run." in render(page)
    assert [section.name for section in page.shown] == ["deposits"]


# Cost


def test_the_cost_is_that_of_the_measured_run_at_its_size() -> None:
    cost = run_cost(12_675, 39, 63, {"train": (4000, 5), "stack_cube": (800, 0.5)}, 3.2)
    assert cost.seconds == 152
    assert cost.rule == "train"
    assert cost.memory == pytest.approx(4000 + 5 * 12_675 * 39 * 3.2 / 1e6)
    assert cost.cube == pytest.approx(12_675 * 39 * 4 / 1e6)


def test_the_cost_grows_with_cells_and_members() -> None:
    asked = {"train": (4000, 5), "explain_map": (1500, 14)}
    seconds = [run_cost(cells, 39, 63, asked, 3.2).seconds for cells in (8000, 100_000, 1_000_000)]
    assert seconds == sorted(seconds)
    # A map of a thousand times as many cells takes 1000^0.6 = 63 times the 112 s that grow.
    assert run_cost(12_675_000, 39, 63, asked, 3.2).seconds == pytest.approx(40 + 112 * 1000**0.6, abs=1)
    assert run_cost(12_675, 39, 126, asked, 3.2).seconds == pytest.approx(40 + 112 * 1.35, abs=1)
    assert run_cost(12_675, 39, 63, asked, 3.2, repeats=1).seconds == pytest.approx(40 + 112 * 1.35, abs=1)
    assert run_cost(10_000_000, 39, 63, asked, 3.2).rule == "explain_map"


def test_the_memory_is_that_which_the_rules_ask_for(tmp_path, settings) -> None:
    text = (ROOT / "rules" / "check.smk").read_text(encoding="utf-8")
    written = re.search(r"^LARGEST = (\{.*?^\})", text, re.MULTILINE | re.DOTALL)[1]
    largest = eval(written, {"config": settings})
    size = tmp_path / "cube.nc"
    size.touch()
    with open(size, "wb") as file:
        file.truncate(100_000_000)
    for rule, (base, slope) in largest.items():
        asked = int(np.ceil((base + 100 * slope) / 100)) * 100
        assert request(rule, [size], settings=settings)[0] == asked, rule


def test_members_of_the_demo() -> None:
    """Three for each fold: 16, 5 of shuffled labels, and those of held-out and inner splits for each kind of data."""
    demo = check_settings(yaml.safe_load((ROOT / "config" / "config.yaml").read_text(encoding="utf-8")))
    assert counted_members(demo, SCHEMES, {}) == 63
    beside = demo | {"covariates": {"gravity": {}}}
    assert counted_members(beside, SCHEMES, {}) == 3 * (16 + 5 + 2 * (5 + 5))


def test_times_are_rough() -> None:
    assert [rough_time(seconds) for seconds in (20, 152, 3000, 7100, 9000, 36_000)] == [
        "1 min",
        "3 min",
        "50 min",
        "118 min",
        "2 h",
        "10 h",
    ]


# The command


def written(folder, name: str, errors: list[str], warnings: int) -> str:
    findings = Findings()
    for message in errors:
        findings.error("clean_samples", message)
    findings.warn(
        "clean_samples", [InputWarning(f"doubt {k}", "mend it", f"{name}.csv") for k in range(warnings)]
    )
    file = folder / f"{name}.csv"
    findings.table().to_csv(file, index=False)
    return str(file)


def test_what_is_told_where_nothing_stops(tmp_path) -> None:
    file = written(tmp_path, "one", [], 12)
    lines = check([file])
    assert lines[0] == "Warning: one.csv: doubt 0; mend it"
    assert sum(line.startswith("Warning: ") for line in lines) == 10
    page = f"{tmp_path}/one.html"
    assert lines[10:] == [
        f"2 more warnings stand in {page}",
        f"Nothing stops a run; what was understood is in {page}",
    ]


def test_errors_of_all_surveys_stop_the_command(tmp_path) -> None:
    files = [written(tmp_path, "one", ["a: bad", "b: worse"], 1), written(tmp_path, "two", ["c: lost"], 0)]
    with pytest.raises(InputError) as caught:
        check([*files, written(tmp_path, "three", [], 0)])
    text = str(caught.value)
    for part in (
        "Warning: one.csv: doubt 0",
        "1. a: bad\n2. b: worse",
        "\nc: lost\n",
        "one.html",
        "two.html",
        "three.html",
    ):
        assert part in text, text
