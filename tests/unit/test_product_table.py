"""The table of figures and maps: captions, rules, paths and pages have what it has."""

import re

from documents import ROOT, text_of
from geohalo.files.paths import FILES
from geohalo.package_files import RESOURCES
from geohalo.product_table import FACTS, FIGURES, MAPS, figures_for, maps_for, maps_of
from geohalo.products.report_layers import MAPS as LAYERS
from geohalo.products.styles import style

RULES = "\n".join(file.read_text(encoding="utf-8") for file in sorted(ROOT.glob("rules/*.smk")))
#: Captions of tables.
TABLES = {"comparisons", "metrics_table", "samples_report", "targets_table", "verdict"}


def test_figures_are_told_apart_and_depend_on_known_facts():
    assert len({figure.name for figure in FIGURES}) == len(FIGURES)
    assert {fact for figure in FIGURES for fact in figure.when} == set(FACTS)
    assert set(figures_for(set(FACTS))) == {figure.name for figure in FIGURES}


def test_every_figure_has_a_caption_a_rule_and_a_line_in_the_documentation():
    captions = {file.stem for file in (RESOURCES / "report" / "captions").glob("*.rst")}
    names = {figure.name for figure in FIGURES}
    assert names - captions == set(), "resources/report/captions: write a caption"
    assert captions - names == TABLES, "product_table.FIGURES: a caption is of no figure"
    for figure in FIGURES:
        file = f"figures/{figure.name}.png"
        assert f"`{file}`" in text_of("docs/outputs.md"), f"docs/outputs.md: say what {file} shows"
        if "command" in figure.when:
            assert file in FILES.values(), f"files/paths.py: add {file} to FILES"
        else:
            assert f'report_output("{figure.name}")' in RULES, (
                f"rules: let one make report_output({figure.name!r})"
            )


def test_rules_show_no_other_figure():
    shown = set(re.findall(r'\breport_output\("(\w+)"\)', RULES))
    assert shown - {figure.name for figure in FIGURES} == set(), "product_table.FIGURES: add a record"


def test_every_map_is_made_shown_and_explained():
    for one in MAPS:
        assert f"`maps/{one.name}.tif`" in text_of("docs/outputs.md"), f"docs/outputs.md: explain {one.name}"
        for rule in one.rules:
            assert re.search(rf"^ *rule {rule}:", RULES, re.MULTILINE), rule
            direct = f'map="{one.name}"' in RULES.split(f"rule {rule}:")[1].split("\n    rule ")[0]
            assert direct or f'maps_of("{rule}")' in RULES, f"rules: {rule} must make map {one.name}"
    assert {name for name in LAYERS if f"maps/{name}.tif" not in FILES.values()} == {
        one.name for one in MAPS if one.measured
    }, "products/report_layers.py: MAPS needs a layer for each map of values"
    assert {kind.ramp for kind in LAYERS.values()} <= set(style()["maps"])


def test_labels_decide_which_maps_there_are():
    assert set(maps_for(classes=True)) == {"classes", "score", "spread"} == set(maps_of("map_classes"))
    assert set(maps_for(classes=False)) == {one.name for one in MAPS} - {"classes"}
