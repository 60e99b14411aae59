"""What a real run leaves is what docs/outputs.md explains: every file, and every column of every table."""

import csv
import hashlib
import re

import pytest
from documents import output_files, text_of
from geohalo.files.digests import digest_path

pytestmark = pytest.mark.workflow

#: A file may be named by what stands for its wildcards; the deepest names first.
PATTERNS = {
    name: re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(name)))
    for name in sorted(output_files(), key=lambda name: name.count("{"))
}


@pytest.fixture(scope="module")
def files(demo):
    folder = demo / "results" / "small"
    found = {str(file.relative_to(folder)): file for file in sorted(folder.rglob("*")) if file.is_file()}
    return {name: file for name, file in found.items() if file.parent.name != ".digests"}


def pattern_of(name: str) -> str | None:
    """Return the documented name of a file."""
    return next((pattern for pattern, known in PATTERNS.items() if known.fullmatch(name)), None)


def test_every_file_of_a_run_has_a_documented_name(files):
    assert {"report.html", "targets.qgs", "folds/held_out.tif", "superpixels/30.tif"} <= set(files)
    assert [name for name in files if pattern_of(name) is None] == []


def test_every_file_of_a_run_has_its_checksum(files):
    for name, file in files.items():
        digest, _, place = digest_path(file).read_text().rstrip("\n").partition("  ")
        assert place == f"../{file.name}", name
        assert digest == hashlib.sha256(file.read_bytes()).hexdigest(), name


def test_every_column_of_every_table_is_named(files):
    rows = [line for line in text_of("docs/outputs.md").splitlines() if line.startswith("| `")]
    tables = {name: file for name, file in files.items() if name.endswith(".csv")}
    # The simulated tables are those of a user: their columns are the user's.
    tables = {name: file for name, file in tables.items() if not name.startswith("simulated/")}
    assert {"metrics.csv", "targets.csv", "folds/deposits.csv", "samples_report.csv"} <= set(tables)
    unnamed = {}
    for name, file in tables.items():
        told = " ".join(row for row in rows if f"`{pattern_of(name)}`" in row.split(" | ")[0])
        with open(file, encoding="utf-8", newline="") as text:
            header = next(csv.reader(text))
        missing = [column for column in header if f"`{column}`" not in told]
        unnamed |= {name: missing} if missing else {}
    assert unnamed == {}
