"""The documentation says what the code does: keys, files, metrics, links and examples are checked against it."""

import ast
import re
from pathlib import Path
from urllib.parse import unquote

import pandas as pd
import pytest
import yaml
from documents import FENCE, METHOD, NAMES, ROOT, blocks, inline_code, output_files, prose, text_of
from geohalo import key_table
from geohalo.errors import InputError
from geohalo.evidence.class_metrics import OVERALL_METRICS
from geohalo.evidence.controls import CONTROLS
from geohalo.evidence.decoy_metrics import DECOY_METRICS
from geohalo.evidence.evaluate import AREA_METRICS, DEPOSIT_METRICS, PAIR_METRICS, PROBABILITY_METRICS
from geohalo.evidence.folds import SCHEMES
from geohalo.network.presets import PRESETS, VARIANTS
from geohalo.settings import check_settings, schema
from geohalo.survey.columns import concentration_columns
from jsonschema import Draft202012Validator

LARGEST_PICTURE = 400_000
#: Widest line of prose; a piece of code or an address cannot be broken.
WIDTH = 100
UNBREAKABLE = re.compile(r"`[^`\n]{40,}`|\S{40,}")


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def schema_has(dotted: str) -> bool:
    keys = {re.sub(r"\.<name>", "", key) for key, _ in key_table.all_keys()}
    return dotted in keys


# Examples


def test_readme_example_is_a_complete_config():
    example = blocks("README.md", "yaml")[0]
    assert len(example.splitlines()) < 30
    settings = check_settings(yaml.safe_load(example), "README.md")
    assert settings["survey"] == "my-survey"


def test_readme_example_reads_the_table_beside_it():
    settings = check_settings(yaml.safe_load(blocks("README.md", "yaml")[0]))
    table = blocks("README.md", "text")[0]
    header, row = (line.split(",") for line in table.splitlines())
    frame = pd.DataFrame([row], columns=header)
    assert {settings["samples"]["x"], settings["samples"]["y"]} <= set(header)
    columns = concentration_columns(frame, settings["samples"], "samples.csv")
    assert [(one.element, one.unit) for one in columns] == [
        ("Cu", "ppm"),
        ("Au", "ppb"),
        ("Zn", "ppm"),
        ("Al", "percent"),
    ]


@pytest.mark.parametrize("name", NAMES)
def test_yaml_examples_have_known_keys_and_allowed_values(name):
    for example in blocks(name, "yaml"):
        config = yaml.safe_load(example)
        errors = list(Draft202012Validator(schema()).iter_errors(config))
        if not {"survey", "deposits"} <= set(config):
            # A part of a config may leave out what is required.
            errors = [error for error in errors if error.validator != "required"]
        assert [error.message for error in errors] == []


def test_header_expressions_of_the_walk_match_their_headers():
    """Each row of the table of headers in config/README.md is tried on the headers that it names."""
    rows = re.findall(
        r"^\| (`.*?`.*?) \| (`(?:elements|a mapping).*) \|$", text_of("config/README.md"), re.MULTILINE
    )
    assert len(rows) == 3
    for headers, config in rows:
        names = re.findall(r"`([^`]+)`", headers)
        parts = [yaml.safe_load(part.replace(r"\|", "|")) for part in re.findall(r"`([^`]+)`", config)]
        merged = {key: value for part in parts for key, value in part.items()}
        section = check_settings(
            {"survey": "a", "samples": {"file": "a.csv", **merged}, "deposits": {"file": "b.csv"}}
        )["samples"]
        found = concentration_columns(pd.DataFrame(columns=names), section, "a.csv")
        assert [one.column for one in found] == names


def test_censoring_examples_of_the_walk_are_allowed():
    examples = [
        code for code in inline_code("config/README.md") if code.startswith(("missing: ", "censoring: "))
    ]
    assert len(examples) == 7
    for example in examples:
        samples = {"file": "a.csv", "elements": "x", **yaml.safe_load(example)}
        check_settings({"survey": "a", "samples": samples, "deposits": {"file": "b.csv"}})


# Keys


def test_key_table_is_in_step_with_the_schema():
    text = text_of("config/README.md")
    assert key_table.with_key_table(text) == text, "run: PYTHONPATH=scripts python -m geohalo.key_table"


