"""Adam as torch computes it, without the compiler that torch's own class imports: seconds of every training job."""

from collections.abc import Iterable

import torch
from torch import Tensor
from torch.optim.adam import adam

#: Averages of the gradient and of its square, and the number of steps so far.
State = dict[str, Tensor]


class Adam:
    """`torch.optim.Adam` with its usual rates of decay; the same numbers to the bit.

    Parameters
    ----------
    parameters : iterable of Tensor
    learning_rate, weight_decay : float

    Attributes
    ----------
    state : dict of dict
        Of each parameter that had a gradient, by its number: ``step``, ``exp_avg`` and ``exp_avg_sq``.
    """

    def __init__(self, parameters: Iterable[Tensor], learning_rate: float, weight_decay: float):
        self.parameters = list(parameters)
        self.learning_rate, self.weight_decay = learning_rate, weight_decay
        self.state: dict[int, State] = {}

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for parameter in self.parameters:
            parameter.grad = None

    def load(self, state: dict[int, State]) -> None:
        """Go on from the ``state`` of an earlier one, on the device of the parameters."""
        device = {k: self.parameters[k].device for k in state}
        self.state = {
            k: {
                name: value.clone() if name == "step" else value.to(device[k], copy=True)
                for name, value in one.items()
            }
            for k, one in state.items()
        }

    @torch.no_grad()
    def step(self) -> None:
        """Change the parameters by their gradients."""
        moved = [k for k, parameter in enumerate(self.parameters) if parameter.grad is not None]
        for k in moved:
            if k not in self.state:
                zero = [
                    torch.zeros_like(self.parameters[k], memory_format=torch.preserve_format)
                    for _ in range(2)
                ]
                self.state[k] = {"step": torch.tensor(0.0), "exp_avg": zero[0], "exp_avg_sq": zero[1]}
        averages, squares, steps = (
            [self.state[k][name] for k in moved] for name in ("exp_avg", "exp_avg_sq", "step")
        )
        adam(
            [self.parameters[k] for k in moved],
            [gradient for k in moved if (gradient := self.parameters[k].grad) is not None],
            averages,
            squares,
            [],
            steps,
            foreach=True,
            amsgrad=False,
            beta1=0.9,
            beta2=0.999,
            lr=self.learning_rate,
            weight_decay=self.weight_decay,
            eps=1e-8,
            maximize=False,
        )
