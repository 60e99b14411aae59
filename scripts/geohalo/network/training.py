"""Training of stacked members."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from geohalo.errors import InputError
from geohalo.network.calibration import fit_temperature
from geohalo.network.checkpoint import Checkpoint
from geohalo.network.encoding import Encoding
from geohalo.network.engine import Engine, Stacked, branches_of, class_count, is_trained, kept_features
from geohalo.network.fusion import branch_factors, by_branch
from geohalo.network.gradients import add_gradients
from geohalo.network.labelled import LabelledScale, Logits, labelled_logits, labelled_scale
from geohalo.network.losses import Labels, cross_entropy, mean_area_under_curve, member_losses
from geohalo.network.masks import Masks
from geohalo.network.members import HISTORY, Members
from geohalo.network.parts import network_parts
from geohalo.network.presets import VARIANTS, Preset
from geohalo.network.regions import Regions
from geohalo.network.scales import ScaleGraph
from geohalo.network.values import Values

#: Called with the epoch that is done, the number of epochs, and the mean loss.
Progress = Callable[[int, int, float], None]

#: Epochs that the validation is averaged over before it is compared.
SMOOTHING = 3
#: Epochs from one look at training and validation cells to the next, where nothing but the history depends on them.
LOOK_EVERY = 5
#: A validation that is better by less is not better: another order of a sum would do as much.
ROUNDING = 1e-6


def choose_device(name: str) -> torch.device:
    """Resolve ``auto`` to a CUDA GPU when there is one, else the CPU.

    Raises
    ------
    InputError
        If ``cuda`` is asked for and there is none.
    """
    if name == "cuda" and not torch.cuda.is_available():
        raise InputError("network.device is 'cuda', but torch finds no CUDA GPU. Set it to 'auto' or 'cpu'.")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")


@contextmanager
def repeatable() -> Iterator[None]:
    """Sum gradients in one order, so that threads do not change their rounding; the former state comes back."""
    before, warn = (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
    )
    # Without warn_only a GPU would need a setting of its own before the program starts.
    torch.use_deterministic_algorithms(True, warn_only=True)
    # Filling new memory with NaN finds reads of what was never written; it costs a pass over each array.
    filled, torch.utils.deterministic.fill_uninitialized_memory = (  # type: ignore[attr-defined]
        torch.utils.deterministic.fill_uninitialized_memory,  # type: ignore[attr-defined]
        False,
    )
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before, warn_only=warn)
        torch.utils.deterministic.fill_uninitialized_memory = filled  # type: ignore[attr-defined]


def clip_members(gradients: list[Tensor], largest: float) -> None:
    """Scale each member's gradient down to a norm of at most ``largest``, in place."""
    norm = torch.stack([g.flatten(1).norm(dim=1) for g in gradients]).norm(dim=0)
    scale = (largest / (norm + 1e-6)).clamp(max=1)
    for gradient in gradients:
        gradient.mul_(scale.view(-1, *[1] * (gradient.dim() - 1)))


def add_penalty(losses: Tensor, trained: Stacked, weight: float) -> Tensor:
    """Add the L1 penalty on the internal branch to the losses (members,), and its gradient to the parameters'."""
    inner = [p.abs().flatten(1).sum(1) for name, p in trained.items() if name.startswith("internal.")]
    if not inner:
        return losses
    penalty = weight * torch.stack(inner).sum(0)
    penalty.sum().backward()
    return losses + penalty.detach()