def test_key_table_has_types_defaults_and_shared_keys_once():
    rows = key_table.key_table().splitlines()
    assert any(
        row.startswith("| `grid.cell` | number, above 0 | `1000` | Cell size in metres.") for row in rows
    )
    assert any(row.startswith("| `survey` | text | required |") for row in rows)
    assert any(row.startswith("| `network.epochs` | integer or empty, at least 1 | empty |") for row in rows)
    assert any(row.startswith("| `data.sources.<name>.sha256` | text | required |") for row in rows)
    keep = [row for row in rows if ".keep`" in row]
    assert len(keep) == 1
    assert keep[0].startswith(
        "| `samples.keep`, `deposits.keep` | mapping | `{}` | Rows to keep, by equality only"
    )
    # A bar inside a cell would add a column.
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {5}


def test_missing_markers_are_told():
    with pytest.raises(ValueError, match="must occur once"):
        key_table.with_key_table("no table here")


@pytest.mark.parametrize("name", NAMES)
def test_keys_that_are_mentioned_exist(name):
    sections = "|".join(schema()["properties"])
    files = {Path(file).name for file in output_files()} | {"samples.csv", "deposits.csv", "truth.nc"}
    mentioned = {
        code
        for code in inline_code(name)
        if re.fullmatch(rf"(?:{sections})(?:\.[a-z_]+)+", code) and code not in files
    }
    assert {code for code in mentioned if not schema_has(code)} == set()


# Outputs, names, links


def test_every_output_file_is_explained():
    text = text_of("docs/outputs.md")
    names = output_files()
    assert {"cube.nc", "maps/score.tif", "figures/truth.png", "superpixels/{n_segments}.tif"} <= set(names)
    missing = [name for name in names if f"`{name}`" not in text]
    assert missing == []


def test_no_output_is_explained_that_does_not_exist():
    known = set(output_files())
    named = {
        code
        for code in inline_code("docs/outputs.md")
        if re.search(r"\.(tif|csv|nc|png|parquet|npz|pt)$", code)
    }
    assert named - known == set()


@pytest.mark.parametrize(
    ("pages", "names"),
    [
        (
            ["docs/outputs.md"],
            (*DEPOSIT_METRICS, *DECOY_METRICS, *PAIR_METRICS, *AREA_METRICS, *PROBABILITY_METRICS, *SCHEMES),
        ),
        (["docs/outputs.md"], (*OVERALL_METRICS, "recall_class_k", "f1_class_k")),
        (METHOD, (*CONTROLS, *VARIANTS, *PRESETS)),
    ],
)
def test_names_of_the_tables_are_explained(pages, names):
    codes = {code for page in pages for code in inline_code(page)}
    assert set(names) - codes == set()


def test_published_sizes_are_those_of_the_preset():
    reference = PRESETS["reference"]
    text = text_of("docs/method/network.md")
    assert f"{', '.join(map(str, reference.internal))} channels" in text
    assert reference.internal == reference.external
    assert f"{', '.join(map(str, reference.spectrum))} channels" in text
    assert f"{', '.join(str(size) for size, _ in reference.kernels(39))} at B = 39" in text
    assert f"{reference.epochs} epochs" in text
    assert (
        f"clipped to {reference.clip_internal:g} (internal) and {reference.clip_external:g} (external)"
        in text
    )
    assert {preset.hidden for preset in PRESETS.values()} == {16}
    assert PRESETS["default"].epochs < reference.epochs
    assert PRESETS["default"].normalisation == "labelled"
    assert max(PRESETS["default"].internal) < min(reference.internal)


def messages() -> str:
    """Return every text that the library and the rules may write, the values in it left out."""
    told = [file.read_text(encoding="utf-8") for file in ROOT.glob("rules/*.smk")]
    for file in (ROOT / "scripts").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            parts = node.values if isinstance(node, ast.JoinedStr) else [node]
            told.append(
                "".join(
                    part.value
                    for part in parts
                    if isinstance(part, ast.Constant) and isinstance(part.value, str)
                )
            )
    return "\n".join(told)


