"""Train all members of a variant and predict the map with each: first those with validation, then the rest."""

import math
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from geohalo.errors import InputError
from geohalo.network.allocation import keep_freed_memory
from geohalo.network.checkpoint import Checkpoint, fingerprint
from geohalo.network.encoding import Encoding
from geohalo.network.engine import Stacked, initial_members
from geohalo.network.gradients import in_threads
from geohalo.network.labelled import receptive_field
from geohalo.network.linear_term import fit_linear_term
from geohalo.network.members import Members, Outcome, Result
from geohalo.network.memory import members_at_once, predicted_at_once
from geohalo.network.prediction import predict_bands, row_blocks
from geohalo.network.presets import CLASS_DECAY, PRESETS, VARIANTS, Preset, check_task
from geohalo.network.progress import Progress
from geohalo.network.regions import Regions
from geohalo.network.scales import ScaleGraph
from geohalo.network.scores import Scores, scores_in_memory
from geohalo.network.trained import Trained
from geohalo.network.training import Training, choose_device, repeatable
from geohalo.network.values import StoredValues, Values, values_of

#: Fold of a member that no validated member may tell anything: each of them knows deposits that it holds out.
UNINFORMED = -2
#: Members that train in one thread, at most and at least: fewer share less of a step, more leave other threads idle.
MOST_TOGETHER, FEWEST_TOGETHER = 12, 6

#: Initial parameters are drawn from the one stream of random numbers that torch has for all threads.
_DRAWING = threading.Lock()

#: What validated members find out for others.
HANDED = ("temperature", "best_epoch", "factors")


@dataclass(frozen=True)
class Settings:
    """How to train.

    Attributes
    ----------
    preset : str
        A name of `PRESETS`.
    options : mapping, optional
        Fields of the preset to change.
    variant : str
        One of `VARIANTS`.
    epochs : int, optional
        Instead of the preset's own number.
    patience : int, optional
        Early stopping: epochs without a better validation after which training ends. None trains all epochs.
    device : {"auto", "cpu", "cuda"}
    precision : {"float32", "mixed"}
    memory : float
        Gigabytes that the features of members trained or predicted together may take.
    checkpoint : str, optional
        File to resume from, written every minute; removed when all is done.
    spectrum_order : tuple of int, optional
        Elements (columns) in the order in which the spectrum branch sees them; kept with the members as
        ``spectrum.order``. The graph branch sees them as they are given.
    sought : tuple of int
        Elements (columns) that the deposits are known for: a member keeps them unless its groups of deposits say
        otherwise.
    n_covariates : int
        The last so many columns of the values are covariates and no elements.
    """

    preset: str = "default"
    variant: str = "fusion"
    options: Mapping[str, Any] = field(default_factory=dict)
    epochs: int | None = None
    patience: int | None = None
    device: str = "auto"
    precision: str = "float32"
    memory: float = 4.0
    checkpoint: str | None = None
    spectrum_order: tuple[int, ...] | None = None
    sought: tuple[int, ...] = ()
    n_covariates: int = 0

    def recipe(self, n_classes: int = 2) -> Preset:
        """Return the preset with the changes asked for."""
        preset = PRESETS[self.preset]
        decay = preset.weight_decay if n_classes == 2 else min(preset.weight_decay, CLASS_DECAY)
        changes = {} if self.epochs is None else {"epochs": self.epochs}
        return replace(preset, **({"weight_decay": decay} | dict(self.options) | changes))


