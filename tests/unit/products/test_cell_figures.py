import numpy as np
import pandas as pd
import pytest
from geohalo.products import cell_figures, styles
from geohalo.products.figures import folds_map, superpixel_map
from geohalo.products.map_ground import MapGround
from matplotlib.colors import to_rgb
from scipy.spatial import cKDTree


def panels(figure):
    return [axes for axes in figure.axes if axes.images]


def blocks(scene, side):
    """Square superpixels of ``side`` cells, numbered from 1; 0 outside the mask."""
    rows, columns = np.indices(scene.mask.shape) // side
    _, labels = np.unique(np.where(scene.mask, 1 + rows * 1000 + columns, 0), return_inverse=True)
    return labels.reshape(scene.mask.shape)


def test_superpixel_panels_tell_asked_and_actual_number(scene):
    labels = {20: blocks(scene, 10), 90: blocks(scene, 5)}
    figure = superpixel_map(scene.ground, np.dstack([scene.layer] * 3), labels)
    counts = {asked: layer.max() for asked, layer in labels.items()}
    assert len(panels(figure)) == 2
    for axes, (asked, count) in zip(panels(figure), counts.items(), strict=True):
        assert axes.get_title(loc="left").startswith(f"n_segments {asked}: {count} superpixels, ")
    assert f"{counts[20]} and {counts[90]} superpixels" in figure.get_suptitle()
    assert any("principal component" in text.get_text().replace("\n", " ") for text in figure.texts)


def test_superpixel_map_needs_a_scale(square):
    with pytest.raises(ValueError, match="no scale"):
        superpixel_map(square.ground, np.dstack([square.layer] * 3), {})


@pytest.mark.parametrize(
    ("shape", "part"),
    [
        ((1000, 400), (slice(0, 1000), slice(0, 400))),
        ((1001, 400), (slice(350, 650), slice(50, 350))),
        ((1001, 200), (slice(350, 650), slice(0, 200))),
    ],
)
def test_of_a_large_map_the_middle_is_shown(shape, part):
    assert cell_figures.shown_part(np.ones(shape, dtype=bool)) == part


def test_superpixels_of_a_large_map_are_those_of_its_middle():
    rows, columns = np.indices((1002, 1100))
    mask, labels = np.ones(rows.shape, dtype=bool), rows // 10 * 110 + columns // 10 + 1
    x, y = 500.0 + 1000.0 * np.arange(1100), 500.0 + 1000.0 * np.arange(1002)[::-1]
    part = cell_figures.shown_part(mask)
    components = np.dstack([columns[part], rows[part], rows[part]]).astype(float)
    figure = superpixel_map(MapGround("s", x, y, mask), components, {"1in100": labels})
    told = " ".join([figure.get_suptitle(), *(text.get_text() for text in figure.texts)]).replace("\n", " ")
    assert "11,110 superpixels" in figure.get_suptitle()
    assert "the middle, 300 x 300 km of 1,100 x 1,002" in told
    axes = panels(figure)[0]
    assert (axes.get_xlim(), axes.get_ylim()) == ((400.0, 700.0), (351.0, 651.0))
    edges = np.array(axes.collections[0].get_segments())
    upright = edges[:, 0, 0] == edges[:, 1, 0]
    assert set(np.unique(edges[upright][:, 0, 0])) == set(range(410, 700, 10))
    assert len(edges) == 300 * 29 + 300 * 30


def test_composite_stretches_each_component_and_leaves_the_ground_colour(square):
    components = np.dstack([square.layer, -5 * square.layer, np.where(square.mask, 3.0, np.nan)])
    picture = cell_figures.colour_composite(components, square.mask)
    np.testing.assert_allclose(
        picture[~square.mask], np.tile(to_rgb(styles.colour("outside")), ((~square.mask).sum(), 1))
    )
    inside = picture[square.mask]
    low, high = np.percentile(square.layer[square.mask], [2, 98])
    np.testing.assert_allclose(inside[:, 0], np.clip((square.layer[square.mask] - low) / (high - low), 0, 1))
    np.testing.assert_allclose(inside[:, 1], 1 - inside[:, 0], atol=1e-12)
    assert (inside[:, 2] == 0).all()


def test_boundaries_are_the_edges_between_different_labels_inside_the_mask():
    mask = np.array([[1, 1, 1], [1, 1, 0]], dtype=bool)
    labels = np.array([[1, 1, 2], [3, 1, 0]])
    ground = MapGround("survey", np.array([500.0, 1500.0, 2500.0]), np.array([1500.0, 500.0]), mask)
    lines = cell_figures.boundary_lines(ground, labels, 1.0)
    edges = {tuple(map(tuple, np.round(segment, 9).tolist())) for segment in lines.get_segments()}
    assert edges == {
        ((2.0, 2.0), (2.0, 1.0)),  # 1 | 2 in the first row
        ((1.0, 1.0), (1.0, 0.0)),  # 3 | 1 in the second
        ((0.0, 1.0), (1.0, 1.0)),  # 1 above 3
    }


