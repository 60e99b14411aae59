"""Draw the rose diagram of learned attention."""

import pandas as pd
from _job import job
from geohalo.products.figures import attention_rose, save_figure

if __name__ == "__main__":
    with job(snakemake):
        params = snakemake.params
        table = pd.read_csv(snakemake.input.attention)
        save_figure(attention_rose(params.survey, params.variant, table), snakemake.output.figure)