@pytest.mark.parametrize(("heading", "least"), [("Messages", 20), ("Warnings", 12)])
def test_messages_that_are_explained_exist(heading, least):
    known = messages()
    table = text_of("docs/your-survey.md").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (.+?) \| .+ \|$", table, re.MULTILINE)[1:]
    assert len(rows) > least
    fragments = [part.strip(" ,()") for row in rows for part in re.split(r"\.\.\.|; ", row)]
    # This one is worded by jsonschema.
    with pytest.raises(InputError, match="'500' is not of type 'number'"):
        check_settings({"survey": "a", "simulate": {}, "grid": {"cell": "500"}})
    unknown = [
        part for part in fragments if len(part) > 3 and part not in known and "is not of type" not in part
    ]
    assert set(unknown) == set()


def test_rules_named_in_the_method_exist():
    files = "".join(file.read_text(encoding="utf-8") for file in ROOT.glob("rules/*.smk"))
    rules = set(re.findall(r"^\s*(?:use rule \w+ as|rule) (\w+)(?: with)?:", files, re.MULTILINE))
    verbs = "|".join({rule.split("_")[0] for rule in rules})
    named = {
        code
        for page in METHOD
        for code in inline_code(page)
        if re.fullmatch(rf"(?:{verbs})(?:_[a-z]+)?", code)
    }
    assert {"clean_samples", "interpolate_elements", "make_folds", "map_anomalies", "evaluate"} <= named
    assert named - rules == set()


@pytest.mark.parametrize("name", NAMES)
def test_relative_links_and_pictures_exist(name):
    page = ROOT / name
    # A link's text may be code; what is between two backquotes is no link.
    prose = re.sub(r"`[^`\n]*`", "code", FENCE.sub("", page.read_text(encoding="utf-8")))
    targets = re.findall(r"\]\(([^)\s]+)\)", prose)
    broken = []
    for target in targets:
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / unquote(path)).resolve() if path else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)
    assert broken == []


def test_overview_of_the_method_links_to_every_page_of_it():
    overview, *pages = METHOD
    linked = re.findall(r"\]\((method/\w+\.md)\)", text_of(overview))
    assert {f"docs/{page}" for page in linked} == set(pages)


def test_each_term_of_the_glossary_links_to_a_page_that_says_more():
    entries = re.findall(r"^### (.+)\n\n((?:.+\n)+)", text_of("docs/glossary.md"), re.MULTILINE)
    terms = {term.lower() for names, _ in entries for term in names.split(", ")}
    assert {"capture", "decoy", "held out", "inner split", "member", "draw", "control"} <= terms
    assert {"scheme", "variant", "preset", "branch", "spectrum", "ground", "target", "fold"} <= terms
    assert [term for term, text in entries if not re.search(r"\]\(\S+\.md", text)] == []


def test_prose_is_wrapped():
    wide = [
        f"{name}: {line}"
        for name in NAMES
        for line in prose(name)
        if len(line) > WIDTH and not UNBREAKABLE.search(line)
    ]
    assert wide == []


def test_picture_of_the_demo_is_small_enough():
    picture = ROOT / "docs" / "images" / "demo_anomaly_map.png"
    assert picture.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert picture.stat().st_size < LARGEST_PICTURE


def test_checksums_of_downloads_are_those_of_the_config():
    config = yaml.safe_load(text_of("config/surveys/gswa-sed1.yaml"))
    text = text_of("docs/surveys.md")
    for name, source in config["data"]["sources"].items():
        assert Path(name).name in text
        assert source["sha256"] in text
        commit, path = re.fullmatch(
            r"https://raw\.githubusercontent\.com/yihaoding/geochemad/(\w+)/(.*)", source["url"]
        ).groups()
        assert f"`{commit}`" in text
        assert f"`{path}`" in text


def test_make_targets_that_are_mentioned_exist():
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))
    commands = [code for name in NAMES for code in [*inline_code(name), *blocks(name, "sh")]]
    mentioned = set(re.findall(r"^(?:\w+=\S+ )?make (\w+)", "\n".join(commands), re.MULTILINE))
    assert {"run", "test", "env", "bench"} <= mentioned
    assert mentioned - targets == set()