def train_and_predict(
    values: np.ndarray | StoredValues,
    graphs: Sequence[Mapping[str, np.ndarray]],
    members: Members,
    settings: Settings | None = None,
    fold: np.ndarray | None = None,
    report: Callable[[str], None] = print,
    keep: Callable[[tuple[int, int, int]], Scores] = scores_in_memory,
) -> Result:
    """Train all members and predict the whole map with each.

    Members with validation cells come first. What they find out (the number of epochs with early stopping, the
    temperature of the probabilities, and with ``fusion: validated`` the weights of the branches) is handed to the
    other members of the same fold, which learn from all training cells; members of no fold get the mean over all
    folds, and members that must not know of it (`UNINFORMED`) the preset's epochs and weights and a temperature of 1.

    Parameters
    ----------
    values : ndarray (cells, elements) or StoredValues
        Standardised cube inside the mask; may be memory-mapped. Of one in a file no more is held at a time than what
        the labelled cells of some members see, or a band of the map.
    graphs : sequence of mappings
        Arrays of each scale (see `geohalo.superpixels.graph.SuperpixelGraph`); open files are read array by array.
    members : Members
    settings : Settings, optional
    fold : ndarray (members,) of int, optional
        Fold of each member; -1 for none, `UNINFORMED` for one that holds out deposits which every validated member of
        others knows. All -1 when left out.
    report : callable
        Receives lines of progress.
    keep : callable
        Makes room for scores (members, scores, cells), which are put there band by band.

    Returns
    -------
    Result
        In the order of ``members``.

    Raises
    ------
    InputError
        If a single member does not fit into ``settings.memory``, the cut leaves a member without training cells of a
        class, or the loss is not made for the number of classes.
    """
    settings = settings or Settings()
    fold = np.full(len(members), -1) if fold is None else fold
    keep_freed_memory()
    work = _Work(values, graphs, members, settings, fold, report, keep)
    watched = members.validation_labels
    validated = np.zeros(len(members), dtype=bool)
    if watched is not None:
        validated |= (watched >= 0).any(axis=1)
    parts: list[Outcome] = []
    if validated.any():
        parts += work.run(members[validated].validated(), "validated", np.flatnonzero(validated))
    if not validated.all():
        rest = _rest(members, validated, parts, fold, settings)
        parts += work.run(rest, "rest", np.flatnonzero(~validated))
    work.checkpoint.remove()
    joined = Outcome.joined(parts, np.argsort(~validated, kind="stable"))
    return Result(**vars(joined), score=work.scores)


def _rest(
    members: Members, validated: np.ndarray, results: list[Outcome], fold: np.ndarray, settings: Settings
) -> Members:
    """Return the members without validation cells, with what the results of the others hand them."""
    rest = replace(members[~validated], validation_cells=None, validation_labels=None, validation_groups=None)
    if not results:
        return rest
    known = {name: np.concatenate([getattr(each, name) for each in results]) for name in HANDED}
    given = (fold[~validated], known, fold[validated])
    return _informed(rest, *given, settings.patience, settings.recipe().epochs)


def _informed(
    rest: Members,
    fold: np.ndarray,
    known: dict[str, np.ndarray],
    known_fold: np.ndarray,
    patience: int | None,
    preset_epochs: int,
) -> Members:
    """Give members the epochs, temperature and weights (`HANDED`) that the validated members of their fold found."""

    def of_fold(values: np.ndarray) -> np.ndarray:
        means = {one: values[known_fold == one].mean(axis=0) for one in np.unique(known_fold)}
        return np.array([means.get(one, values.mean(axis=0)) for one in fold])

    tuned = fold != UNINFORMED
    temperature = np.where(tuned, np.exp(of_fold(np.log(known["temperature"]))), 1.0)
    factors = np.where(tuned[:, None], of_fold(known["factors"]), 1.0)
    epochs = rest.epochs
    if patience is not None:
        best = np.maximum(1, np.rint(of_fold(known["best_epoch"]))).astype(np.int64)
        epochs = np.where(tuned, best, preset_epochs)
    return replace(rest, temperature=temperature, epochs=epochs, factors=factors)


def _identity(
    values: np.ndarray | StoredValues,
    graphs: Sequence[Mapping[str, np.ndarray]],
    members: Members,
    settings: Settings,
    fold: np.ndarray,
    recipe: Preset,
) -> Iterator[object]:
    """What a checkpoint must have been made from: the data, one array after another, and the settings."""
    yield values
    yield from (graph[name] for graph in graphs for name in graph)
    for drawn in vars(members).values():
        yield from vars(drawn).values() if isinstance(drawn, Regions) else [drawn]
    yield from (fold, recipe, replace(settings, checkpoint=None), torch.__version__)


