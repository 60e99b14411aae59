"""Put the measures of all simulated surveys together, and say which of the three claims hold."""

from collections.abc import Mapping, Sequence

import pandas as pd

from geohalo.evidence.claim_verdicts import judge_claims
from geohalo.evidence.claims import summarise
from geohalo.files.tables import read_csv, write_csv, write_text
from geohalo.products.claims_text import claims_text


def collect_claims(tables: Sequence[str], survey: str, section: dict, files: Mapping[str, str]) -> str:
    """Write the table of all measures, its summary, the verdicts and their text; returns the verdicts' sentence."""
    table = pd.concat([read_csv(file) for file in tables])
    verdicts = judge_claims(table)
    text = claims_text(survey, section, table, verdicts)
    for name, frame in {"table": table, "summary": summarise(table), "verdicts": verdicts}.items():
        write_csv(frame, files[name])
    write_text(text, files["text"])
    return text.split("\n\n")[1]
