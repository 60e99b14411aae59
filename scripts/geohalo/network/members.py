"""What goes into training and what comes out: the labelled cells of all members, and their results."""

from dataclasses import dataclass, replace

import numpy as np
import torch

from geohalo.network.engine import Stacked
from geohalo.network.regions import Regions
from geohalo.network.scores import Scores


@dataclass(frozen=True)
class Members:
    """Labelled cells of all members.

    Attributes
    ----------
    seeds : ndarray (members,) of int
        Seed of the initial weights.
    cells : ndarray (members, labelled) of int
        Labelled cells (row-major order inside the mask).
    labels : ndarray (members, labelled) of int
        Class of each, from 0; -1 fills up members with fewer cells.
    held_out : ndarray (members, cells) of bool, or Regions
        Held-out region of each member's fold.
    groups : ndarray (members, labelled) of int, optional
        Group of deposits of each labelled cell; -1 for cells without one.
    validation_cells, validation_labels, validation_groups : ndarray (members, validated) of int, optional
        Cells inside the training folds that training does not learn from, in the same form.
    epochs : ndarray (members,) of int, optional
        Epochs of each member, in place of the preset's.
    temperature : ndarray (members,) of float, optional
        Temperature of each member's probabilities; 1 when left out.
    factors : ndarray (members, parts) of float, optional
        What the given weight of each part of the network is multiplied with; 1 when left out.
    """

    seeds: np.ndarray
    cells: np.ndarray
    labels: np.ndarray
    held_out: np.ndarray | Regions
    groups: np.ndarray | None = None
    validation_cells: np.ndarray | None = None
    validation_labels: np.ndarray | None = None
    validation_groups: np.ndarray | None = None
    epochs: np.ndarray | None = None
    temperature: np.ndarray | None = None
    factors: np.ndarray | None = None

    def __getitem__(self, part: slice | np.ndarray) -> "Members":
        given = {name: value[part] for name, value in vars(self).items() if value is not None}
        return replace(self, **given)

    def __len__(self) -> int:
        return len(self.seeds)

    def validated(self) -> "Members":
        """The same members without the validation cells that none of them uses, or without any."""
        labels = self.validation_labels
        used = int((labels >= 0).sum(1).max()) if labels is not None and len(self) else 0

        def shortened(values: np.ndarray | None) -> np.ndarray | None:
            return values[:, :used] if used and values is not None else None

        return replace(
            self,
            validation_cells=shortened(self.validation_cells),
            validation_labels=shortened(labels),
            validation_groups=shortened(self.validation_groups),
        )


#: Columns of the history, each (members, epochs); all but the first in evaluation mode, for members with validation.
HISTORY = ("loss", "training_loss", "validation_loss", "training_auc", "validation_auc")


@dataclass(frozen=True)
class Outcome:
    """What came out of the training of some members.

    Attributes
    ----------
    state : dict of Tensor (members, ...)
        Stacked parameters.
    history : dict of ndarray (members, epochs) of float32
        See `HISTORY`; NaN where there is nothing to tell.
    best_epoch : ndarray (members,) of int
        Number of epochs with the best validation (the last one without validation).
    temperature : ndarray (members,) of float
        Temperature that fits the member's validation cells; 1 without validation.
    factors : ndarray (members, parts) of float
        What the weights of the parts should be multiplied with by the member's validation cells; 1 without validation.
    consistency : ndarray (members, elements) of float
        How far, and how alike from group to group, each element tells the member's halo cells from background.
    """

    state: Stacked
    history: dict[str, np.ndarray]
    best_epoch: np.ndarray
    temperature: np.ndarray
    factors: np.ndarray
    consistency: np.ndarray

    @classmethod
    def joined(cls, parts: list["Outcome"], order: np.ndarray | None = None) -> "Outcome":
        """Put several parts together, in the ``order`` of their members."""
        sizes = [len(part.best_epoch) for part in parts]
        total, first = sum(sizes), parts[0]
        places = np.split(np.arange(total) if order is None else order, np.cumsum(sizes)[:-1])
        longest = max(part.history["loss"].shape[1] for part in parts)
        history = {name: np.full((total, longest), np.nan, first.history[name].dtype) for name in HISTORY}
        state = {name: value.new_empty(total, *value.shape[1:]) for name, value in first.state.items()}
        numbers = {
            name: np.empty((total, *getattr(first, name).shape[1:]), getattr(first, name).dtype)
            for name in ("best_epoch", "temperature", "factors", "consistency")
        }
        for part, rows in zip(parts, places, strict=True):
            for name, values in numbers.items():
                values[rows] = getattr(part, name)
            for name, values in history.items():
                values[rows, : part.history[name].shape[1]] = part.history[name]
            for name, stacked in state.items():
                stacked[torch.as_tensor(rows)] = part.state[name]
        return cls(state, history, **numbers)


@dataclass(frozen=True)
class Result(Outcome):
    """Outcome of training, with the map of every member.

    Attributes
    ----------
    score : ndarray (members, scores, cells) of float32, or ScoreFile
        With two classes the probability of the second one (scores = 1), else of every class.
    """

    score: Scores
