"""The figures and maps of a survey: one record for each, with what rules, report and documentation need to know.

The rules take from here which of them `all` makes, and `snakemake --report` where it shows them; the report of a survey
takes its pictures and their order. Unit tests hold captions, rules and docs/outputs.md equal to it.
"""

from dataclasses import dataclass

OF_TABLES = "The numbers are in the tables of this part."
OF_TABLE = "The numbers are in the table of this part."
OF_MAPS = "The maps are GeoTIFFs in the folder maps."
OF_TARGETS = "The numbers are in fingerprints.csv and target_attribution.csv, and in the panel of a target."

#: What a survey may be or have. A figure is made where all that its record names holds.
FACTS = (
    "deposits",  # labels are deposits
    "classes",  # labels are a raster of classes
    "samples",  # elements are interpolated from samples, not read from rasters
    "quality",  # the table has rows of quality control
    "batches",  # the table tells batches
    "truth",  # the survey is simulated
    "terrain",  # the catchments of samples are known
    "covariates",  # there are layers beside geochemistry
    "effort",  # labels are deposits, and exploration effort is known: that of samples, or of a layer
    "attention",  # superpixels of the map learn which neighbours to attend to
    "explained",  # the map is explained
    "types",  # the deposits have a column of their type
    "extra_splits",  # the config asks for further splits
    "command",  # a command of its own makes it, such as `snakemake ablation`
)


@dataclass(frozen=True)
class Figure:
    """What the project knows of one figure.

    Attributes
    ----------
    name : str
        Of the file, ``figures/<name>.png``, and of its caption, ``resources/report/captions/<name>.rst``.
    part : str
        Of the survey's report, by the name of its section.
    category : str
        Of ``snakemake --report``.
    numbers : str
        Where its numbers are, for the report.
    when : tuple of str
        Of `FACTS`; none where it is always made.
    """

    name: str
    part: str
    category: str
    numbers: str
    when: tuple[str, ...] = ()


#: In the order of the report.
FIGURES = (
    Figure(
        "pathfinders",
        "pathfinders",
        "Why here",
        "The numbers of all elements are in pathfinders.csv.",
        ("deposits",),
    ),
    Figure("targets", "maps", "Answer", OF_MAPS, ("deposits",)),
    Figure("effort", "maps", "Answer", OF_MAPS, ("effort",)),
    Figure("anomaly_map", "maps", "Answer", OF_MAPS, ("deposits",)),
    Figure("heldout_map", "maps", "Answer", OF_MAPS, ("deposits",)),
    Figure("class_map", "maps", "Answer", OF_MAPS, ("classes",)),
    Figure("concentration_area", "maps", "Why here", OF_MAPS, ("deposits",)),
    Figure("truth", "maps", "Evidence", OF_MAPS, ("truth",)),
    Figure("fingerprints", "why", "Why here", OF_TARGETS, ("explained",)),
    Figure("attribution", "why", "Why here", OF_TARGETS, ("explained",)),
    Figure(
        "attention",
        "attention",
        "Why here",
        "The numbers are in attention.csv of the run.",
        ("attention",),
    ),
    Figure("differences", "evidence", "Answer", OF_TABLES, ("deposits",)),
    Figure("metrics", "evidence", "Evidence", OF_TABLES),
    Figure("success_rate", "evidence", "Evidence", OF_TABLES, ("deposits",)),
    Figure("calibration", "evidence", "Evidence", OF_TABLES, ("deposits",)),
    Figure("confusion", "evidence", "Evidence", OF_TABLES, ("classes",)),
    Figure("history", "evidence", "Evidence", OF_TABLES),
    Figure("splits", "evidence", "Evidence", OF_TABLES, ("deposits", "extra_splits")),
    Figure("types", "evidence", "Evidence", OF_TABLES, ("types",)),
    Figure("samples", "data", "Data", "The numbers are in the table of elements.", ("samples",)),
    Figure("elements", "data", "Data", "The numbers are in the table of elements."),
    Figure(
        "catchments",
        "data",
        "Data",
        "The numbers of each sample are in catchments.csv.",
        ("terrain",),
    ),
    Figure(
        "covariates",
        "data",
        "Data",
        "What deposits have in common in them is in covariates.csv.",
        ("covariates",),
    ),
    Figure("quality", "control", "Data", OF_TABLES, ("quality",)),
    Figure(
        "levelling",
        "levelling",
        "Data",
        "The numbers of all batches and elements are in levelling.csv.",
        ("batches",),
    ),
    Figure("superpixels", "superpixels", "Data", "The numbers are in the table of superpixels."),
    Figure("folds", "superpixels", "Data", "The cells are listed in folds/held_out.csv."),
    Figure("ablation_differences", "ablation", "Comparisons", OF_TABLE, ("command",)),
    Figure("ablation", "ablation", "Comparisons", OF_TABLE, ("command",)),
    Figure("sweep", "sweep", "Comparisons", OF_TABLE, ("command",)),
    Figure("consensus", "consensus", "Comparisons", OF_TABLE, ("command",)),
    Figure("judged", "judge", "Comparisons", OF_TABLE, ("command",)),
    Figure("judged_success", "judge", "Comparisons", OF_TABLE, ("command",)),
    Figure("transfer", "transfer", "Comparisons", OF_TABLE, ("command",)),
    Figure("transfer_maps", "transfer", "Comparisons", OF_TABLE, ("command",)),
    Figure("claims", "claims", "Comparisons", OF_TABLE, ("command",)),
)


@dataclass(frozen=True)
class Map:
    """What the rules know of one map, ``maps/<name>.tif``.

    Attributes
    ----------
    name : str
    rules : tuple of str
        Those that make it, for labels that are deposits or a raster of classes.
    measured : bool
        Whether targets are found in it, or described by it.
    """

    name: str
    rules: tuple[str, ...]
    measured: bool = False


#: What its bands are called and mean is said in `geohalo.files.maps.BANDS`.
MAPS = (
    Map("score", ("map_anomalies", "map_classes"), measured=True),
    Map("spread", ("map_anomalies", "map_classes"), measured=True),
    Map("heldout_score", ("map_anomalies",), measured=True),
    Map("fold", ("map_anomalies",)),
    Map("probability", ("map_anomalies",), measured=True),
    Map("applicability", ("measure_applicability",), measured=True),
    Map("anomaly_classes", ("rank_targets",)),
    Map("success_classes", ("rank_targets",)),
    Map("targets", ("rank_targets",)),
    Map("classes", ("map_classes",)),
)


def figures_for(facts: set[str]) -> list[str]:
    """Return the figures that are made where some of `FACTS` hold."""
    return [figure.name for figure in FIGURES if set(figure.when) <= facts]


def figures_of(part: str) -> list[Figure]:
    """Return the figures of a part of the report."""
    return [figure for figure in FIGURES if figure.part == part]


def maps_for(classes: bool) -> list[str]:
    """Return the maps that are made with a raster of classes, or with deposits."""
    return [
        one.name for one in MAPS if ("map_classes" in one.rules if classes else one.rules != ("map_classes",))
    ]


def maps_of(rule: str) -> list[str]:
    """Return the maps that a rule makes."""
    return [one.name for one in MAPS if rule in one.rules]
