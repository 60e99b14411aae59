"""What the report says of evidence: the numbers at its top, and the tables of methods, deposits and scores."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from markupsafe import Markup

from geohalo.products.method_rows import heading_of, ordered
from geohalo.products.report_tables import Column, Table, table
from geohalo.products.report_text import interval, number, warnings_of
from geohalo.products.styles import is_variant, method_style, style

#: What methods are ordered by, and the numbers that the report shows of each, where labels are deposits.
DEPOSIT_COLUMNS = (
    ("capture", "Capture", "mean percentile rank of held-out deposits; 0.5 is chance"),
    (
        "above_decoys",
        "Outranks decoys",
        "share of the decoys that a held-out deposit outranks; 0.5 is chance",
    ),
    ("decoy_capture", "Capture of decoys", "what holding out alone is worth; not better when larger"),
    ("roc_auc", "ROC AUC", "test halo cells above test background cells; 0.5 is chance"),
    ("brier", "Brier score", "smaller is better; 0.25 for 0.5 everywhere"),
)
CLASS_COLUMNS = (
    ("average_accuracy", "Average accuracy", "mean over classes of the share found; chance is 1 / classes"),
    ("overall_accuracy", "Overall accuracy", "share of the cells that are given their own class"),
    ("kappa", "Kappa", "agreement beyond chance; 0 is chance"),
)
#: The metrics that carry an interval in the tables.
WITH_INTERVAL = ("capture", "above_decoys", "average_accuracy", "kappa")


@dataclass(frozen=True)
class Measure:
    """A number at the top of the report.

    Attributes
    ----------
    label : str
    estimate, low, high : float
        The estimate and its 95 % interval; NaN where there is none.
    chance : float
        Value of a map that knows nothing; NaN where that depends.
    kind : {'main', 'control', 'optimistic'}
    note : str
        What it means, in a sentence.
    """

    label: str
    estimate: float
    low: float
    high: float
    chance: float
    kind: str
    note: str

    @property
    def text(self) -> str:
        """The estimate."""
        return number(self.estimate)

    @property
    def range(self) -> str:
        """The interval; empty where there is none."""
        return interval(self.low, self.high)

    def at(self, value: float) -> float:
        """Return where a value from 0 to 1 stands on a scale of 100."""
        return round(100 * float(np.clip(value, 0, 1)), 2)


@dataclass
class Headline:
    """What stands at the top: the answer in a sentence, warnings, numbers."""

    sentence: str
    warnings: list[Markup] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)


def rows_of(metrics: pd.DataFrame, split: str, metric: str) -> pd.DataFrame:
    """Return estimate, low, high and n of a metric by method."""
    found = metrics[(metrics["split"] == split) & (metrics["metric"] == metric)]
    return found.set_index("variant")[["estimate", "low", "high", "n"]].dropna(subset="estimate")


def headline(metrics: pd.DataFrame, verdict: str = "") -> Headline:
    """Make what stands at the top of the report of `metrics.csv` and, where there is one, the verdict.

    Parameters
    ----------
    metrics : DataFrame
        Columns variant, split, metric, estimate, low, high, n; the map's variant comes first.
    verdict : str
        Markdown of the verdict.
    """
    first = str(metrics["variant"].iloc[0])
    of_classes = rows_of(metrics, "held_out", "capture").empty
    main = "average_accuracy" if of_classes else "capture"
    found = rows_of(metrics, "held_out", main)
    if first not in found.index:
        return Headline("Nothing was measured with held-out deposits.", warnings_of(verdict))
    measures = _class_measures(metrics, first) if of_classes else _deposit_measures(metrics, first)
    top, count = measures[0], int(found.loc[first, "n"])
    share, spread = (
        f"{100 * top.estimate:.0f} %",
        f" (95 % interval {100 * top.low:.0f} to {100 * top.high:.0f} %)" if top.range else "",
    )
    if of_classes:
        sentence = (
            f"Of the {count:,} held-out test cells, {share} of a class are given their own class{spread}."
        )
    else:
        sentence = (
            f"A deposit that the model did not know ranks above {share} of the ground{spread}; chance is 50 %. "
            f"Measured on {count} known {'deposit' if count == 1 else 'deposits'}, each in a map made without it."
        )
    return Headline(sentence, warnings_of(verdict), measures)


def _measure(
    frame: pd.DataFrame, method: str, label: str, chance: float, kind: str, note: str
) -> list[Measure]:
    if method not in frame.index:
        return []
    estimate, low, high = (float(frame.loc[method, key]) for key in ("estimate", "low", "high"))
    return [Measure(label, estimate, low, high, chance, kind, note)]


def _deposit_measures(metrics: pd.DataFrame, first: str) -> list[Measure]:
    capture, decoys = (rows_of(metrics, "held_out", name) for name in ("capture", "above_decoys"))
    against = decoys if first in decoys.index else capture
    others = [
        name for name in against.index if not is_variant(name) and name not in ("shuffle", "best_element")
    ]
    best = max(others, key=lambda name: against.loc[name, "estimate"], default="")
    measured = "decoys outranked" if against is decoys else "capture"
    return [
        *_measure(
            capture,
            first,
            "Capture, held-out deposits",
            0.5,
            "main",
            "Share of the ground that a deposit ranks above in a map that did not know it.",
        ),
        *_measure(
            decoys,
            first,
            "Decoys outranked",
            0.5,
            "main",
            "Share of decoys, places without a deposit held out alike, that a deposit outranks. Compare methods by "
            "this.",
        ),
        *_measure(
            rows_of(metrics, "held_out", "decoy_capture"),
            first,
            "Control: capture of decoys",
            0.5,
            "control",
            "What holding out alone is worth, without any deposit.",
        ),
        *_measure(
            against,
            best,
            f"Control: {method_style(best)[0]}",
            0.5,
            "control",
            f"The best of {len(others)} other methods on the same deposits ({measured}).",
        ),
        *_measure(
            capture,
            "shuffle",
            "Control: shuffled labels",
            0.5,
            "control",
            "Capture of the same network when its labels mean nothing.",
        ),
        *_measure(
            rows_of(metrics, "random", "capture"),
            first,
            "Random split of cells",
            0.5,
            "optimistic",
            "Capture as papers often report it: neighbouring cells leak. This is no evidence.",
        ),
    ]


def _class_measures(metrics: pd.DataFrame, first: str) -> list[Measure]:
    accuracy = rows_of(metrics, "held_out", "average_accuracy")
    classes = metrics["metric"].astype(str).str.fullmatch(r"recall_class_\d+")
    number_of = metrics.loc[classes, "metric"].nunique()
    chance = 1 / number_of if number_of else np.nan
    others = [name for name in accuracy.index if not is_variant(name) and name != "shuffle"]
    best = max(others, key=lambda name: accuracy.loc[name, "estimate"], default="")
    note = "Mean over classes of the share of a class's held-out cells that are given it."
    return [
        *_measure(accuracy, first, "Average accuracy, held out", chance, "main", note),
        *_measure(
            accuracy,
            best,
            f"Control: {method_style(best)[0]}",
            chance,
            "control",
            f"The best of {len(others)} other methods on the same cells.",
        ),
        *_measure(
            accuracy, "shuffle", "Control: shuffled labels", chance, "control", "Labels that mean nothing."
        ),
        *_measure(
            rows_of(metrics, "random", "average_accuracy"),
            first,
            "Random split of cells",
            chance,
            "optimistic",
            "Neighbouring cells leak. This is no evidence.",
        ),
    ]


def methods_table(metrics: pd.DataFrame, name: str, caption: str) -> Table:
    """Return one row per method: held-out metrics with intervals, and the random split beside them."""
    columns = DEPOSIT_COLUMNS if not rows_of(metrics, "held_out", "capture").empty else CLASS_COLUMNS
    first = str(metrics["variant"].iloc[0])
    known = dict.fromkeys(metrics["variant"].astype(str))
    sorter = columns[1 if not rows_of(metrics, "held_out", columns[1][0]).empty else 0][0]
    by_value = rows_of(metrics, "held_out", sorter)["estimate"]
    names = ordered({one: one for one in known}, {one: float(by_value.get(one, np.nan)) for one in known})
    frame = pd.DataFrame(
        {"method": [method_style(one)[0] for one in names], "group": [heading_of(one) for one in names]},
        index=names,
    )
    shown = [Column("method", "Method"), Column("group", "Kind")]
    for metric, label, note in columns:
        rows = rows_of(metrics, "held_out", metric).reindex(names)
        if rows["estimate"].notna().any():
            frame[metric] = rows["estimate"]
            shown.append(Column(metric, label, number, note))
            if metric in WITH_INTERVAL and rows["low"].notna().any():
                frame[f"{metric}_interval"] = [
                    interval(*ends) for ends in rows[["low", "high"]].itertuples(index=False)
                ]
                shown.append(Column(f"{metric}_interval", "95 % interval"))
    random = rows_of(metrics, "random", columns[0][0]).reindex(names)
    if random["estimate"].notna().any():
        frame["random"] = random["estimate"]
        shown.append(
            Column("random", f"{columns[0][1]}, random split", number, "neighbouring cells leak: no evidence")
        )
    return table(frame, shown, caption, name, strong=[one == first for one in names])


def comparisons_table(comparisons: pd.DataFrame, name: str = "table-comparisons") -> Table:
    """Return the first variant's differences to every other method with held-out deposits."""
    rows = comparisons[comparisons["split"] == "held_out"].copy()
    first = method_style(str(rows["variant"].iloc[0]))[0] if len(rows) else ""
    rows["method"] = [method_style(one)[0] for one in rows["against"]]
    rows["metric"] = rows["metric"].map({"capture": "capture", "above_decoys": "decoys outranked"})
    rows["interval"] = [interval(*ends) for ends in rows[["low", "high"]].itertuples(index=False)]
    return table(
        rows.sort_values(["metric", "difference"], ascending=[False, False]),
        [
            Column("method", f"{first} against"),
            Column("metric", "By"),
            Column("difference", "Difference", number, "positive: the first is better"),
            Column("interval", "95 % interval", None, "over groups of deposits"),
            Column("p", "p", lambda value: number(value, 3), "paired permutation test"),
            Column(
                "p_holm", "p, Holm", lambda value: number(value, 3), "corrected for the number of methods"
            ),
            Column("detectable", "Detectable", number, "smallest difference found four times in five"),
            Column("groups", "Groups"),
        ],
        f"{first} against every other method on the same held-out deposits (comparisons.csv).",
        name,
        folded=True,
        strong=[bool(value < 0.05) for value in rows["p_holm"]],
    )


