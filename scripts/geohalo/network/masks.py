"""Dropout of each member's own: what is dropped follows from the member, the step and the place, and from nothing else.

A generator that is shared would give a member other numbers as soon as another one is trained with it. Here the
random numbers are a function of counters (Salmon et al. 2011, Parallel random numbers: as easy as 1, 2, 3, SC11,
doi:10.1145/2063384.2063405): the finaliser of splitmix64 (Steele, Lea & Flood 2014, Fast splittable pseudorandom number
generators, OOPSLA, doi:10.1145/2660193.2660195) of the member's seed, the step, the layer, the node and the channel.
"""

from dataclasses import dataclass, replace
from zlib import crc32

import torch
from torch import Tensor

#: Channels that one random word serves, a byte for each.
BYTES = 8


def _signed(number: int) -> int:
    """The signed integer with the last 64 bits of a number."""
    number &= (1 << 64) - 1
    return number - (1 << 64) if number >> 63 else number


_FACTORS = _signed(0xBF58476D1CE4E5B9), _signed(0x94D049BB133111EB)
#: The golden ratio's step of splitmix64, and odd numbers to keep the counters apart.
_STEPS = tuple(map(_signed, (0x9E3779B97F4A7C15, 0xD1342543DE82EF95, 0xA0761D6478BD642F)))


def mixed(words: Tensor) -> Tensor:
    """Finaliser of splitmix64, in place: every bit of the result depends on every bit of the int64 ``words``."""
    for shift, factor in ((30, _FACTORS[0]), (27, _FACTORS[1]), (31, 1)):
        # A shift of signed numbers copies the sign: the mask makes it one of unsigned numbers.
        words.bitwise_xor_((words >> shift).bitwise_and_((1 << (64 - shift)) - 1)).mul_(factor)
    return words


@dataclass(frozen=True)
class Masks:
    """Random numbers of stacked members in one step of training.

    Attributes
    ----------
    seeds : Tensor (members,) of int64
        A member's own; members with the same seed drop alike.
    step : int
    """

    seeds: Tensor
    step: int

    def of(self, some: slice) -> "Masks":
        """Return those of some of the members."""
        return replace(self, seeds=self.seeds[some])

    def factors(
        self, layer: str, nodes: Tensor, channels: int, share: float, some: Tensor | None = None
    ) -> Tensor:
        """Factors of dropout: 0 for about a ``share`` of the places (in steps of 1/256), and larger elsewhere.

        Parameters
        ----------
        layer : str
            Name of the layer: each has numbers of its own.
        nodes : Tensor (nodes,) of int64
            Number of each node, the same whatever else is computed.
        channels : int
        share : float
        some : Tensor of int64, optional
            Channels that are wanted, in this order; all when left out.

        Returns
        -------
        Tensor (nodes, members, channels)
            With a mean of 1.
        """
        node, word, member = _STEPS
        device = nodes.device
        place = _signed(self.step * node + crc32(layer.encode()) * word)
        start = self.seeds.to(device) * member + place
        words = mixed(mixed(start) + nodes.unsqueeze(1) * node).unsqueeze(-1)
        number = torch.arange(-(-channels // BYTES), device=device)
        words = mixed(words + number * word)
        out = min(round(256 * share), 255)  # something is always kept
        drawn = words.view(torch.uint8)
        drawn = drawn[..., :channels] if some is None else drawn[..., some]
        return (drawn >= out).to(torch.float32).mul_(256 / (256 - out))

    def shared(self) -> "Masks":
        """One member's worth of numbers that all members use, the same whoever they are."""
        return replace(self, seeds=self.seeds.new_zeros(1))
