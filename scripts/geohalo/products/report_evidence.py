"""What the report says of evidence: the tables of methods, deposits and scores."""

import numpy as np
import pandas as pd

from geohalo.products.method_rows import heading_of, ordered
from geohalo.products.report_tables import Column, Table, table
from geohalo.products.report_text import interval, number
from geohalo.products.styles import method_style, style

#: What methods are ordered by, and the numbers that the report shows of each, where labels are deposits.
DEPOSIT_COLUMNS = (
    ("capture", "Capture", "mean percentile rank of held-out deposits; 0.5 is chance"),
    (
        "above_decoys",
        "Outranks decoys",
        "share of the decoys that a held-out deposit outranks; 0.5 is chance",
    ),
    ("decoy_capture", "Capture of decoys", "how much the hold-out itself produces; not better when larger"),
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


def rows_of(metrics: pd.DataFrame, split: str, metric: str) -> pd.DataFrame:
    """Return estimate, low, high and n of a metric by method."""
    found = metrics[(metrics["split"] == split) & (metrics["metric"] == metric)]
    return found.set_index("variant")[["estimate", "low", "high", "n"]].dropna(subset="estimate")


def methods_table(metrics: pd.DataFrame, name: str, caption: str, foreign: bool = False) -> Table:
    """Return one row per method: held-out metrics with intervals, and the random split beside them.

    With ``foreign``, the first method is a map made elsewhere, which stands above those of the survey itself.
    """
    columns = DEPOSIT_COLUMNS if not rows_of(metrics, "held_out", "capture").empty else CLASS_COLUMNS
    first = str(metrics["variant"].iloc[0])
    known = dict.fromkeys(metrics["variant"].astype(str))
    sorter = columns[1 if not rows_of(metrics, "held_out", columns[1][0]).empty else 0][0]
    by_value = rows_of(metrics, "held_out", sorter)["estimate"]
    names = ordered({one: one for one in known}, {one: float(by_value.get(one, np.nan)) for one in known})
    kinds = {one: heading_of(one) for one in names}
    if foreign:
        names.sort(key=lambda one: one != first)
        kinds[first] = "map made elsewhere"
    frame = pd.DataFrame(
        {"method": [method_style(one)[0] for one in names], "group": [kinds[one] for one in names]},
        index=names,
    )
    shown = [Column("method", "Method")]
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
    shown.append(Column("group", "Kind"))
    return table(frame, shown, caption, name, strong=[one == first for one in names])


def comparisons_table(comparisons: pd.DataFrame, name: str = "table-comparisons") -> Table:
    """Return the first variant's differences to every other method with held-out deposits."""
    rows = comparisons[comparisons["split"] == "held_out"].copy()
    first = method_style(str(rows["variant"].iloc[0]))[0] if len(rows) else ""
    rows["method"] = [method_style(one)[0] for one in rows["against"]]
    rows["metric"] = rows["metric"].map({"capture": "capture", "above_decoys": "decoys outranked"})
    rows["interval"] = [interval(*ends) for ends in rows[["low", "high"]].itertuples(index=False)]
    rows = rows.sort_values(["metric", "difference"], ascending=[False, False])
    return table(
        rows,
        [
            Column("method", f"{first} against"),
            Column("metric", "Metric"),
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


def types_table(evidence: pd.DataFrame, variant: str) -> Table:
    """Return what held-out deposits of each type say of one variant, and of the other splits where there are any."""
    rows = evidence[
        (evidence["variant"] == variant) & evidence["metric"].isin(["capture", "above_decoys"])
    ].copy()
    rows = rows[rows["split"] != "random"]
    rows["held"] = [style()["schemes"][split][0] for split in rows["split"]]
    rows["interval"] = [interval(*ends) for ends in rows[["low", "high"]].itertuples(index=False)]
    rows["metric"] = rows["metric"].map({"capture": "capture", "above_decoys": "decoys outranked"})
    return table(
        rows,
        [
            Column("type", "Type"),
            Column("held", "Split"),
            Column("metric", "Metric"),
            Column("estimate", "Estimate", number, "mean over the deposits of the type; 0.5 is chance"),
            Column("interval", "95 % interval", None, "over groups of deposits"),
            Column("n", "Deposits"),
            Column("groups", "Groups"),
        ],
        f"Deposits of each type in the maps of {method_style(variant)[0]} that did not know them (type_evidence.csv).",
        "table-types",
        folded=True,
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
            Column("source", "Trained on"),
            Column("method", "Method"),
            Column("metric", "Metric"),
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
            Column("by", "Result"),
            Column("choice", "Choice"),
            Column("share", "Share of the variance", number, "omega squared; 0 or less: nothing"),
            Column("p_holm", "p, Holm", lambda value: number(value, 3)),
        ],
        "How much each choice changes the results (consensus_choices.csv).",
        "table-choices",
        folded=True,
    )


def claims_table(verdicts: pd.DataFrame) -> Table:
    """Return the parts of the three claims with their verdicts."""
    rows = verdicts.copy()
    rows["interval"] = [interval(*ends) for ends in rows[["low", "high"]].itertuples(index=False)]
    return table(
        rows,
        [
            Column("claim", "Claim", lambda value: str(value).replace("_", " ")),
            Column("method", "Method", lambda value: method_style(str(value))[0]),
            Column("against", "Against", lambda value: method_style(str(value))[0] if value else ""),
            Column("metric", "Metric", lambda value: str(value).replace("_", " ")),
            Column("difference", "Difference", lambda value: number(value, 3)),
            Column("interval", "95 % interval"),
            Column("verdict", "Verdict"),
        ],
        "The parts of the claims (claims_verdicts.csv).",
        "table-claims",
        folded=True,
    )
