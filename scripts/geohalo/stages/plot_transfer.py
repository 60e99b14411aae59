"""Draw what models of other surveys find in one, as numbers and as maps."""

import xarray as xr

from geohalo.files.cells import Survey, read_geotiff
from geohalo.files.tables import read_csv
from geohalo.products.evidence_figures import main_variant
from geohalo.products.several_figures import transfer_comparison, transfer_maps
from geohalo.products.styles import save_figure
from geohalo.stages.shared.plots import deposit_table, map_ground


def plot_transfer(name: str, maps: dict[str, str], files: dict[str, str], figures: dict[str, str]) -> None:
    """Write the figures; maps are files by source, the survey itself among them."""
    table = read_csv(files["table"], dtype={"survey": str, "source": str})
    save_figure(transfer_comparison(name, table), figures["figure"])
    main = main_variant(table["variant"])
    captured = table[(table["variant"] == main) & (table["metric"] == "capture")]
    by_source = dict(zip(captured["source"], captured["estimate"], strict=True))
    titles = {source: "its own, held out" if source == name else f"trained on {source}" for source in maps}
    with xr.open_dataset(files["elements"]) as data:
        ground = map_ground(name, Survey.of(data))
    drawn = transfer_maps(
        ground,
        scores={titles[source]: read_geotiff(file)[0] for source, file in maps.items()},
        captures={titles[source]: by_source[source] for source in maps},
        deposits=deposit_table(files["deposits"]),
    )
    save_figure(drawn, figures["maps"])
