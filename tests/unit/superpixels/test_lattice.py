"""Superpixels by tiles: seeds, iterations against scikit-image, tiles against the whole, and no seams."""

from importlib.metadata import version

import numpy as np
import pytest
from geohalo.superpixels import lattice
from geohalo.superpixels.graph import external_edges
from geohalo.superpixels.lattice import lattice_seeds, stitch, tile_labels, with_halo
from geohalo.superpixels.segmentation import split_into_components
from scipy.ndimage import gaussian_filter
from skimage.measure import label
from skimage.segmentation import slic

ROWS, COLUMNS = 240, 150
COMPACTNESS = 0.1


def exact_halo(step: int) -> float:
    """Halo in spacings with which a tile's labels are those of the whole grid.

    In an iteration a cell asks the seeds at most two spacings away, and a seed moves by the cells at most two spacings
    away, with a cell more for rounding.
    """
    return (lattice.ITERATIONS * 2 * (2 * step + 1)) / step


def field(rows=ROWS, columns=COLUMNS, components=5, seed=0):
    """Smooth components on a common scale of 0-1."""
    rng = np.random.default_rng(seed)
    found = np.stack(
        [gaussian_filter(rng.normal(size=(rows, columns)), 4) for _ in range(components)], axis=-1
    )
    return (found - found.min()) / np.ptp(found)


def holes():
    """A round survey with a lake, a strip without cells, an island, and single cells that are missing."""
    y, x = np.mgrid[:ROWS, :COLUMNS]
    mask = np.hypot((y - 120) / 125, (x - 75) / 80) < 1
    mask &= np.hypot(y - 90, x - 70) > 15
    mask &= np.random.default_rng(3).random(mask.shape) > 0.02
    mask[150:165, 20:] = False
    mask[0:4, 0:4] = True
    return mask


