"""Tell what checks have found, and stop where anything stops a run."""

from geohalo.check.findings import by_kind, check_messages
from geohalo.errors import InputError
from geohalo.files.tables import read_csv

#: Warnings of a survey that are check_messages; the page has all.
MOST = 10


def check(tables: list[str]) -> list[str]:
    """Return the warnings of all surveys as lines for the log; raises InputError with all errors."""
    stops, lines = [], []
    for file in tables:
        every, warnings = check_messages(read_csv(file, dtype=str, keep_default_na=False))
        page = f"{file.removesuffix('.csv')}.html"
        lines += [f"Warning: {one}" for one in warnings[:MOST]]
        lines += [f"{len(warnings) - MOST} more warnings stand in {page}"] if len(warnings) > MOST else []
        errors = by_kind(every)
        if errors:
            numbered = [f"{k}. {one}" for k, one in enumerate(errors, 1)] if len(errors) > 1 else errors
            stops.append("\n".join([*numbered, f"All that could be read is in {page}"]))
        else:
            lines.append(f"Nothing stops a run; what was understood is in {page}")
    if stops:
        raise InputError("\n\n".join(["\n".join(lines)] * bool(lines) + stops))
    return lines