class Labelled:
    """Labelled cells of all members with what the network needs to score them.

    Parameters
    ----------
    values : Tensor (cells, elements) or StoredValues
    graphs : list of ScaleGraph
    encode : Encoding
    cells, labels, groups : Tensor (members, labelled) of int64
    held_out : (members, cells) of bool, or Regions, optional
        Cut out of the external graph.
    preset : Preset
    variant : str
    n_classes : int
    columns : Tensor (features,) of int64, optional
        Features that any member keeps (`engine.kept_features`); all when left out.
    """

    def __init__(
        self,
        values: Values,
        graphs: list[ScaleGraph],
        encode: Encoding,
        cells: Tensor,
        labels: Tensor,
        groups: Tensor,
        held_out: np.ndarray | Regions | None,
        preset: Preset,
        variant: str,
        n_classes: int,
        columns: Tensor | None = None,
    ):
        self.spectra = values[cells.t().to(values.device)].to(cells.device)
        self.labels = Labels.of(labels, groups, n_classes, preset.group_weights)
        near = "internal" in VARIANTS[variant]
        self.scales: list[LabelledScale] = [
            labelled_scale(graph, encode, cells, held_out, preset, near, columns) for graph in graphs
        ]

    def check(self) -> list[str]:
        """Return a warning for each class of which the cut leaves members without a labelled cell.

        Raises
        ------
        InputError
            If it leaves no member any.
        """
        if not self.scales:
            return []
        there = torch.stack([scale.there for scale in self.scales]).amax(0) > 0
        counted, messages = self.labels.weight > 0, []
        for label in self.labels.label[counted].unique().tolist():
            mine = counted & (self.labels.label == label)
            lost = mine.any(0) & ~(mine & there).any(0)
            message = (
                f"{int(lost.sum())} of {len(lost)} members have no training cell of class {label} left: each "
                "lies in a superpixel that reaches into the member's held-out region, and such superpixels are "
                "cut out while it trains. What these members score means nothing. Ask for smaller superpixels "
                "(larger numbers in superpixels.n_segments), or change labels.buffer or labels.group_distance."
            )
            if lost.all():
                raise InputError(message)
            messages += [message] if lost.any() else []
        return messages

    def logits(self, engine: Engine) -> Logits:
        """Logits of the cells."""
        return labelled_logits(engine, self.spectra, self.scales)


def _copied(tensors: Stacked) -> Stacked:
    return {name: value.detach().clone() for name, value in tensors.items()}


