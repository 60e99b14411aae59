"""Draw the rose diagram of learned attention."""

from _job import job
from _tables import read_csv
from geohalo.products.figures import attention_rose, save_figure

if __name__ == "__main__":
    with job(snakemake):
        params = snakemake.params
        table = read_csv(snakemake.input.attention)
        save_figure(attention_rose(params.survey, params.variant, table), snakemake.output.figure)
