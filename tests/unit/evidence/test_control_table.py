"""The table of controls: what computes them, what figures call them, and what the documentation says of them."""

import re

from documents import ROOT
from geohalo import control_table
from geohalo.control_table import GROUPS, MODULES, NAMES, TABLE
from geohalo.evidence.controls import computed
from geohalo.settings import check_settings

NEEDS = {"samples", "commodities", "superpixels"}


def documented(header: str) -> list[set[str]]:
    """Return the names in the first column of each table of the documentation whose header starts so."""
    found = []
    for page in sorted((ROOT / "docs").rglob("*.md")):
        for table in re.findall(r"(?:^ *\|.*\n)+", page.read_text(encoding="utf-8"), re.MULTILINE):
            lines = [line.strip() for line in table.splitlines()]
            if lines[0].startswith(header):
                firsts = [line.split("|")[1] for line in lines[2:]]
                found.append({name for first in firsts for name in re.findall(r"`(\w+)`", first)})
    return found


def test_every_control_is_computed_by_a_function_of_its_name():
    for kind, names in computed().items():
        listed = {control.name for control in TABLE if control.kind == kind}
        module = f"scripts/geohalo/evidence/{MODULES[kind]}.py"
        assert listed - names == set(), f"write a function of that name in {module}, with the decorator there"
        assert names - listed == set(), f"add Control(..., kind={kind!r}, ...) to control_table.TABLE"


def test_records_are_complete_and_tell_controls_apart():
    assert len(set(NAMES)) == len({control.label for control in TABLE}) == len(TABLE)
    assert len({(control.colour, control.line) for control in TABLE}) == len(TABLE), "two look the same"
    for control in TABLE:
        assert control.kind in MODULES, control.name
        assert control.group in GROUPS, control.name
        assert set(control.needs) <= NEEDS, control.name
        assert (control.kind == "context") == bool(control.learner), control.name
    assert set(control_table.CONTEXT.values()) <= set(control_table.CLASSIFIERS)
    assert [control.name for control in TABLE if control.kind == "network"] == ["shuffle"]


def test_only_what_sees_the_elements_one_by_one_is_transferred():
    assert set(control_table.TRANSFERRED) <= set(control_table.LEARNERS)


def test_a_config_may_name_every_control_and_names_all_by_default():
    settings = check_settings({"survey": "a", "simulate": {}})
    assert settings["evaluation"]["controls"] == list(NAMES)


def test_what_a_survey_lacks_leaves_controls_out():
    every, names = set(NEEDS), list(NAMES)
    assert control_table.fitting(names, every, classes=False) == names
    for lacking, gone in (
        ("samples", {"sampling_density"}),
        ("commodities", {"commodity_index"}),
        ("superpixels", {"superpixel_contrast", "logistic_context", "gradient_boosting_context"}),
    ):
        assert control_table.needing(lacking) >= gone
        fitting = control_table.fitting(names, every - {lacking}, classes=False)
        assert set(names) - set(fitting) == control_table.needing(lacking)
    assert control_table.fitting(names, every, classes=True) == [
        control.name for control in TABLE if control.probability
    ]


def test_the_documentation_explains_every_control():
    (explained,) = documented("| Control | What it is |")
    missing = set(NAMES) - explained
    assert missing == set(), f"docs: add a row '| `{min(missing)}` | ... | ... |' to the table of controls"
    assert explained - set(NAMES) == set(), "docs: the table of controls explains what is no control"


def test_no_table_of_the_documentation_names_a_control_that_there_is_not():
    tables = documented("| Control |")
    assert len(tables) >= 2
    assert set().union(*tables) - set(NAMES) == set()
