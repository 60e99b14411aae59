"""Predict another survey's map with members that were trained on this one."""

from dataclasses import replace

import numpy as np
import torch

from geohalo.network.encoding import Encoding
from geohalo.network.members import Result
from geohalo.network.prediction import predict
from geohalo.network.presets import VARIANTS
from geohalo.network.run import Settings
from geohalo.network.scales import ScaleGraph
from geohalo.network.trained import Trained
from geohalo.network.training import choose_device, repeatable

#: Values (cells, elements) of a cube inside its mask, and the arrays of its graphs, one for each scale.
Mapped = tuple[np.ndarray, list[dict]]


def predict_elsewhere(
    result: Result, settings: Settings, trained: Mapped, elsewhere: Mapped, chosen: np.ndarray | None = None
) -> np.ndarray:
    """Predict the map of another survey, one member at a time.

    Each cube is standardised on its own survey. The quantiles between which the graph branch encodes a value are part
    of what was learned and stay those of the survey that the members were trained on; local contrasts are to the other
    survey's own superpixels.

    Parameters
    ----------
    result : Result
        Of `geohalo.network.run.train_and_predict`.
    settings : Settings
        Those that it was trained with.
    trained, elsewhere : (values, graphs)
        Cube (cells, elements), the elements in one order, and the arrays of each scale in one order of scales, of the
        survey that members were trained on and of the one to predict.
    chosen : ndarray of int, optional
        Members to predict with; all of them when left out.

    Returns
    -------
    ndarray (members, scores, cells) of float32
        As ``result.score``, for the cells of the other survey.

    Raises
    ------
    ValueError
        If the two have not the same number of elements, or of scales.
    """
    sizes = [(values.shape[1], len(graphs)) for values, graphs in (trained, elsewhere)]
    if sizes[0] != sizes[1]:
        raise ValueError(
            f"trained on {sizes[0][0]} elements and {sizes[0][1]} scales, but the other survey has {sizes[1][0]} and "
            f"{sizes[1][1]}"
        )
    device, recipe = choose_device(settings.device), settings.recipe()
    encodings, scales = [], []
    for values, graphs in (trained, elsewhere):
        spatial = bool({"internal", "external"} & set(VARIANTS[settings.variant]))
        scales = [ScaleGraph.from_arrays(graph, device) for graph in graphs] if spatial else []
        encodings.append(Encoding.of(torch.as_tensor(values), scales, recipe))
    encode = replace(encodings[1], edges=encodings[0].edges)
    members = np.arange(len(result.temperature)) if chosen is None else chosen
    scores = []
    for member in members:
        state = {name: values[member : member + 1].to(device) for name, values in result.state.items()}
        temperature = torch.as_tensor(result.temperature[member : member + 1], dtype=torch.float32)
        with repeatable():
            member_here = Trained(state, encode.values, scales, encode, recipe, settings.variant, temperature)
            scores.append(predict(member_here))
    return np.concatenate(scores)
