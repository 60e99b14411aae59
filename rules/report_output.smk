"""No rules: what `snakemake --report` and the report show."""

# Where `snakemake --report` shows a figure or a table; the name is that of its caption in report/captions of the package.
CATEGORY = {
    "verdict": "Answer",
    "targets_table": "Answer",
    "metrics_table": "Evidence",
    "comparisons": "Evidence",
    "samples_report": "Data",
    **{figure.name: figure.category for figure in FIGURES},
}


def report_output(name, file=None):
    """A figure, or another file, as an output that `snakemake --report` shows with its caption."""
    return report(
        file or path("figure", figure=name),
        caption=f"../scripts/geohalo/resources/report/captions/{name}.rst",
        category=CATEGORY[name],
        labels={"survey": SURVEY, "shows": name.replace("_", " ")},
    )


def in_report(name):
    """A table of evidence as an output: those with a caption are shown by `snakemake --report`."""
    caption = "metrics_table" if name == "metrics" else name
    return report_output(caption, path(name)) if name in ("metrics", "comparisons", "verdict") else path(name)


# What commands of their own make: the report shows it where it is there, and is made again when it has changed.
FURTHER = [
    *("ablation", "ablation_figure", "ablation_differences", "sweep", "sweep_figure"),
    *("consensus_choices", "consensus_figure", "agreement"),
    *("judged", "judged_text", "judged_figure", "judged_success_figure"),
    *("transfer_table", "transfer_figure", "transfer_maps"),
    *("claims_verdicts", "claims_text", "claims_figure"),
]


def further_files(wildcards):
    """Files of other commands that are there."""
    return [path(name) for name in FURTHER if Path(path(name)).exists()]