def grown(image, mask, seeds, tiles, halo):
    """Numbers of seeds of all tiles, put together."""
    rows, parts = len(mask), []
    for k in range(tiles):
        own = slice(rows * k // tiles, rows * (k + 1) // tiles)
        around = with_halo(own, seeds, rows, halo)
        parts.append(tile_labels(image[around][mask[around]], mask[around], seeds, own, around, COMPACTNESS))
    return np.concatenate(parts)


def edges(labels, names):
    """Pairs of touching labels of a part of an image, by names of the labels."""
    found, _ = external_edges(np.ascontiguousarray(labels))
    return {tuple(names[end] for end in edge) for edge in found.T}


@pytest.mark.parametrize(
    ("rows", "columns", "n_segments"),
    [(61, 83, 100), (80, 50, 160), (7, 200, 20), (200, 7, 20), (30, 30, 900), (40, 40, 3)],
)
def test_without_a_mask_it_is_slic_of_scikit_image(rows, columns, n_segments):
    """Sizes at which both work out the same spacing of the seeds from their number."""
    image, mask = field(rows, columns), np.ones((rows, columns), bool)
    public = {
        connected: slic(
            image,
            n_segments,
            COMPACTNESS,
            channel_axis=-1,
            convert2lab=False,
            enforce_connectivity=connected,
        )
        for connected in (False, True)
    }
    seeds = lattice_seeds(mask, n_segments)
    found = grown(image, mask, seeds, 1, 0)
    np.testing.assert_array_equal(found, public[False])
    stitched = stitch(found, mask, len(seeds.places))
    np.testing.assert_array_equal(stitched, split_into_components(public[True], mask))


@pytest.mark.parametrize("n_segments", [60, 400, 2000])
def test_seeds_are_near_the_number_asked_for_and_inside(n_segments):
    mask = holes()
    seeds = lattice_seeds(mask, n_segments)
    assert len(seeds.places) == pytest.approx(n_segments, rel=0.25)
    assert (seeds.places >= 0).all()
    assert (seeds.places <= np.array(mask.shape) - 1).all()
    assert len(np.unique(seeds.places, axis=0)) == len(seeds.places)
    # Numbered from north to south, which is the order that the iterations break ties in.
    assert (np.diff(seeds.places[:, 0] // seeds.step) >= 0).all()


def test_seeds_by_hand():
    """Boxes of 4 x 4 cells: three that are full, one half full, and two that are a quarter full.

    Of the latter only the last has no half-full box beside it. Seeds whose own cell is outside move to the mean.
    """
    mask = np.zeros((4, 24), bool)
    mask[:, :14] = True
    mask[0, 16:20] = True
    mask[3, 20:24] = True
    seeds = lattice_seeds(mask, 4)
    assert seeds.step == 4
    np.testing.assert_array_equal(seeds.places, [[2, 2], [2, 6], [2, 10], [1.5, 12.5], [3, 21.5]])


@pytest.mark.parametrize("first", range(10, 20))
def test_a_survey_along_a_road_has_seeds(first):
    """No box is half full, so each has a seed; and the lattice is wide enough for the number asked for."""
    mask = np.zeros((40, 200), bool)
    mask[first : first + 3] = True
    seeds = lattice_seeds(mask, 20)
    assert 14 <= len(seeds.places) <= 28
    assert (np.abs(seeds.places[:, 0] - first - 1) <= 1).all()
    labels = stitch(grown(field(40, 200), mask, seeds, 1, 0), mask, len(seeds.places))
    np.testing.assert_array_equal(labels > 0, mask)
    assert labels.max() == pytest.approx(20, abs=8)


@pytest.mark.parametrize("full", [False, True])
def test_tiles_with_the_exact_halo_are_the_whole(full):
    """At borders of all kinds, of tiles that see much less than the whole."""
    mask = np.ones((480, 60), bool) if full else np.concatenate([holes()[:, :60], holes()[:, 40:100]])
    image, seeds = field(480, 60), lattice_seeds(mask, 3000)
    halo = exact_halo(seeds.step)
    assert halo * seeds.step < 160
    whole = grown(image, mask, seeds, 1, 0)
    np.testing.assert_array_equal(grown(image, mask, seeds, 5, halo), whole)
    assert (grown(image, mask, seeds, 5, 0.5) != whole).any()


@pytest.mark.parametrize("seed", range(3))
def test_the_usual_halo_is_nearly_the_whole(seed):
    """At most one cell in a thousand differs, and away from the borders of tiles the same superpixels touch."""
    mask, image = holes(), field(seed=seed)
    seeds = lattice_seeds(mask, 400)
    whole, tiled = (grown(image, mask, seeds, tiles, lattice.HALO) for tiles in (1, 4))
    assert (whole != tiled).mean() < 1e-3
    names = range(len(seeds.places))
    for border in range(ROWS // 4, ROWS, ROWS // 4):
        away = slice(border - ROWS // 4 + seeds.step, border - seeds.step)
        assert edges(tiled[away], names) == edges(whole[away], names)


@pytest.mark.parametrize("halo", [0, lattice.HALO])
def test_a_border_of_tiles_is_no_border_of_superpixels(halo):
    """Neighbours above and below each other have different labels as often at a border of tiles as elsewhere.

    Without a halo they do not: the test sees a seam where there is one.
    """
    share, usual = [], []
    for seed in range(4):
        mask, image = np.ones((ROWS, COLUMNS), bool), field(seed=seed)
        seeds = lattice_seeds(mask, 400)
        labels = stitch(grown(image, mask, seeds, 6, halo), mask, len(seeds.places))
        differ = (labels[1:] != labels[:-1]).mean(axis=1)
        at_borders = np.arange(ROWS // 6, ROWS, ROWS // 6) - 1
        share.append(differ[at_borders].mean())
        usual.append(np.delete(differ, at_borders).mean())
    ratio = np.mean(share) / np.mean(usual)
    if halo:
        assert 0.75 < ratio < 1.25
    else:
        assert ratio > 1.5


def test_superpixels_across_a_border_are_one():
    """Of the superpixels that reach a border of tiles, most lie on both sides of it."""
    mask, image = np.ones((ROWS, COLUMNS), bool), field()
    seeds = lattice_seeds(mask, 400)
    labels = stitch(grown(image, mask, seeds, 2, lattice.HALO), mask, len(seeds.places))
    above, below = (set(labels[row]) for row in (ROWS // 2 - 1, ROWS // 2))
    assert len(above & below) > 0.7 * len(above | below)


@pytest.mark.parametrize("n_segments", [20, 300, 3000])
def test_stitched_superpixels_are_connected_and_fill_the_mask(n_segments):
    mask = holes()
    seeds = lattice_seeds(mask, n_segments)
    labels = stitch(grown(field(), mask, seeds, 4, lattice.HALO), mask, len(seeds.places))
    assert labels.dtype == np.int32
    np.testing.assert_array_equal(labels > 0, mask)
    assert labels.max() == label(labels, background=0, connectivity=1).max()
    assert set(np.unique(labels)) - {0} == set(range(1, labels.max() + 1))
    assert labels.max() == pytest.approx(n_segments, rel=0.4)


def test_a_tile_without_cells():
    mask = np.zeros((60, 20), bool)
    mask[40:] = True
    seeds = lattice_seeds(mask, 10)
    found = grown(field(60, 20), mask, seeds, 3, 1)
    assert (found[:40] == 0).all()
    assert (found[40:] > 0).all()


def test_halo_is_cut_at_the_edges_of_the_grid():
    seeds = lattice_seeds(np.ones((100, 100), bool), 100)
    assert seeds.step == 10
    assert with_halo(slice(0, 50), seeds, 100, 2) == slice(0, 70)
    assert with_halo(slice(30, 50), seeds, 100, 2.55) == slice(4, 76)


def test_the_private_kernel_of_scikit_image_is_the_one_that_is_known():
    """`lattice` calls a function of scikit-image that is not public: tiles need it, and `slic` hides it."""
    assert version("scikit-image") == "0.26.0", (
        "scikit-image was upgraded. Compare skimage/segmentation/slic_superpixels.py with what "
        "geohalo.superpixels.lattice takes from it (_slic_cython, _enforce_label_connectivity_cython, the step), run "
        "this file, and then write the new version here."
    )
