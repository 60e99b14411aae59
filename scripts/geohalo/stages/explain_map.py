"""Attribute the score of every cell to the elements, branch by branch."""

import numpy as np
import torch

from geohalo.files.cells import netcdf_by_rows
from geohalo.files.network import MapNetwork
from geohalo.network.attribution import attributions, logit_differences

ABOUT = {"long_name": "what an element adds to the logit of halo against background", "units": "log-odds"}
ENDS = {
    "baseline": "logit of halo against background of the mean spectrum",
    "logit": "logit of halo against background",
}


def explain_map(network: MapNetwork, steps: int, path: str) -> str:
    """Write the attributions; returns how nearly they add up, for the log."""
    survey, trained = network.survey, network.trained
    ends = logit_differences(trained)
    images: dict[str, tuple] = {
        name: (("y", "x"), survey.image(end.numpy()), {"long_name": meaning, "units": "log-odds"})
        for (name, meaning), end in zip(ENDS.items(), ends.t(), strict=True)
    }
    if network.covariates:
        images["kind"] = ("element", np.array(network.kinds, dtype=object))
    rest = survey.dataset(**images).assign_coords(branch=list(trained.branches), element=network.elements)
    first = np.concatenate([[0], np.cumsum(survey.mask.sum(axis=1))])
    total = torch.zeros(len(ends))
    with netcdf_by_rows(rest, {"attribution": ABOUT}, path, "branch", "element") as write:
        for place, (_, part) in enumerate(attributions(trained, steps)):
            for rows in survey.row_blocks():
                cells = part[first[rows.start] : first[rows.stop]].t().numpy()
                write("attribution", rows, survey.band(rows).image(cells), place)
            total += part.sum(1)
    gap = float((total - (ends[:, 1] - ends[:, 0])).abs().max())
    return f"{trained.members} members; elements and branches add up to the logit within {gap:.1e} log-odds"
