"""A trained network on the map of its survey, as read from files."""

from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr

from geohalo.errors import InputError
from geohalo.files.cells import Survey, covariate_count, read_spectra
from geohalo.files.tables import read_csv
from geohalo.network.encoding import Encoding
from geohalo.network.run import Settings
from geohalo.network.scales import ScaleGraph
from geohalo.network.trained import Trained
from geohalo.network.training import choose_device


@dataclass(frozen=True)
class MapNetwork:
    """The members that make the map (or, where there are none, those of the held-out folds), and what they see."""

    survey: Survey
    elements: list[str]
    scheme: str
    trained: Trained
    covariates: int = 0

    @property
    def kinds(self) -> list[str]:
        """Of each column of the cube whether it is an ``element`` or, as the last ones are, a ``covariate``."""
        elements = len(self.elements) - self.covariates
        return ["element"] * elements + ["covariate"] * self.covariates

    @classmethod
    def read(
        cls, cube: str, graphs: list[str], members: str, history: str, settings: Settings
    ) -> "MapNetwork":
        """Read it from the files of a survey and of a run."""
        with xr.open_dataset(cube) as data:
            survey = Survey.of(data)
            elements = [str(name) for name in data["element"].to_numpy()]
            values, covariates = torch.as_tensor(read_spectra(data, "cube", survey)), covariate_count(data)
        table = read_csv(history).drop_duplicates("member").set_index("member")
        if "temperature" not in table:
            raise InputError(
                f"{history}: no column 'temperature', so it is of an earlier version of GeoHalo. Train again: "
                "snakemake --forcerun train"
            )
        scheme = "final" if (table["scheme"] == "final").any() else "held_out"
        chosen = table[table["scheme"] == scheme]
        device, recipe = choose_device(settings.device), settings.recipe()
        own = torch.tensor(chosen.index.to_list())
        state = {
            name: value[own].to(device) for name, value in torch.load(members, weights_only=True).items()
        }
        scales = [ScaleGraph.from_arrays(np.load(graph, allow_pickle=False), device) for graph in graphs]
        temperature = torch.as_tensor(chosen["temperature"].to_numpy(np.float32))
        encode = Encoding.of(values, scales, recipe)
        trained = Trained(state, values, scales, encode, recipe, settings.variant, temperature)
        return cls(survey, elements, scheme, trained, covariates)
