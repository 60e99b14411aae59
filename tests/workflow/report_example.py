"""Targets by the contract of their files, made from a survey's score: what the report shows where others make them."""

from pathlib import Path

import numpy as np
import pandas as pd
import rasterio
import xarray as xr
from _cells import Survey, write_geotiff
from geohalo.cube.grid import Grid
from pyproj import Transformer
from skimage.measure import label

#: Share of the ground that is a target, and the fewest cells of one.
SHARE, FEWEST = 0.05, 4


def add_targets(folder: Path, share: float = SHARE, nearest: str | None = None) -> pd.DataFrame:
    """Write the files of targets below a survey's folder and return `targets.csv`; ``nearest`` names all deposits."""
    with xr.open_dataset(folder / "cube.nc") as data:
        survey, cube = Survey.of(data), data["cube"].to_numpy()
        names = [str(name) for name in data["element"].to_numpy()]
    with rasterio.open(folder / "maps" / "score.tif") as file:
        score = file.read(1)
    with rasterio.open(folder / "maps" / "spread.tif") as file:
        spread = file.read(1)
    ranks = _ranks(score, survey.mask, share)
    write_geotiff(survey, ranks[None], str(folder / "maps" / "targets.tif"), nodata=0, names=["rank"])
    deposits = pd.read_csv(folder / "folds" / "deposits.csv")
    contrast = np.array([np.nanmean(cube[:, ranks == k], axis=1) for k in range(1, ranks.max() + 1)])
    contrast -= np.nanmean(cube[:, survey.mask], axis=1)
    rows = []
    for rank, values in enumerate(contrast, start=1):
        rows.append(
            _about(rank, ranks == rank, score, spread, survey.grid)
            | _nearest(ranks == rank, survey.grid, deposits, nearest)
            | _named(names, values)
        )
    targets = pd.DataFrame(rows)
    to_degrees = Transformer.from_crs(survey.crs, "EPSG:4326", always_xy=True)
    targets["lon"], targets["lat"] = to_degrees.transform(targets["x"], targets["y"])
    targets.to_csv(folder / "targets.csv", index=False)
    _explain(folder, names, contrast)
    _classify(folder, survey, score)
    return targets


def _ranks(score: np.ndarray, mask: np.ndarray, share: float) -> np.ndarray:
    parts = label(np.nan_to_num(score) >= np.quantile(score[mask], 1 - share), connectivity=1)
    sizes = np.bincount(parts.ravel())
    kept = [k for k in range(1, len(sizes)) if sizes[k] >= FEWEST]
    kept.sort(key=lambda k: -score[parts == k].mean())
    ranks = np.zeros(score.shape, np.uint16)
    for rank, part in enumerate(kept, start=1):
        ranks[parts == part] = rank
    return ranks


def _about(rank: int, cells: np.ndarray, score: np.ndarray, spread: np.ndarray, grid: Grid) -> dict:
    row, column = np.unravel_index(np.where(cells, score, -1).argmax(), score.shape)
    return {
        "rank": rank,
        "area_km2": cells.sum() * (grid.cell / 1000) ** 2,
        "mean_score": score[cells].mean(),
        "peak_score": score[cells].max(),
        "spread": spread[cells].mean(),
        "superpixels": "3;14;15",
        "x": grid.x[column],
        "y": grid.y[row],
    }


def _nearest(cells: np.ndarray, grid: Grid, deposits: pd.DataFrame, name: str | None) -> dict:
    places = grid.centres(cells)
    far = np.min(np.linalg.norm(places[:, None] - deposits[["x", "y"]].to_numpy(), axis=2), axis=0)
    best = int(far.argmin())
    return {"nearest_deposit": name or deposits["name"][best], "distance_km": far[best] / 1000}


def _named(names: list[str], values: np.ndarray) -> dict:
    order = np.argsort(values)
    told = {"depleted": order[:5], "enriched": order[:-6:-1]}
    return {key: ", ".join(f"{names[k]} {values[k]:+.1f}" for k in five) for key, five in told.items()}


def _explain(folder: Path, names: list[str], contrast: np.ndarray) -> None:
    number = range(1, len(contrast) + 1)
    fingerprints = [
        (rank, name, value, 1.5 * value)
        for rank, values in zip(number, contrast, strict=True)
        for name, value in zip(names, values, strict=True)
    ]
    columns = ["rank", "element", "contrast", "z"]
    pd.DataFrame(fingerprints, columns=columns).to_csv(folder / "fingerprints.csv", index=False)
    weights = [(row[0], "fusion", row[1], 0.3 * row[2]) for row in fingerprints]
    columns = ["rank", "branch", "element", "attribution"]
    pd.DataFrame(weights, columns=columns).to_csv(folder / "target_attribution.csv", index=False)
    near = [(rank, 90, 7, 0.4, 45.0, 6.1) for rank in number]
    columns = ["rank", "n_segments", "superpixel", "weight", "direction", "distance_km"]
    pd.DataFrame(near, columns=columns).to_csv(folder / "target_neighbours.csv", index=False)


def _classify(folder: Path, survey: Survey, score: np.ndarray) -> None:
    cuts = np.quantile(score[survey.mask], [0.8, 0.95])
    classes = np.where(survey.mask, np.searchsorted(cuts, np.nan_to_num(score), side="right"), 255)
    path = str(folder / "maps" / "anomaly_classes.tif")
    write_geotiff(survey, classes[None].astype(np.uint8), path, nodata=255, names=["class"])
    inside = np.where(survey.mask, score < cuts[1], np.nan)
    image = np.array([np.where(survey.mask, 2 * score, np.nan), inside]).astype(np.float32)
    path = str(folder / "maps" / "applicability.tif")
    write_geotiff(survey, image, path, nodata=np.nan, names=["dissimilarity", "inside"])
    rows = [
        ("concentration_area", k, cut, share, 3) for k, cut, share in ((1, cuts[0], 0.2), (2, cuts[1], 0.05))
    ]
    columns = ["kind", "class", "score", "area_share", "deposits"]
    pd.DataFrame(rows, columns=columns).to_csv(folder / "thresholds.csv", index=False)
