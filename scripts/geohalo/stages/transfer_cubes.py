"""Make the cubes of two surveys anew on the elements that both have, with superpixels of one size and their graphs."""

from pathlib import Path

from geohalo.cube.shared_elements import level_table, shared_elements
from geohalo.files.elements import Elements
from geohalo.files.tables import write_csv
from geohalo.stages.alternative_cube import alternative_cube
from geohalo.superpixels.counts import same_size


def transfer_cubes(
    files: tuple[str, str], names: tuple[str, str], settings: dict, fewest: int, folder: str, levels: str
) -> list[str]:
    """Write a folder for ``source`` and one for ``target``, and the levels of elements; returns lines for the log."""
    source, target = (Elements.read(file) for file in files)
    shared = shared_elements(source.names, target.names, fewest, names)
    levelled = level_table((source.names, source.medians), (target.names, target.medians))
    write_csv(levelled, levels)
    messages, asked = [f"{len(shared)} shared elements: {' '.join(shared)}"], settings["superpixels"]
    for role, side in {"source": source, "target": target}.items():
        place = Path(folder, role)
        place.mkdir(parents=True, exist_ok=True)
        side.write(shared, f"{place}/elements.nc")
        counts = same_size(asked["n_segments"], source.ground, side.ground)
        messages += alternative_cube(
            str(place), settings | {"superpixels": asked | {"n_segments": counts}}, str(place)
        )
        (place / "elements.nc").unlink()  # the surveys' own files hold it
    return messages
