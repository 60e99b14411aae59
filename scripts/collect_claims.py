"""Put the measures of all simulated surveys together, and say which of the three claims hold."""

import pandas as pd
from geohalo.evidence.claim_verdicts import judge_claims
from geohalo.evidence.claims import summarise
from geohalo.files.tables import read_csv, write_csv
from geohalo.products.claims_text import claims_text
from geohalo.whole_files import whole
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake) as log:
        table = pd.concat([read_csv(file) for file in snakemake.input.tables])
        verdicts = judge_claims(table)
        text = claims_text(snakemake.params.survey, snakemake.params.section, table, verdicts)
        outputs = {"table": table, "summary": summarise(table), "verdicts": verdicts}
        for name, frame in outputs.items():
            write_csv(frame, snakemake.output[name])
        with whole(snakemake.output.text) as beside:
            beside.write_text(text, encoding="utf-8")
        log.info(text.split("\n\n")[1])
