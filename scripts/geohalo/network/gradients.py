"""Losses of a training step and their gradients.

The convolutions of a large spectrum branch leave more behind for the gradient than fits into a processor's cache. On
the CPU such members go one after another, from their convolutions to the gradients of these, one in each thread, and
what one has left makes room for the next. All else is done for all members together.
"""

from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import replace
from typing import TypeVar

import torch
from torch import Tensor

from geohalo.network.engine import Engine, Stacked, is_trained
from geohalo.network.labelled import LabelledScale, Logits, seen_spectra, spatial_logits
from geohalo.network.losses import Labels, member_losses
from geohalo.network.memory import spectrum_apart
from geohalo.network.presets import Preset

Part = TypeVar("Part")
Found = TypeVar("Found")


def network_losses(logits: Logits, labels: Labels, preset: Preset) -> Tensor:
    """Losses of each member, (losses, members), which are added: of the fused logits, or of each part."""
    if not preset.separate_losses:
        return member_losses(logits.fused(), labels, logits.usable, preset).unsqueeze(0)
    # The linear term has been fitted; each part learns what it leaves over.
    own, linear = (logits.parts[:-1], logits.parts[-1]) if logits.linear else (logits.parts, 0.0)
    losses = [
        member_losses(part + linear, labels, (share > 0).float(), preset)
        for part, share in zip(own, logits.share, strict=False)
    ]
    if preset.fusion == "learned":
        # The weights learn from what they make of the parts; the parts do not.
        fused = replace(logits, parts=logits.parts.detach()).fused()
        losses.append(member_losses(fused, labels, logits.usable, preset))
    return torch.stack(losses)


def add_gradients(engine: Engine, x: Tensor, scales: list[LabelledScale], labels: Labels) -> Tensor:
    """Losses of each member, (losses, members), to be added up; leaves their gradients with the parameters.

    Parameters
    ----------
    engine : Engine
        In training.
    x : Tensor (cells, members, elements)
        Spectra of each member's labelled cells.
    scales : list of LabelledScale
    labels : Labels
    """
    spatial = spatial_logits(engine, x, scales)
    linear = engine.linear_term(x) if "linear" in engine.branches else None
    if "spectrum" not in engine.branches:
        if "covariates" in engine.branches:
            spatial = spatial.with_part(engine.covariates(seen_spectra(engine, x)))
        each = network_losses(spatial.with_linear(linear), labels, engine.preset)
        # Members share no parameters, so the gradient of the sum is each member's own.
        each.sum().backward()
        return each.detach()
    seen = seen_spectra(engine, x)
    of_spectrum = _dropout(engine, "spectrum", x, engine.preset.spectrum[-1])
    of_covariates = None
    if "covariates" in engine.branches:
        of_covariates = _dropout(engine, "covariates", x, engine.state["covariates.head.1.weight"].shape[2])

    def of_part(some: slice) -> tuple[Tensor, Logits, Stacked]:
        """Losses of some members, and the gradients of their spatial logits and of their spectrum branch."""
        mine = _apart(spatial.of(some))
        state = {
            name: value.detach()[some].requires_grad_(is_trained(name))
            for name, value in engine.state.items()
            if name.startswith(("spectrum.", "covariates.")) or name == "gate"
        }
        branch = Engine(state, engine.preset, engine.branches, engine.masks, engine.mixed)
        logits = mine.with_part(branch.spectrum(seen[:, some], _of(of_spectrum, some)))
        if "covariates" in engine.branches:
            logits = logits.with_part(branch.covariates(seen[:, some], _of(of_covariates, some)))
        logits = logits.with_linear(_of(linear, some))
        each = network_losses(logits, labels.part(some), engine.preset)
        each.sum().backward()
        return each.detach(), mine, {name: p.grad for name, p in state.items() if p.grad is not None}

    members = x.shape[1]
    apart = spectrum_apart(x.device, len(x), x.shape[2], engine.preset)
    parts = [slice(k, k + 1) for k in range(members)] if apart else [slice(0, members)]
    found = in_threads(of_part, parts)
    for name in found[0][2]:
        engine.state[name].grad = torch.cat([gradients[name] for _, _, gradients in found])
    for name in ("parts", "share"):
        shared: Tensor = getattr(spatial, name)
        if shared.requires_grad:
            shared.backward(torch.cat([getattr(mine, name).grad for _, mine, _ in found], dim=2))
    return torch.cat([each for each, _, _ in found], dim=1)


def _dropout(engine: Engine, name: str, x: Tensor, channels: int) -> Tensor | None:
    """Factors of the dropout before the head of a branch that sees cells (cells, members, ...) alone."""
    return engine.head_dropout(name, torch.arange(len(x), device=x.device), channels)


def _of(values: Tensor | None, some: slice) -> Tensor | None:
    """Values of some members, (cells, members, ...)."""
    return None if values is None else values[:, some]


def _apart(logits: Logits) -> Logits:
    """The same numbers, of which the gradients are wanted but not those of what they were made from."""
    parts, share = (
        value.detach().requires_grad_(value.requires_grad) for value in (logits.parts, logits.share)
    )
    return replace(logits, parts=parts, share=share)


def in_threads(
    function: Callable[[Part], Found],
    parts: list[Part],
    together: int | None = None,
    give_up: Callable[[], None] = lambda: None,
) -> list[Found]:
    """Call a function for each part side by side, in torch's threads, which the calls share; one each if not said.

    Parameters
    ----------
    function : callable
    parts : list
    together : int, optional
        Calls side by side, at most.
    give_up : callable
        Called when a part has failed, or this thread was interrupted: it should end the other parts.

    Returns
    -------
    list
        What the function returned, in the order of the parts.
    """
    threads = torch.get_num_threads()
    workers = min(threads, len(parts), together or threads)
    if workers <= 1:
        return [function(part) for part in parts]
    # MKL has one number of threads for the whole process.
    each = threads // workers if together else 1
    torch.set_num_threads(each)
    try:
        with ThreadPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(each,)) as pool:
            calls = [pool.submit(function, part) for part in parts]
            try:
                wait(calls, return_when=FIRST_EXCEPTION)
                failed = [call for call in calls if call.done() and call.exception()]
                return [call.result() for call in failed or calls]
            except BaseException:
                give_up()
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    finally:
        torch.set_num_threads(threads)