def calibration_table(calibration: pd.DataFrame, variant: str) -> Table:
    """Return the bins of the held-out score of one variant."""
    rows = calibration[(calibration["variant"] == variant) & (calibration["split"] == "held_out")].copy()
    rows["bin"] = [
        f"{low:.1f} to {high:.1f}" for low, high in zip(rows["bin_low"], rows["bin_high"], strict=True)
    ]
    rows["interval"] = [interval(*ends) for ends in rows[["low", "high"]].itertuples(index=False)]
    return table(
        rows,
        [
            Column("bin", "Score"),
            Column("predicted", "Mean score", number),
            Column("observed", "Share of halo", number, "halo and background weighted alike"),
            Column("interval", "95 % interval"),
            Column("n", "Cells", lambda value: f"{value:,}"),
        ],
        f"Held-out score of {method_style(variant)[0]} against the share of halo (calibration.csv).",
        "table-calibration",
        folded=True,
    )


def deposits_table(ranks: pd.DataFrame | None, deposits: pd.DataFrame) -> Table:
    """Return the known deposits with their ranks in the map that did not know them.

    ``ranks`` are the rows of `deposit_ranks.csv` of the map's variant, held out; ``deposits`` those of the survey
    with columns name and inside, in the order of the map's marks.
    """
    frame = deposits.reset_index(drop=True).assign(number=range(len(deposits)))
    if "deposit" in frame and ranks is not None:
        columns = [name for name in ("deposit", "group", "fold", "capture", "above_decoys") if name in ranks]
        frame = frame.merge(ranks[columns], on="deposit", how="left")
    frame = frame.sort_values("capture", ascending=False) if "capture" in frame else frame
    return table(
        frame,
        [
            Column("name", "Deposit"),
            Column("inside", "Inside the survey"),
            Column("capture", "Capture", number, "share of the ground that it ranks above, held out"),
            Column("above_decoys", "Outranks decoys", number),
            Column("group", "Group", lambda value: f"{value:.0f}"),
            Column("fold", "Fold", lambda value: f"{value:.0f}"),
        ],
        "Known deposits, each ranked in the map that did not know it (deposit_ranks.csv).",
        "table-deposits",
        folded=True,
        keys=[f"deposit {value}" for value in frame["number"]],
    )


