"""The controls: one record for each, with all that other parts of the project need to know of it.

The schema, the rules, the figures and the stages read this table. What computes a control is the function of its name
in the module of its kind (`MODULES`); this table imports none of them, since the workflow reads it at every start. Unit
tests hold the functions and the table of controls in the documentation equal to it.
"""

from dataclasses import dataclass

#: Module of `geohalo.evidence` that holds the functions of each kind, each with the name of its control.
MODULES = {
    "learner": "classifiers",  # learns from the training cells of each fold and draw, one cell at a time
    "context": "classifiers",  # a learner that also sees the means over superpixels
    "detector": "detectors",  # knows what is usual in the elements of the map, and scores what is not
    "map": "simple_controls",  # sees no label: one map for all folds and schemes
    "places": "simple_controls",  # knows where training deposits or background are, and no element
    "network": "",  # the network itself, trained by the rule `train`
}

#: Headings of comparisons below that of the network, in their order.
WITH_LABELS = "other methods with labels"
WITHOUT_LABELS = "methods without labels"
PLACES = "places alone"
MEANINGLESS = "labels that mean nothing"
GROUPS = (WITH_LABELS, WITHOUT_LABELS, PLACES, MEANINGLESS)


@dataclass(frozen=True)
class Control:
    """What the project knows of one control.

    Attributes
    ----------
    name : str
        In configs, files of results and documentation.
    kind : str
        A key of `MODULES`.
    label, colour, line : str
        Name, colour and line style in figures; no two controls share both colour and line style.
    group : str
        Heading in comparisons, one of `GROUPS`.
    needs : tuple of str
        What a survey must have: ``samples`` (no rasters of elements), ``commodities``, ``superpixels``.
    probability : bool
        Whether scores are probabilities. With a raster of classes there are no other controls.
    transferred : bool
        Whether it is also learned on one survey and applied to another.
    shown : bool
        Whether the figure of the success rate draws it even where it is not the best.
    learner : str
        Of kind ``context``: the control that it learns as.
    """

    name: str
    kind: str
    label: str
    colour: str
    line: str
    group: str
    needs: tuple[str, ...] = ()
    probability: bool = False
    transferred: bool = False
    shown: bool = False
    learner: str = ""


#: In the order in which they are made and stand in tables of results.
TABLE = (
    Control(
        "logistic", "learner", "logistic regression", "#8c6bb1", "dashdot", WITH_LABELS,
        probability=True, transferred=True,
    ),
    Control(
        "sparse_logistic", "learner", "sparse logistic regression", "#88419d", "dotted", WITH_LABELS,
        probability=True,
    ),
    Control(
        "random_forest", "learner", "random forest", "#000000", "dashdot", WITH_LABELS,
        probability=True, transferred=True, shown=True,
    ),
    Control(
        "gradient_boosting", "learner", "gradient boosting", "#7f3c00", "dashdot", WITH_LABELS,
        probability=True, transferred=True,
    ),
    Control(
        "logistic_context", "context", "logistic regression with superpixels", "#8c6bb1", "dashed", WITH_LABELS,
        needs=("superpixels",), probability=True, learner="logistic",
    ),
    Control(
        "gradient_boosting_context", "context", "gradient boosting with superpixels", "#7f3c00", "dashed",
        WITH_LABELS, needs=("superpixels",), probability=True, learner="gradient_boosting",
    ),
    Control(
        "best_element", "learner", "best single element", "#e69f00", "dotted", WITH_LABELS, transferred=True
    ),
    Control("pathfinder_index", "learner", "pathfinder index", "#b35806", "dashed", WITH_LABELS),
    Control(
        "commodity_index", "map", "commodity index", "#542788", "dotted", WITHOUT_LABELS, needs=("commodities",)
    ),
    Control(
        "superpixel_contrast", "map", "superpixel contrast", "#882255", "dashed", WITHOUT_LABELS,
        needs=("superpixels",), shown=True,
    ),
    Control("one_class_svm", "detector", "one-class SVM", "#b8860b", "dashdot", WITHOUT_LABELS),
    Control("isolation_forest", "detector", "isolation forest", "#005a32", "dotted", WITHOUT_LABELS),
    Control("mahalanobis", "detector", "Mahalanobis distance", "#8c2d04", "dotted", WITHOUT_LABELS),
    Control("autoencoder", "detector", "auto-encoder", "#4a1486", "dotted", WITHOUT_LABELS),
    Control(
        "sampling_density", "map", "sampling density", "#737373", "dashdot", PLACES,
        needs=("samples",), shown=True,
    ),
    Control("deposit_distance", "places", "distance to training deposits", "#737373", "dotted", PLACES),
    Control(
        "background_absence", "places", "distance from training background", "#a6a6a6", "dashdot", PLACES,
        shown=True,
    ),
    Control(
        "shuffle", "network", "shuffled labels", "#a6a6a6", "dotted", MEANINGLESS, probability=True, shown=True
    ),
)  # fmt: skip

#: All names that a config may list.
NAMES = tuple(control.name for control in TABLE)
#: Those that are made beside the network, in one file.
CONTROLS = tuple(control.name for control in TABLE if control.kind != "network")
#: Those that learn from the training cells of each fold and draw, one cell at a time.
LEARNERS = tuple(control.name for control in TABLE if control.kind == "learner")
#: Of these, classifiers.
CLASSIFIERS = tuple(control.name for control in TABLE if control.kind == "learner" and control.probability)
#: Those made of trees, which take as long as a training.
OF_TREES = tuple(
    control.name
    for control in TABLE
    if {"random_forest", "gradient_boosting"} & {control.name, control.learner}
)
#: Those that know what is usual in the whole map, and score what is not.
DETECTORS = tuple(control.name for control in TABLE if control.kind == "detector")
#: Classifiers that see superpixels beside the cell, and what they learn with.
CONTEXT = {control.name: control.learner for control in TABLE if control.kind == "context"}
#: Their scores are probabilities.
PROBABILITY_CONTROLS = tuple(name for name in (*CLASSIFIERS, *CONTEXT))
#: They see no label: one map for all folds and schemes.
LABEL_FREE = tuple(control.name for control in TABLE if control.kind in ("detector", "map"))
#: They see no element: what they find, holding out gives away or the layout of the survey does.
PLACES_ALONE = tuple(control.name for control in TABLE if control.group == PLACES)
#: Learned on one survey and applied to another.
TRANSFERRED = tuple(control.name for control in TABLE if control.transferred)
#: Drawn in the figure of the success rate even where they are not the best.
SHOWN = tuple(control.name for control in TABLE if control.shown)


def fitting(names: list[str], has: set[str], classes: bool) -> list[str]:
    """Return those of some controls that fit a survey, in their order.

    Parameters
    ----------
    names : list of str
        As in the config.
    has : set of str
        What the survey has, of ``samples``, ``commodities`` and ``superpixels``.
    classes : bool
        Whether labels are a raster of classes, which are judged by their probabilities.
    """
    table = {control.name: control for control in TABLE}
    return [
        name for name in names if set(table[name].needs) <= has and (table[name].probability or not classes)
    ]


def needing(what: str) -> set[str]:
    """Return the controls that need something: ``samples``, ``commodities`` or ``superpixels``."""
    return {control.name for control in TABLE if what in control.needs}
