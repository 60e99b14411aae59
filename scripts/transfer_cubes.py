"""Make the cubes of two surveys anew on the elements that both have, with superpixels of one size and their graphs."""

from pathlib import Path

import xarray as xr
from _cells import Survey
from _elements import median_levels, write_elements
from _job import job, whole
from alternative_cube import make
from geohalo.cube.shared_elements import level_table, same_density, shared_elements
from geohalo.superpixels.counts import superpixel_count


def make_cubes(
    files: dict[str, str], names: tuple[str, str], settings: dict, fewest: int, folder: str, levels: str
) -> list[str]:
    """Write a folder for ``source`` and one for ``target``, and the levels of elements; returns lines for the log."""
    told = []
    with xr.open_dataset(files["source"]) as source, xr.open_dataset(files["target"]) as target:
        sides = {"source": (source, Survey.of(source)), "target": (target, Survey.of(target))}
        known = {role: median_levels(data) for role, (data, _) in sides.items()}
        shared = shared_elements(known["source"][0], known["target"][0], fewest, names)
        told.append(f"{len(shared)} shared elements: {' '.join(shared)}")
        with whole(levels) as beside:
            level_table(**known).to_csv(beside, index=False)
        cells = {role: int(survey.mask.sum()) for role, (_, survey) in sides.items()}
        areas = {role: cells[role] * survey.grid.cell**2 for role, (_, survey) in sides.items()}
        asked = sorted(
            superpixel_count(count, cells["source"]) for count in settings["superpixels"]["n_segments"]
        )
        for role, (data, survey) in sides.items():
            counts = same_density(asked, areas["source"], areas[role])
            place = f"{folder}/{role}"
            Path(place).mkdir(parents=True, exist_ok=True)
            write_elements(data, survey, shared, f"{place}/elements.nc")
            section = settings["superpixels"] | {"n_segments": counts}
            told += make(place, settings | {"superpixels": section}, place)
            Path(place, "elements.nc").unlink()  # the surveys' own files hold it
    return told


if __name__ == "__main__":
    with job(snakemake) as log:
        params, outputs = snakemake.params, dict(snakemake.output.items())
        given = {"settings": params.settings, "fewest": params.fewest, "names": tuple(params.names)}
        for line in make_cubes(
            dict(snakemake.input.items()), **given, folder=outputs["cubes"], levels=outputs["levels"]
        ):
            log.info(line)
