"""Train on all deposits of one survey, the network and the controls, and score the cells of another."""

from typing import Any

import numpy as np

from geohalo.files.folds import read_folds
from geohalo.files.scores import write_scores
from geohalo.files.tables import write_csv
from geohalo.stages.shared.transfer import Side, learned_elsewhere


def transfer_scores(
    cubes: str, folder: str, how: dict, threads: int, outputs: dict[str, str], log: Any
) -> None:
    """Write the scores of every variant and control, and the history; of the target nothing but its cube is read."""
    source, target = (Side.read(f"{cubes}/{role}") for role in ("source", "target"))
    # The number of epochs is told by inner members where it is not given.
    schemes = ["inner", "final"] if how["early_stopping"] else ["final"]
    folds = [read_folds(folder, scheme, source.survey.mask) for scheme in schemes]
    scored, history = learned_elsewhere(source, target, folds, **how, threads=threads, report=log.info)
    mean, spread = (np.stack(parts).astype(np.float32) for parts in zip(*scored.values(), strict=True))
    write_scores(target.survey, {"transfer": (mean, spread)}, outputs["scores"], list(scored))
    write_csv(history, outputs["history"])
