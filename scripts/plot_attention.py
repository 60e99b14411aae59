"""Draw the rose diagram of learned attention."""

from geohalo.files.tables import read_csv
from geohalo.products.figures import attention_rose, save_figure
from geohalo.workflow.job import job

if __name__ == "__main__":
    with job(snakemake):
        params = snakemake.params
        table = read_csv(snakemake.input.attention)
        save_figure(attention_rose(params.survey, params.variant, table), snakemake.output.figure)
