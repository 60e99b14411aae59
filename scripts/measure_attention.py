"""Average the attention that trained members pay to neighbouring superpixels by direction."""

import numpy as np
import pandas as pd
import torch
import xarray as xr
from _cells import Survey
from _job import job, whole
from geohalo.network.directions import attention_by_direction
from geohalo.network.encoding import Encoding
from geohalo.network.run import Settings
from geohalo.network.scales import ScaleGraph
from geohalo.network.training import choose_device


def measure(cube: str, graphs: list[str], members: str, history: str, settings: Settings) -> pd.DataFrame:
    """Return the table, of the members that make the map, or of those of the held-out folds where there are none."""
    with xr.open_dataset(cube) as data:
        mask = Survey.of(data).mask
        values = torch.as_tensor(np.stack([band.to_numpy()[mask] for band in data["cube"]], axis=1))
    schemes = pd.read_csv(history).drop_duplicates("member").set_index("member")["scheme"]
    scheme = "final" if (schemes == "final").any() else "held_out"
    chosen = torch.as_tensor(schemes.index[schemes == scheme].to_numpy())
    device, recipe = choose_device(settings.device), settings.recipe()
    state = torch.load(members, weights_only=True)
    state = {name: value[chosen].to(device) for name, value in state.items()}
    scales = [ScaleGraph.from_arrays(dict(np.load(graph, allow_pickle=False)), device) for graph in graphs]
    encode = Encoding.of(values, scales, recipe)
    table = pd.DataFrame(attention_by_direction(state, scales, encode, recipe, settings.variant))
    table["scale"] = np.array([graph.n_superpixels for graph in scales])[table["scale"]]
    return table.assign(scheme=scheme, members=len(chosen))


if __name__ == "__main__":
    with job(snakemake):
        torch.set_num_threads(snakemake.threads)
        params = snakemake.params
        settings = Settings(**params.settings, **params.machine)
        table = measure(**snakemake.input, settings=settings)
        with whole(snakemake.output.attention) as beside:
            table.to_csv(beside, index=False)
