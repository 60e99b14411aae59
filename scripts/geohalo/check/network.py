"""What stops a run where it trains, as far as config and elements tell."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from geohalo.check.findings import Findings
from geohalo.cube.element_order import element_order
from geohalo.network.presets import check_task

STAGE = "train"


def check_network(
    findings: Findings, network: Mapping[str, Any], elements: Sequence[str], n_classes: int
) -> None:
    """Note what contradicts itself in the section `network`, or does not suit the elements or the labels.

    Parameters
    ----------
    findings : Findings
        Gets all errors.
    network : mapping
        Config section `network`.
    elements : sequence of str
        Elements that a run would use.
    n_classes : int
        Classes of the labels; 2 for halo and background.
    """
    for variant in network["variants"]:
        findings.attempt(STAGE, check_task, network["preset"], network["options"], variant, n_classes)
    # Similarity needs the cube, and stops at nothing.
    if network["spectrum_order"] == "atomic_number":
        findings.attempt(STAGE, element_order, elements, np.zeros((0, len(elements))), "atomic_number")