def sweep_table(sweep: pd.DataFrame) -> Table:
    """Return one row per superpixel setting: inner and held-out metrics."""
    frame = sweep.pivot_table(index="scales", columns=["split", "metric"], values="estimate", sort=False)
    chosen = [
        (split, metric, f"{label}, {style()['schemes'][split][0]}")
        for split in ("inner", "held_out")
        for metric, label in (
            ("above_decoys", "Outranks decoys"),
            ("capture", "Capture"),
            ("average_accuracy", "Average accuracy"),
        )
        if (split, metric) in frame.columns
    ]
    flat = pd.DataFrame({f"{split} {metric}": frame[split, metric] for split, metric, _ in chosen})
    flat.insert(0, "superpixels", [str(scales).replace("-", ", ") for scales in frame.index])
    return table(
        flat,
        [
            Column("superpixels", "Superpixels"),
            *(Column(f"{split} {metric}", label, number) for split, metric, label in chosen),
        ],
        "Superpixel settings (sweep.csv). Choose by the inner split, report the held-out one.",
        "table-sweep",
    )


def transfer_table(transfer: pd.DataFrame) -> Table:
    """Return what models that learned on other surveys find here."""
    rows = transfer[transfer["metric"].isin(["capture", "above_decoys"])].copy()
    rows["method"] = [method_style(one)[0] for one in rows["variant"]]
    rows["interval"] = [interval(*ends) for ends in rows[["low", "high"]].itertuples(index=False)]
    rows["metric"] = rows["metric"].map({"capture": "capture", "above_decoys": "decoys outranked"})
    return table(
        rows,
        [
            Column("source", "Learned on"),
            Column("method", "Method"),
            Column("metric", "By"),
            Column("estimate", "Estimate", number),
            Column("interval", "95 % interval"),
        ],
        "Models of other surveys, judged by this one's deposits (transfer.csv).",
        "table-transfer",
        folded=True,
    )


