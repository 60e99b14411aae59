"""What a check has found: every message once, errors first, as the table that the command reads."""

from geohalo.check.findings import FINDING_COLUMNS, Findings, check_messages
from geohalo.errors import InputError
from geohalo.input_warnings import InputWarning

WARNING = InputWarning("two rows are alike", "remove one", "a.csv", "Cu", "7")


def stop(message: str) -> None:
    raise InputError(message)


def test_what_stops_is_noted_once_and_counted() -> None:
    findings = Findings()
    assert findings.attempt("clean_samples", int, "7") == 7
    assert findings.attempt("clean_samples", stop, "a.csv: bad") is None
    assert findings.attempt("clean_deposits", stop, "a.csv: bad") is None
    findings.error("clean_deposits", "b.csv: worse")
    assert findings.errors == [("clean_samples", "a.csv: bad"), ("clean_deposits", "b.csv: worse")]
    assert [findings.times_met(message) for message in ("a.csv: bad", "b.csv: worse", "c")] == [2, 1, 0]


def test_logins_are_masked() -> None:
    findings = Findings()
    findings.error("clean_samples", "https://me:secret@host.org/a.csv: not there")
    assert "secret" not in findings.errors[0][1]
    assert "host.org/a.csv: not there" in findings.errors[0][1]


def test_the_table_has_errors_first_and_is_told_again() -> None:
    findings = Findings()
    findings.warn("clean_samples", [WARNING, None, WARNING])
    findings.error("clean_deposits", "b.csv: worse")
    table = findings.table()
    assert tuple(table.columns) == FINDING_COLUMNS
    assert table.to_numpy().tolist() == [
        ["error", "clean_deposits", "", "", "", "b.csv: worse", ""],
        ["warning", "clean_samples", "a.csv", "Cu", "7", "two rows are alike", "remove one"],
    ]
    assert check_messages(table) == (["b.csv: worse"], [str(WARNING)])


def test_nothing_found_is_an_empty_table() -> None:
    table = Findings().table()
    assert tuple(table.columns) == FINDING_COLUMNS
    assert check_messages(table) == ([], [])
