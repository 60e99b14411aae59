"""What `snakemake check` looks at before a run: input as it was understood, errors, warnings, labels and cost."""