def confusion_table(confusion: pd.DataFrame, variant: str) -> Table:
    """Return the held-out test cells of one variant by true and predicted class."""
    rows = confusion[(confusion["variant"] == variant) & (confusion["split"] == "held_out")]
    frame = rows.pivot_table(index="true", columns="predicted", values="cells", aggfunc="sum", fill_value=0)
    flat = frame.reset_index()
    flat.columns = pd.Index([str(name) for name in flat.columns])
    shown = [Column("true", "True class", lambda value: f"{value:.0f}")]
    shown += [Column(name, f"Predicted {name}", lambda value: f"{value:,.0f}") for name in flat.columns[1:]]
    return table(flat, shown, "Held-out test cells by class (confusion.csv).", "table-confusion", folded=True)


def choices_table(choices: pd.DataFrame) -> Table:
    """Return how much each choice of the workflow moves map and evidence."""
    rows = choices.drop_duplicates(["result", "choice"])
    frame = rows.assign(
        by=rows["result"]
        .map({"capture": "held-out capture", "above_decoys": "decoys outranked", "map": "the map"})
        .fillna(rows["result"])
    )
    return table(
        frame,
        [
            Column("by", "What is moved"),
            Column("choice", "Choice"),
            Column("share", "Share of the variance", number, "omega squared; 0 or less: nothing"),
            Column("p_holm", "p, Holm", lambda value: number(value, 3)),
        ],
        "How much each choice moves what comes out (consensus_choices.csv).",
        "table-choices",
        folded=True,
    )


def claims_table(verdicts: pd.DataFrame, labels: Sequence[str] = ()) -> Table:
    """Return the parts of the three claims with their verdicts."""
    rows = verdicts.copy()
    rows["interval"] = [interval(*ends) for ends in rows[["low", "high"]].itertuples(index=False)]
    return table(
        rows.fillna({"against": ""}),
        [
            Column("claim", "Claim", lambda value: str(value).replace("_", " ")),
            Column("method", "Method", lambda value: method_style(str(value))[0]),
            Column("against", "Against", lambda value: method_style(str(value))[0] if value else ""),
            Column("metric", "By", lambda value: str(value).replace("_", " ")),
            Column("difference", "Difference", lambda value: number(value, 3)),
            Column("interval", "95 % interval"),
            Column("verdict", "Verdict"),
        ],
        "The parts of the claims (claims_verdicts.csv).",
        "table-claims",
        folded=True,
    )