class Training:
    """Full-batch training of stacked members, for a number of epochs or until validation gets no better.

    No held-out cell is used, not even to choose the epoch to keep: validation cells, where members have some, lie
    inside the training folds and are not learned from.

    Parameters
    ----------
    state : dict of Tensor (members, ...)
        Initial parameters; changed in place.
    values : Tensor (cells, elements) or StoredValues
        What the labelled cells see is read.
    graphs : list of ScaleGraph
    encode : Encoding
    members : Members
    preset : Preset
    variant : str
    patience : int, optional
        A member stops when its validation AUC (mean of 3 epochs) has not risen for this many epochs, and keeps its
        best epoch, whatever the others do. Where validation tells nothing, it trains all epochs.
    precision : {"float32", "mixed"}
        Mixed: the convolutions along the spectrum are in bfloat16. The graph branch stays in float32: its
        normalisation divides by deviations that can be tiny.
    """

    def __init__(
        self,
        state: Stacked,
        values: Values,
        graphs: list[ScaleGraph],
        encode: Encoding,
        members: Members,
        preset: Preset,
        variant: str,
        patience: int | None = None,
        precision: str = "float32",
    ):
        self.state, self.preset, self.patience, self.mixed = state, preset, patience, precision == "mixed"
        self.device = state["prior"].device
        self.branches = branches_of(state, variant)
        self.seeds = self._tensor(members.seeds)
        n_classes = class_count(state)
        common = (values, graphs if {"internal", "external"} & set(self.branches) else [], encode)
        kind, columns = (preset, variant, n_classes), kept_features(state, preset)
        self.learned = Labelled(*common, *self._cells(members), members.held_out, *kind, columns)
        self.warnings = self.learned.check()
        self.n_learned = members.cells.shape[1]
        self.watched: Labelled | None = None
        if members.validation_cells is not None and members.validation_labels is not None:
            cells, labels, _ = self._cells(members)
            more, their = self._tensor(members.validation_cells), self._tensor(members.validation_labels)
            cells, labels = torch.cat([cells, more], 1), torch.cat([labels, their], 1)
            self.watched = Labelled(*common, cells, labels, torch.full_like(cells, -1), None, *kind, columns)
            split = torch.arange(cells.shape[1], device=self.device) < self.n_learned
            self.training_part = self._part(labels, split, n_classes)
            self.validation_part = self._part(labels, ~split, n_classes)
            self.validation_groups = self._grouped(members, split, labels, n_classes)
        trained = {name: p.requires_grad_() for name, p in state.items() if is_trained(name)}
        self.trained = trained
        epochs = preset.epochs if trained else 1
        ends = np.full(len(members), epochs) if members.epochs is None or not trained else members.epochs
        self.ends = torch.as_tensor(ends)
        self.optimiser = torch.optim.Adam(
            trained.values() or [torch.zeros(1)],
            lr=preset.learning_rate,
            weight_decay=preset.weight_decay,
            fused=True,
        )
        self.kept = {name: p.detach().clone() for name, p in state.items()}
        self.history: list[Tensor] = []
        self.best = torch.full((len(members),), -torch.inf)
        self.best_epoch = self.ends.clone()

    def _tensor(self, values: np.ndarray) -> Tensor:
        return torch.as_tensor(values).to(self.device)

    def _cells(self, members: Members) -> tuple[Tensor, Tensor, Tensor]:
        groups = np.full_like(members.labels, -1) if members.groups is None else members.groups
        return self._tensor(members.cells), self._tensor(members.labels), self._tensor(groups)

    @staticmethod
    def _part(labels: Tensor, there: Tensor, n_classes: int) -> Labels:
        masked = torch.where(there, labels, -1)
        return Labels.of(masked, torch.full_like(masked, -1), n_classes, alike=False)

    def _grouped(self, members: Members, learned: Tensor, labels: Tensor, n_classes: int) -> Labels:
        """Labels of the validation cells in which groups weigh alike; a member's weights add up to their number."""
        groups = torch.full_like(labels, -1)
        if members.validation_groups is not None:
            groups[:, ~learned] = self._tensor(members.validation_groups)
        part = Labels.of(torch.where(learned, -1, labels), groups, n_classes, alike=True)
        number = [len(one[one >= 0].unique()) for one in groups]
        return replace(part, weight=part.weight * torch.tensor(number, device=self.device).clamp(min=1))

    def run(self, progress: Progress, checkpoint: Checkpoint, part: str) -> Stacked:
        """Train to the end, resuming from a checkpoint where there is one; returns the parameters to keep."""
        found = checkpoint.get(part)
        if found:
            self._restore(found)
        total = int(self.ends.max())
        while self._going().any():
            self._record(self._step())
            progress(len(self.history), total, float(self.history[-1][0].nanmean()))
            if checkpoint.due(part) and len(self.history) < total:
                checkpoint.put(part, self._saved())
        for parameter in self.trained.values():
            parameter.requires_grad_(False)
        checkpoint.put(part, self._saved())
        return self.kept

    def _step(self) -> Tensor:
        """One step of all members; returns the mean of each one's losses."""
        self.optimiser.zero_grad()
        engine = Engine(
            self.state, self.preset, self.branches, Masks(self.seeds, len(self.history)), self.mixed
        )
        if not self.trained:  # a linear term alone has been fitted
            logits = self.learned.logits(engine)
            return member_losses(logits.fused(), self.learned.labels, logits.usable, self.preset).cpu()
        each = add_gradients(engine, self.learned.spectra, self.learned.scales, self.learned.labels)
        losses = each.sum(0)
        if self.preset.l1_internal:
            losses = add_penalty(losses, self.trained, self.preset.l1_internal)
        for branch, largest in (
            ("internal.", self.preset.clip_internal),
            ("external.", self.preset.clip_external),
        ):
            grads = [p.grad for n, p in self.trained.items() if n.startswith(branch) and p.grad is not None]
            if largest is not None and grads:
                clip_members(grads, largest)
        self.optimiser.step()
        return losses.float().cpu() / len(each)

    def _record(self, loss: Tensor) -> None:
        """Keep the numbers of this epoch, and the parameters of members that end or are at their best."""
        row = torch.full((len(HISTORY), len(loss)), torch.nan)
        row[0] = loss
        epoch = len(self.history) + 1
        now = self.ends == epoch
        if self.watched is not None and (self.patience is not None or epoch % LOOK_EVERY == 1 or now.any()):
            row[1:] = self._watch()
        going = self._going()
        self.history.append(row.masked_fill(~going, torch.nan))
        if self.patience is not None and self.watched is not None:
            smooth = torch.stack([r[4] for r in self.history[-SMOOTHING:]]).mean(0)
            better = going & (smooth > self.best + ROUNDING)
            # Whom validation tells nothing keeps the latest epoch.
            now = better | (going & (self.best == -torch.inf))
            self.best = torch.where(better, smooth, self.best)
            self.best_epoch[now] = epoch
        if now.any():
            there = now.to(self.device)
            for name, value in self.state.items():
                self.kept[name][there] = value.detach()[there]

    @torch.no_grad()
    def _watched_logits(self, state: Stacked) -> Logits:
        assert self.watched is not None
        return self.watched.logits(Engine(state, self.preset, self.branches))

    def _watch(self) -> Tensor:
        """Loss and area under the ROC curve on training and validation cells, in evaluation mode; (4, members)."""
        logits = self._watched_logits(self.state).fused().float()
        each = cross_entropy(logits, self.training_part.label + self.validation_part.label)
        parts = (self.training_part, self.validation_part)
        losses = [(each * labels.weight).sum(0).cpu() for labels in parts]
        return torch.stack([*losses, *(mean_area_under_curve(logits, labels).cpu() for labels in parts)])

    def _going(self) -> Tensor:
        """Tell which members train on, (members,) of bool: each by its own epochs and its own validation."""
        done = len(self.history)
        going = done < self.ends
        if self.patience is not None and self.watched is not None:
            going &= (self.best == -torch.inf) | (done - self.best_epoch < self.patience)
        return going

    def temperature(self) -> np.ndarray:
        """Temperature of each member's probabilities, (members,), fitted on its validation cells."""
        out = np.ones(len(self.ends))
        if self.watched is not None:
            logits, labels = self._watched_logits(self.kept).fused().float(), self.validation_part
            for k in range(len(out)):
                one = slice(k, k + 1)
                out[k] = fit_temperature(logits[:, one], labels.label[:, one], labels.weight[:, one])
        return out

    @torch.no_grad()
    def factors(self, temperature: np.ndarray) -> np.ndarray:
        """What the weight of each part should be multiplied with by the validation cells, (members, parts)."""
        parts = network_parts(self.branches, len(self.learned.scales))
        out = np.ones((len(self.ends), len(parts)))
        if self.watched is None or self.preset.fusion != "validated" or class_count(self.state) != 2:
            return out
        logits, labels = self._watched_logits(self.kept), self.validation_groups
        names, of_branch = by_branch(parts, (logits.parts[..., 1] - logits.parts[..., 0]) * logits.share)
        for member, row in enumerate(out):
            own = of_branch[:, :, member] / float(temperature[member])
            found = branch_factors(own, labels.label[:, member], labels.weight[:, member])
            row[:] = [found[names.index(branch)] for branch, _ in parts]
        return out

    def table(self) -> dict[str, np.ndarray]:
        """History of each member, (members, epochs) for each of `HISTORY`."""
        rows = torch.stack(self.history, dim=2).numpy()
        return dict(zip(HISTORY, rows, strict=True))

    def _saved(self) -> dict:
        """Copy of everything that training goes on from: later steps do not change it."""
        moments = self.optimiser.state_dict()["state"]
        return {
            "state": _copied(self.state),
            "kept": _copied(self.kept),
            "moments": {str(k): _copied(value) for k, value in moments.items()},
            "history": list(self.history),
            "best": self.best,
            "best_epoch": self.best_epoch.clone(),
        }

    @torch.no_grad()
    def _restore(self, saved: dict) -> None:
        for name, value in saved["state"].items():
            self.state[name].copy_(value)
            self.kept[name].copy_(saved["kept"][name])
        optimiser_state = self.optimiser.state_dict()
        optimiser_state["state"] = {int(k): _copied(value) for k, value in saved["moments"].items()}
        self.optimiser.load_state_dict(optimiser_state)
        self.history, self.best = list(saved["history"]), saved["best"]
        self.best_epoch = saved["best_epoch"].clone()
