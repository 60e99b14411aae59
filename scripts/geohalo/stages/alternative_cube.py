"""Second stage of an alternative: the cube, its superpixels and their graphs."""

from pathlib import Path

from geohalo.files.tables import write_json
from geohalo.stages.build_graph import build_graph
from geohalo.stages.segment_superpixels import segment_superpixels
from geohalo.stages.stack_cube import stack_cube


def alternative_cube(elements: str, settings: dict, folder: str) -> list[str]:
    """Write settings, cube, superpixels and graphs; returns lines for the log."""
    for name in ("superpixels", "graph"):
        Path(folder, name).mkdir(parents=True, exist_ok=True)
    write_json(settings, f"{folder}/settings.json")
    cube, section = f"{folder}/cube.nc", settings["superpixels"]
    quality = f"{elements}/quality.csv"
    weighed = quality if Path(quality).exists() else None
    stack_cube(
        f"{elements}/elements.nc", settings["cube"]["transform"], settings["cube"]["clip"], cube, weighed
    )
    messages = []
    for count in section["n_segments"]:
        labels, graph = f"{folder}/superpixels/{count}.tif", f"{folder}/graph/{count}.npz"
        shape = (section["compactness"], section["components"])
        messages.append(segment_superpixels(cube, str(count), *shape, labels))
        messages.append(build_graph(labels, graph))
    return messages
