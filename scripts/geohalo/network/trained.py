"""Trained members together with the map that they see."""

from dataclasses import dataclass

from torch import Tensor

from geohalo.network.encoding import Encoding
from geohalo.network.engine import Engine, Stacked, branches_of
from geohalo.network.presets import Preset
from geohalo.network.scales import ScaleGraph
from geohalo.network.values import Values


@dataclass(frozen=True)
class Trained:
    """Members of a network and the cube of a survey: all that a prediction or an explanation needs.

    Attributes
    ----------
    state : dict of Tensor (members, ...)
        Parameters of the members.
    values : Tensor (cells, elements) or StoredValues
        The cube; may be memory-mapped.
    graphs : list of ScaleGraph
        One for each scale.
    encode : Encoding
        Features of the cells for the graph branches.
    preset : Preset
    variant : str
    temperature : Tensor (members,), optional
        Temperature of each member's probabilities; 1 when left out.
    """

    state: Stacked
    values: Values
    graphs: list[ScaleGraph]
    encode: Encoding
    preset: Preset
    variant: str
    temperature: Tensor | None = None

    @property
    def branches(self) -> tuple[str, ...]:
        """Branches of the network, in their order."""
        return branches_of(self.state, self.variant)

    @property
    def members(self) -> int:
        """Number of members."""
        return len(self.state["prior"])

    def engine(self) -> Engine:
        """Return the network, ready for evaluation."""
        return Engine(self.state, self.preset, self.branches)