@pytest.fixture
def region(scene):
    """Return two folds: the first holds out the left half, the second the right."""
    columns = np.indices(scene.mask.shape)[1]
    left = columns < scene.mask.shape[1] * 0.45
    folds = [np.where(left, 2, 1), np.where(left, 1, 2)]
    return np.where(scene.mask, np.array(folds), 0)


def test_folds_show_the_codes_and_count_the_deposits(scene, region):
    rows = np.abs(scene.y[:, None] - scene.deposits["y"].to_numpy()).argmin(axis=0)
    columns = np.abs(scene.x[:, None] - scene.deposits["x"].to_numpy()).argmin(axis=0)
    region[0, rows[1], columns[1]] = 5
    region[1, rows[0], columns[0]] = 5
    figure = folds_map(scene.ground, region, scene.deposits)
    assert [axes.get_title(loc="left") for axes in panels(figure)] == [
        "Fold 1: 1 held out, 2 known",
        "Fold 2: 1 held out, 1 known, 1 not used",
    ]
    for axes, codes in zip(panels(figure), region, strict=True):
        np.testing.assert_array_equal(axes.images[0].get_array(), codes)
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend[:7] == [label for label, _ in styles.style()["fold_codes"]]
    assert legend[7:] == ["held-out deposit", "known deposit", "deposit not used: in the buffer"]


def test_colour_of_each_code_is_the_legends(scene, region):
    region[0][scene.mask] = np.resize(np.arange(1, 7), scene.mask.sum())
    image = panels(folds_map(scene.ground, region, scene.deposits))[0].images[0]
    for code, (_, hue) in enumerate(styles.style()["fold_codes"]):
        assert image.cmap(image.norm(code))[:3] == pytest.approx(to_rgb(hue))


def test_at_most_eight_folds_are_shown_and_the_title_says_so(square):
    region = np.repeat(np.where(square.mask, 1, 0)[None], 10, axis=0)
    figure = folds_map(square.ground, region, square.deposits)
    assert len(panels(figure)) == 8
    assert "10 folds" in figure.get_suptitle()
    assert "first 8 shown" in figure.get_suptitle().replace("\n", " ")


def test_labelled_cells_stay_visible_on_a_large_grid():
    x, y = 1000.0 * np.arange(800), -1000.0 * np.arange(600)
    mask = np.ones((600, 800), dtype=bool)
    region = np.ones((1, 600, 800), dtype=int)
    region[0, 300, 400] = 3
    deposits = pd.DataFrame({"x": [1000.0], "y": [-1000.0]})
    axes = panels(folds_map(MapGround("s", x, y, mask), region, deposits))[0]
    marked = [one for one in axes.collections if len(one.get_offsets())]
    assert len(marked) == 1
    np.testing.assert_allclose(marked[0].get_offsets(), [[400.0, -300.0]])


def test_nearest_cells_are_those_of_a_search(scene):
    ground = scene.ground
    generator = np.random.default_rng(0)
    corner, size = [scene.x[0], scene.y[-1]], [np.ptp(scene.x), np.ptp(scene.y)]
    points = generator.uniform(-0.2, 1.2, (500, 2)) * size + corner
    rows, columns = np.nonzero(scene.mask)
    centres = np.column_stack([scene.x[columns], scene.y[rows]])
    distance, _ = cKDTree(centres).query(points)
    row, column = cell_figures.nearest_cells(ground, points)
    assert scene.mask[row, column].all()
    found = np.hypot(scene.x[column] - points[:, 0], scene.y[row] - points[:, 1])
    np.testing.assert_allclose(found, distance)


def test_role_of_a_deposit_off_the_map_is_that_of_the_nearest_cell():
    mask = np.array([[1, 1, 0]] * 2, dtype=bool)
    ground = MapGround("survey", np.array([0.0, 1000.0, 2000.0]), np.array([1000.0, 0.0]), mask)
    codes = np.array([[3, 5, 0], [2, 6, 0]])
    points = np.array([[0, 1000], [2000, 1000], [0, 0], [2000, 0]], dtype=float)
    assert cell_figures.deposit_roles(ground, codes, points).tolist() == [
        "known",
        "held out",
        "buffer",
        "buffer",
    ]
