"""Maps of layers beside geochemistry: titles, legends, and cells without a layer."""

import numpy as np
import pandas as pd
import pytest
from geohalo.products.covariate_figure import MOST_CLASSES, MOST_LAYERS, CovariateMap, covariate_maps

NONE = pd.DataFrame({"x": [], "y": []})


def panels(figure):
    return [axes for axes in figure.axes if axes.images]


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def shares(mask, number, without=()):
    """Return shares of so many classes in bands of columns, NaN outside the survey and in some rows."""
    code = np.indices(mask.shape)[1] * number // mask.shape[1]
    values = np.where(mask, (code == np.arange(number)[:, None, None]) * 0.6 + 0.4 / number, np.nan)
    values[:, list(without)] = np.nan
    return values.astype(np.float32)


def test_titles_name_layers_units_and_classes(square):
    layers = {
        "gravity": CovariateMap(square.layer.astype(np.float32), "mGal"),
        "height": CovariateMap(square.layer.astype(np.float32)),
        "rock": CovariateMap(shares(square.mask, 3), classes=["granite", "gneiss", "basalt"]),
        "one": CovariateMap(shares(square.mask, 1), classes=["till"]),
    }
    figure = covariate_maps(square.ground, layers, square.deposits)
    assert figure.get_suptitle() == "survey: 4 layers beside geochemistry: gravity, height, rock, one"
    titles = [axes.get_title(loc="left") for axes in panels(figure)[:4]]
    assert titles == ["gravity (mGal)", "height", "rock, 3 classes", "one, 1 class"]
    told = legend(figure)
    assert "3 deposits" in told
    assert {"rock: granite", "rock: gneiss", "rock: basalt", "one: till"} <= set(told)
    assert told[-1] == "outside the survey, or not mapped"


def test_the_main_class_of_each_cell_is_drawn(square):
    values = shares(square.mask, 3, without=[20])
    figure = covariate_maps(square.ground, {"rock": CovariateMap(values, classes=list("abc"))}, NONE)
    (axes,) = panels(figure)
    drawn = np.ma.filled(axes.images[0].get_array().astype(float), np.nan)
    known = square.mask & np.isfinite(values).all(axis=0)
    main = values[:, known].argmax(axis=0)
    # Codes follow the number of cells, and a cell without the layer is empty.
    order = np.argsort(-np.bincount(main), kind="stable")
    np.testing.assert_array_equal(drawn[known], np.argsort(order)[main])
    assert np.isnan(drawn[~known]).all()
    assert "rock: a" in legend(figure)
    assert not any("deposit" in text for text in legend(figure))


def test_small_classes_share_a_colour(square):
    number = MOST_CLASSES + 3
    layer = CovariateMap(shares(square.mask, number), classes=[f"c{k}" for k in range(number)])
    figure = covariate_maps(square.ground, {"rock": layer}, NONE)
    told = [text for text in legend(figure) if text.startswith("rock")]
    assert len(told) == MOST_CLASSES + 1
    assert told[-1] == "rock: 3 more"
    assert panels(figure)[0].images[0].get_array().max() == MOST_CLASSES


def test_numbers_are_cut_off_at_their_percentiles(square):
    values = square.layer.astype(np.float32)
    row, column = np.argwhere(square.mask)[0]
    values[row, column] = 1e6
    values[row, column + 1] = np.nan
    figure = covariate_maps(square.ground, {"gravity": CovariateMap(values, "mGal")}, NONE)
    image = panels(figure)[0].images[0]
    inside = values[square.mask]
    assert image.get_clim() == pytest.approx(tuple(np.percentile(inside[np.isfinite(inside)], (2, 98))))
    assert image.get_clim()[1] < 2


def test_more_layers_than_there_is_room_for(square):
    layer = CovariateMap(square.layer.astype(np.float32))
    layers = {f"l{k}": layer for k in range(MOST_LAYERS + 2)}
    figure = covariate_maps(square.ground, layers, NONE)
    assert figure.get_suptitle().startswith("survey: 14 layers beside geochemistry: l0, l1, ")
    assert figure.get_suptitle().replace("\n", " ").endswith("l11 and 2 more")
    with pytest.raises(ValueError, match="no layer"):
        covariate_maps(square.ground, {}, NONE)
