import base64
import hashlib
import json
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from geohalo.cube.grid import Grid
from geohalo.products.html_pages import STYLES, TEMPLATES, Section
from geohalo.products.report import SCRIPTS, Report, embedded, render
from geohalo.products.report_headline import Headline
from geohalo.products.report_map import continuous_layer, map_data
from geohalo.products.report_tables import Column, table
from geohalo.products.report_targets import targets_message, targets_table
from geohalo.products.report_text import (
    area,
    captioned,
    duration,
    from_markdown,
    interval,
    number,
    significant,
    warnings_of,
    without_warnings,
)
from hypothesis import given
from hypothesis import strategies as st

EVIL = "<script>alert(1)</script>"
BREAKS = [
    "</script><script>alert(1)</script>",
    "<!--",
    "\"'><img src=x onerror=alert(1)>",
    "]]>",
    "{{ 7*7 }}",
]
VERDICT = """# What held-out deposits say of fusion

**Warnings**

- **Too small**: with 8 groups,
  little can be told.
- Second.

Each of 10 deposits was ranked.

- **Capture 0.74**
"""


class Page(HTMLParser):
    """Elements of a page with their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements, self.text, self.scripts, self._in = [], [], [], None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self._in = tag

    def handle_endtag(self, tag):
        self._in = None

    def handle_data(self, data):
        if self._in in ("script", "style"):
            self.scripts.append((self._in, data))
        else:
            self.text.append(data)

    def all(self, tag: str) -> list[dict]:
        return [attributes for name, attributes in self.elements if name == tag]


def a_report(name: str = "somewhere", said: str = "said") -> Report:
    """Return a small report in which a name and a text from the user stand in every place where one can."""
    grid = Grid(np.array([500.0, 1500.0]), np.array([9500.0, 8500.0]))
    layer = continuous_layer("score", "Anomaly", said, np.array([[0.1, 0.2], [0.3, 0.4]]), ramp="viridis")
    deposits = pd.DataFrame({"x": [600.0], "y": [9000.0], "name": [said], "inside": [True]})
    targets = pd.DataFrame(
        {"rank": [1], "ground": ["new"], "mean_score": [0.4], "nearest_deposit": [said], "enriched": [said]}
    )
    contrast = pd.DataFrame({"rank": [1], "element": [said], "contrast": [0.5], "z": [1.0]})
    shown = table(pd.DataFrame({"a": [said]}), [Column("a", said, note=said)], said, "table-a", keys=[said])
    return Report(
        survey=name,
        summary=said,
        made="1 May 2025",
        headline=Headline(said, warnings_of(f"**Warnings**\n\n- {said}\n")),
        verdict=from_markdown(said),
        map=map_data(
            grid,
            ("EPSG:32648", said),
            [layer],
            deposits=deposits,
            targets=(np.array([[1, 0], [0, 0]]), targets),
            fingerprints=contrast,
        ),
        targets=targets_table(targets),
        targets_message=[targets_message(targets)],
        head=[Section("pathfinders", "Pathfinders", lead=[said])],
        sections=[
            Section("data", "Data", lead=[said], tables=[shown], text=from_markdown(said), text_title=said),
            Section("nothing", "Nothing"),
        ],
    )


@pytest.mark.parametrize("said", [EVIL, *BREAKS])
def test_text_of_the_user_stays_text_wherever_it_stands(said):
    page = Page(render(a_report(name=said, said=said)))
    plain = Page(render(a_report(said="x" * len(said))))
    # The very same elements as with harmless text: nothing that came from the user became one.
    assert [tag for tag, _ in page.elements] == [tag for tag, _ in plain.elements]
    assert [sorted(attributes) for _, attributes in page.elements] == [
        sorted(attributes) for _, attributes in plain.elements
    ]
    assert page.text.count(said) + "".join(page.text).count(said) >= 5
    (data,) = [text for kind, text in page.scripts if kind == "script" and text.startswith("{")]
    assert json.loads(data)["deposits"][0]["name"] == said
    assert not set("<>&") & set(data)


@given(st.text())
def test_json_survives_being_embedded(text):
    written = str(embedded({"name": text}))
    assert json.loads(written) == {"name": text}
    assert not set("<>&\u2028\u2029") & set(written)


def test_numbers_that_json_lacks_are_refused():
    with pytest.raises(ValueError, match="not JSON compliant"):
        embedded({"a": float("nan")})


def test_policy_allows_nothing_but_the_page_s_own_script_and_style():
    page = Page(render(a_report()))
    (policy,) = [one["content"] for one in page.all("meta") if "http-equiv" in one]
    rules = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "data:"
    (style,) = [text for kind, text in page.scripts if kind == "style"]
    (script,) = [text for kind, text in page.scripts if kind == "script" and not text.startswith("{")]
    for name, text in (("style-src", style), ("script-src", script)):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert rules[name] == f"'sha256-{digest}'"


def test_nothing_is_fetched_and_nothing_is_styled_or_run_beside_the_policy():
    page = Page(render(a_report()))
    addresses = [
        value
        for _, attributes in page.elements
        for name, value in attributes.items()
        if name in ("src", "href", "action", "data", "poster", "srcset")
    ]
    assert [one for one in addresses if not one.startswith(("#", "data:image/png"))] == []
    assert [
        name for _, attributes in page.elements for name in attributes if name == "style" or name[:2] == "on"
    ] == []
    style = "".join((TEMPLATES / name).read_text() for name in STYLES)
    assert "url(" not in style
    assert "@import" not in style
    script = "".join((TEMPLATES / name).read_text() for name in SCRIPTS)
    for word in ("innerHTML", "eval(", "fetch(", "XMLHttp", "insertAdjacent", "document.write", "</"):
        assert word not in script


def test_every_anchor_leads_somewhere_and_every_name_is_used_once():
    page = Page(render(a_report()))
    names = [one["id"] for _, one in page.elements if "id" in one]
    assert len(names) == len(set(names))
    targets = [one["href"].removeprefix("#") for one in page.all("a")]
    assert targets
    assert set(targets) <= set(names)
    for kind in ("aria-labelledby", "aria-describedby", "for"):
        used = {name for _, one in page.elements for name in one.get(kind, "").split()}
        assert used <= set(names)


def test_empty_parts_are_left_out_and_a_report_without_a_map_is_whole():
    report = a_report()
    assert 'id="nothing"' not in render(report)
    report.map, report.targets, report.verdict = None, None, None
    page = Page(render(report))
    assert page.all("canvas") == []
    assert [text for kind, text in page.scripts if text == "null"] == ["null"]


def test_markdown_gives_no_elements_of_its_own():
    html = str(
        from_markdown("# A\n\n[x](javascript:alert(1)) ![p](http://a/b.png) <b>c</b> **d** http://e\n")
    )
    assert html.startswith("<h3>A</h3>")
    assert "<a" not in html
    assert "<img" not in html
    assert "<b>" not in html
    assert "<strong>d</strong>" in html


def test_tables_of_markdown_are_tables():
    assert "<td>1</td>" in from_markdown("| a |\n|---|\n| 1 |\n")


def test_warnings_are_taken_out_of_the_verdict():
    assert [str(one) for one in warnings_of(VERDICT)] == [
        "<strong>Too small</strong>: with 8 groups,\nlittle can be told.",
        "Second.",
    ]
    rest = without_warnings(VERDICT)
    assert rest.startswith("Each of 10 deposits was ranked.")
    assert "Capture 0.74" in rest
    assert warnings_of(rest) == []


def test_captions_mark_files_and_escape_the_rest():
    assert captioned("``a.csv``:\n 1 < 2") == "<code>a.csv</code>: 1 &lt; 2"


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (number(-1234.567), "−1,234.57"),
        (number(float("nan")), ""),
        (number(-0.0004), "0.00"),
        (significant(0.00012345), "0.000123"),
        (significant(123456.0), "123,000"),
        (significant(0.0), "0"),
        (significant(-20.0), "−20"),
        (interval(0.1, 0.25), "0.10 to 0.25"),
        (interval(float("nan"), 0.2), ""),
        (area(0.364), "0.364 km²"),
        (area(31976.4), "31,976 km²"),
        (duration(3.46), "3.5 s"),
        (duration(59.94), "59.9 s"),
        (duration(59.96), "1 min 00 s"),
        (duration(130), "2 min 10 s"),
        (duration(3900), "1 h 05 min"),
    ],
)
def test_numbers_as_they_are_read(found, expected):
    assert found == expected


def test_cells_sort_by_value_and_missing_ones_are_empty():
    frame = pd.DataFrame({"name": ["b", None], "value": [1234.5, np.nan], "kept": [True, False]})
    shown = table(
        frame,
        [
            Column("name", "Name"),
            Column("value", "Value", number),
            Column("kept", "Kept"),
            Column("no", "No"),
        ],
        "c",
        "t",
    )
    assert shown.labels == ["Name", "Value", "Kept"]
    assert [[cell.text for cell in row] for row in shown.rows] == [["b", "1,234.50", "yes"], ["", "", "no"]]
    assert shown.rows[0][1].value == 1234.5
    assert shown.rows[0][1].number
    assert shown.rows[1][1].value == ""


def test_columns_are_set_by_what_stands_in_them():
    frame = pd.DataFrame({"a": ["0.60 to 0.86"], "b": ["x" * 25], "c": ["x" * 60], "d": [1.0]})
    shown = table(frame, [Column(name, name) for name in frame], "c", "t")
    assert shown.looks == ["short", "", "wide", "number"]