class _Work:
    """What all parts of a run share."""

    def __init__(
        self,
        values: np.ndarray | StoredValues,
        graphs: Sequence[Mapping[str, np.ndarray]],
        members: Members,
        settings: Settings,
        fold: np.ndarray,
        report: Callable[[str], None],
        keep: Callable[[tuple[int, int, int]], Scores],
    ):
        self.settings, self.report = settings, report
        self.n_classes = max(2, int(members.labels.max()) + 1)
        self.recipe = settings.recipe(self.n_classes)
        self.device = choose_device(settings.device)
        self.values: Values = values if isinstance(values, StoredValues) else torch.as_tensor(values)
        spatial = bool({"internal", "external"} & set(VARIANTS[settings.variant]))
        self.scales = [ScaleGraph.from_arrays(graph, self.device) for graph in graphs] if spatial else []
        self.encode = Encoding.of(self.values, self.scales, self.recipe)
        check_task(settings.preset, dict(settings.options), settings.variant, self.n_classes)
        self.progress = Progress(len(members), self.recipe.epochs, report)
        self.checkpoint = Checkpoint()
        if settings.checkpoint:
            identity = fingerprint(_identity(values, graphs, members, settings, fold, self.recipe))
            self.checkpoint = Checkpoint(settings.checkpoint, identity)
        self.scores = keep((len(members), 1 if self.n_classes == 2 else self.n_classes, len(self.values)))

    def run(self, members: Members, name: str, places: np.ndarray) -> list[Outcome]:
        """Train in parts that fit into memory, some side by side, and predict; returns the outcome of each part.

        ``places`` (members,) are those of the members among all.
        """
        parts, together = self._cut(members)
        size = parts[0].stop
        beside = f", {together} such parts side by side" if together > 1 and len(parts) > 1 else ""
        self.report(
            f"{len(members)} members of {self.settings.variant}, {size} at once{beside}, on {self.device}"
        )
        of_part = [lambda part=part: self._trained(members[part], f"{name} {part.start}") for part in parts]
        with repeatable():
            outcomes = in_threads(lambda train_part: train_part(), of_part, together, self.progress.stop)
            self._predict(Outcome.joined(outcomes), places)
        return outcomes

    def _predict(self, outcome: Outcome, places: np.ndarray) -> None:
        """Predict the map with each of some members; their scores go to their ``places`` (members,) among all.

        Members that have seen other ground are predicted together all the same: they share what is read of the map.
        """
        settings, number = self.settings, len(places)
        together = 2 if self.device.type == "cpu" and number > 1 else 1
        sizes = (self.scales, len(self.values), self.n_classes, settings.variant, self.recipe)
        size = min(math.ceil(number / together), predicted_at_once(*sizes, settings.memory / together))

        def predict(some: slice) -> None:
            state = {name: value[some].to(self.device) for name, value in outcome.state.items()}
            scale = torch.as_tensor(outcome.temperature[some], dtype=torch.float32)
            graphs = (self.values, self.scales, self.encode)
            for band, score in predict_bands(Trained(state, *graphs, self.recipe, settings.variant, scale)):
                self.scores[places[some], :, band] = score

        in_threads(predict, list(row_blocks(number, size)), together)

    def _cut(self, members: Members) -> tuple[list[slice], int]:
        """Cut members into parts that fit into memory; returns these, and how many go side by side at most.

        On the CPU two parts have a thread each, or half of all: threads of one part would wait for each other after
        every operation. The cut is the same for any number of threads, so that results are.
        """
        looked_at = [c for c in (members.cells, members.validation_cells) if c is not None]
        cells = torch.as_tensor(np.concatenate(looked_at, axis=1)).to(self.device)
        variant, memory, number = self.settings.variant, self.settings.memory, len(members)
        work = (number, cells, self.scales, self.values.shape[1], variant, self.recipe)
        kept = (
            self.recipe.pathfinders * (2 if self.settings.n_covariates else 1) if self.n_classes == 2 else 0
        )
        if self.device.type == "cpu":
            with suppress(InputError):  # one member needs more than half of the memory
                size = members_at_once(*work, memory / 2, kept)
                if number >= 2 * FEWEST_TOGETHER:
                    size = min(size, math.ceil(number / (2 * math.ceil(number / (2 * MOST_TOGETHER)))))
                if size < number:
                    pairs = math.ceil(number / (2 * size))  # of parts, so that both threads have as many
                    return list(row_blocks(number, math.ceil(number / (2 * pairs)))), 2
        return list(row_blocks(number, members_at_once(*work, memory, kept))), 1

    def _trained(self, members: Members, name: str) -> Outcome:
        """Train some members together; ``name`` is that of their part in the checkpoint."""
        settings, recipe = self.settings, self.recipe
        covariates = settings.n_covariates
        elements = self.values.shape[1] - covariates
        sizes = (elements, len(self.scales), recipe, settings.variant, self.n_classes, covariates)
        with _DRAWING:
            state = initial_members([int(seed) for seed in members.seeds], *sizes)
        if settings.spectrum_order is not None and "spectrum.order" in state:
            state["spectrum.order"][:] = torch.tensor(settings.spectrum_order)
        seen = values_of(self.values, self._looked_at(members))
        fits = self._fitted(members, seen, state)
        if members.factors is not None:
            state["prior"] = state["prior"] + torch.as_tensor(members.factors, dtype=torch.float32).log()
        state = {key: value.to(self.device) for key, value in state.items()}
        training = Training(
            state,
            seen,
            self.scales,
            replace(self.encode, values=seen),
            members,
            recipe,
            settings.variant,
            settings.patience,
            settings.precision,
        )
        del seen
        for warning in training.warnings:
            self.report(f"Warning: {warning}")
        progress = self.progress.part(len(members), recipe.epochs)
        kept = training.run(progress, self.checkpoint, name)
        progress.end()
        temperature = training.temperature() if members.temperature is None else members.temperature
        state = {key: value.cpu() for key, value in kept.items()}
        found = (training.best_epoch.numpy(), temperature, training.factors(temperature))
        return Outcome(state, training.table(), *found, fits)

    def _looked_at(self, members: Members) -> Iterator[Tensor]:
        """Cells that the training of some members looks at: labelled ones, and what these see at each scale."""
        labelled = [c for c in (members.cells, members.validation_cells) if c is not None]
        cells = torch.as_tensor(np.concatenate(labelled, axis=1)).to(self.device)
        yield cells.flatten()
        yield from (graph.pixels(receptive_field(graph, cells, self.recipe)) for graph in self.scales)

    def _fitted(self, members: Members, values: Values, state: Stacked) -> np.ndarray:
        """Fit gate and linear term of each member, put them into its state; returns the consistency of the elements."""
        consistency = np.zeros((len(members), self.values.shape[1]))
        for member, (cells, labels) in enumerate(zip(members.cells, members.labels, strict=True)):
            own = labels >= 0
            groups = np.full(len(labels), -1) if members.groups is None else members.groups[member]
            if self.n_classes > 2 or not {0, 1} <= set(labels[own]):
                continue
            spectra = values[torch.as_tensor(cells[own])].numpy()
            most, sought = self.recipe.pathfinders, self.settings.sought
            covariates = self.settings.n_covariates
            fit = fit_linear_term(spectra, labels[own], groups[own], most, sought, covariates)
            consistency[member] = fit.consistency
            for name, value in (("gate", fit.kept), ("linear.weight", fit.weight), ("linear.bias", fit.bias)):
                if name in state:
                    state[name][member] = torch.as_tensor(value)
        return consistency
