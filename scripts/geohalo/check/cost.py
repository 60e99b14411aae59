"""What a run will cost, roughly: cells, memory of the largest job, time.

The time follows measured runs of the shipped default on two cores (docs/benchmarks.md): 152 s for the demo (12,675
cells, 39 elements, 63 members), of which training takes about a third, and growth with the 0.6th power of the number
of values between 8,000 and 10 million cells. It is good within a factor of two or three.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

#: Seconds, values (cells x elements) and members of the run that others are scaled from.
_SECONDS, _VALUES, _MEMBERS = 152.0, 12_675 * 39, 63
#: Share of the time that grows with the members, and the power of growth with the number of values.
_TRAINED, _POWER = 0.35, 0.6
#: Of the time that `_SECONDS` was measured at, what no survey does without: starts of programs, figures, the report.
_FIXED = 40.0


@dataclass(frozen=True)
class Cost:
    """What a run will take.

    Attributes
    ----------
    cells, elements, members : int
    cube : float
        Memory of the cube in MB.
    memory : float
        What the largest job asks for, in MB.
    rule : str
        Which job that is.
    seconds : float
        On two cores, within a factor of two or three.
    """

    cells: int
    elements: int
    members: int
    cube: float
    memory: float
    rule: str
    seconds: float


def run_cost(
    cells: int,
    elements: int,
    members: int,
    requests: Mapping[str, tuple[float, float]],
    bytes_on_disk: float,
    repeats: int = 0,
) -> Cost:
    """Estimate what a run takes.

    Parameters
    ----------
    cells, elements : int
        Of the survey.
    members : int
        Networks to train.
    requests : mapping of str to (float, float)
        Memory that rules ask for: MB, and MB for each MB of their inputs, which are the cube.
    bytes_on_disk : float
        Of a value of the cube.
    repeats : int
        Realisations, each of which trains as well.
    """
    values = cells * elements
    on_disk = values * bytes_on_disk / 1e6
    asked = {rule: base + slope * on_disk for rule, (base, slope) in requests.items()}
    largest = max(asked, key=lambda rule: asked[rule])
    trained = _TRAINED * members / _MEMBERS * (1 + repeats)
    growing = (_SECONDS - _FIXED) * (values / _VALUES) ** _POWER * (1 - _TRAINED + trained)
    return Cost(
        cells, elements, members, 4 * values / 1e6, asked[largest], largest, float(np.round(_FIXED + growing))
    )
