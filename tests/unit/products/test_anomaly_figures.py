from dataclasses import replace

import numpy as np
import pytest
from geohalo.products import anomaly_figures
from geohalo.products.anomaly_figures import MapEvidence
from geohalo.products.figures import anomaly_map, truth_map
from geohalo.products.map_axes import MapPage
from geohalo.products.percentiles import LIMITS, limit_labels, percentiles

CAPTURE = (0.842, 0.711, 0.933)
NO_INTERVAL = (0.842, float("nan"), float("nan"))


def words(figure):
    return " ".join(" ".join(text.get_text().split()) for text in figure.texts)


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_map_shows_the_score_and_the_evidence(scene):
    figure = anomaly_map(scene.ground, scene.layer, scene.deposits, MapEvidence(CAPTURE, 0.987), "held-out")
    assert (
        "survey: map of ground held out, held-out capture 0.84 (95 % interval 0.71–0.93), above chance"
        in words(figure)
    )
    assert "Random split: 0.99 (optimistic" in words(figure)
    assert "Ranks in maps that did not know the deposits near them" in words(figure)
    image = figure.axes[0].images[0]
    ranks = percentiles(np.where(scene.mask, scene.layer, np.nan))
    np.testing.assert_array_equal(image.get_array().compressed(), ranks[scene.mask])
    assert image.norm.boundaries.tolist() == list(LIMITS)
    told = [text.get_text() for text in figure.axes[1].get_yticklabels()]
    assert told == limit_labels(ranks * 0 + scene.layer)
    assert legend(figure) == [
        "3 deposits",
        "top 5 % of the area",
        "top 10 % of the area",
        "too far from a sample",
    ]
    assert {"Alpha", "Beta", "Gamma"} == {text.get_text() for text in figure.axes[0].texts}


def test_final_map_says_that_its_fit_is_no_evidence(square):
    figure = anomaly_map(
        square.ground, square.layer, square.deposits, MapEvidence(CAPTURE, float("nan")), "final"
    )
    assert "trained on all 3 deposits" in words(figure)
    assert "no evidence" in words(figure)
    assert "Random split" not in words(figure)


def test_what_must_be_known_first_stands_above_the_rest(square):
    evidence = MapEvidence(CAPTURE, 0.9, warned="No basis for a map: one.\nAnd another.")
    figure = anomaly_map(square.ground, square.layer, square.deposits, evidence, "final")
    told = words(figure)
    strong = [text.get_text() for text in figure.texts if text.get_fontweight() == "bold"]
    assert strong == [figure.get_suptitle(), "No basis for a map: one.\nAnd another."]
    assert told.index("No basis for a map: one. And another.") < told.index("Random split")


@pytest.mark.parametrize("kind", ["final", "held-out"])
def test_map_of_realisations_says_so(square, kind):
    evidence = MapEvidence(CAPTURE, float("nan"))
    common = (square.ground, square.layer, square.deposits)
    of_three = anomaly_map(*common, replace(evidence, realisations=3), kind)
    assert "Mean of 3 realisations of the elements" in words(of_three)
    assert "realisation" not in words(anomaly_map(*common, evidence, kind))


@pytest.mark.parametrize(
    ("capture", "verdict"),
    [
        ((0.6, 0.45, 0.8), "not clearly above chance"),
        ((0.3, 0.2, 0.4), "the map is upside down here"),
        ((0.45, 0.2, 0.7), "below chance"),
        (NO_INTERVAL, "held-out capture 0.84"),
        ((float("nan"),) * 3, "without held-out evidence"),
    ],
)
def test_headline_claims_no_more_than_the_interval(square, capture, verdict):
    evidence = MapEvidence(capture, 0.9)
    title = anomaly_map(square.ground, square.layer, square.deposits, evidence, "final").get_suptitle()
    assert title.replace("\n", " ").endswith(verdict)


@pytest.mark.parametrize(
    ("above", "verdict"),
    [
        ((0.8, 0.6, 0.9), "above decoys"),
        ((0.6, 0.4, 0.9), "not clearly above decoys"),
        ((0.2, 0.1, 0.4), "the map is upside down here"),
        ((0.4, 0.1, 0.7), "below chance"),
    ],
)
def test_decoys_decide_whether_the_capture_is_worth_anything(square, above, verdict):
    common = (square.ground, square.layer, square.deposits)
    figure = anomaly_map(*common, MapEvidence(CAPTURE, 0.9, above), "final")
    assert figure.get_suptitle().replace("\n", " ").endswith(verdict)
    assert (
        f"they outrank {above[0]:.2f} (95 % interval {above[1]:.2f}–{above[2]:.2f}); 0.5 is chance"
        in words(figure)
    )
    assert "decoys" not in words(anomaly_map(*common, MapEvidence(CAPTURE, 0.9), "final"))


def test_other_kinds_are_refused(square):
    with pytest.raises(ValueError, match="kind is 'both'"):
        anomaly_map(square.ground, square.layer, square.deposits, MapEvidence(CAPTURE, 0.9), "both")


def test_names_with_formula_signs_are_drawn_as_they_stand(square, tmp_path):
    ground = replace(square.ground, survey="$urvey_1 $")
    deposits = square.deposits.assign(name=["$\\frac{$", "a_b^c", "1 $ and 2 $", "d"])
    figure = anomaly_map(ground, square.layer, deposits, MapEvidence(CAPTURE, 0.9), "final")
    figure.draw_without_rendering()
    shown = [text._preprocess_math(text.get_text()) for text in figure.axes[0].texts]
    assert shown == [("$\\frac{$", False), ("a_b^c", False), ("1 $ and 2 $", False)]
    title = figure.get_suptitle()
    assert figure._suptitle._preprocess_math(title)[0].startswith("$urvey_1 $: ")


def enclosed(lines):
    """Return the area within closed lines, holes left out: shoelace formula."""
    rings = [path.vertices for path in lines.get_paths()]
    assert all((ring[0] == ring[-1]).all() for ring in rings)
    ends = [(ring[:-1].T, ring[1:].T) for ring in rings]
    return abs(sum(np.sum(x1 * y2 - x2 * y1) / 2 for (x1, y1), (x2, y2) in ends))


def test_lines_enclose_the_share_that_they_name(square):
    page = MapPage(square.ground, "title")
    handles = anomaly_figures.draw_contours(page, page.panels[0], square.layer)
    cells = [enclosed(lines) / 4 for lines in page.panels[0].collections]
    inside = int(square.mask.sum())
    assert [one / inside for one in cells] == pytest.approx([0.05, 0.10], abs=2 / inside)
    assert [one.get_label() for one in handles] == ["top 5 % of the area", "top 10 % of the area"]


def test_lines_are_closed_where_the_best_ground_lies_at_the_edge(square):
    page = MapPage(square.ground, "title")
    # Highest along the northern edge of the map.
    score = np.where(square.mask, -np.indices(square.mask.shape)[0] + square.layer / 100, np.nan)
    anomaly_figures.draw_contours(page, page.panels[0], score)
    cells = [enclosed(lines) / 4 for lines in page.panels[0].collections]
    inside = int(square.mask.sum())
    assert [one / inside for one in cells] == pytest.approx([0.05, 0.10], abs=2 / inside)


def test_scores_that_tie_get_no_line(square):
    page = MapPage(square.ground, "title")
    flat = np.where(square.mask, 0.5, np.nan)
    assert anomaly_figures.draw_contours(page, page.panels[0], flat) == []
    rows, columns = np.nonzero(square.mask)
    flat[rows[: len(rows) // 4], columns[: len(rows) // 4]] = 1.0  # the top quarter ties
    assert anomaly_figures.draw_contours(page, page.panels[0], flat) == []
    assert anomaly_figures.draw_contours(page, page.panels[0], np.full(flat.shape, np.nan)) == []


def test_truth_stands_beside_the_score_and_the_headline_ranks_it(scene):
    score = np.where(scene.mask, 0.1, np.nan)
    halo, false, cover = (np.zeros(scene.mask.shape) for _ in range(3))
    rows, columns = np.nonzero(scene.mask)
    halo[rows[:10], columns[:10]] = 0.9
    false[rows[5:30], columns[5:30]] = 0.8  # five cells are both: those count as halo
    score[rows[:10], columns[:10]] = 0.95
    figure = truth_map(scene.ground, halo, false, cover, score, scene.deposits)
    n = len(rows)
    halo_rank, false_rank = 100 * (n - 4.5) / n, 100 * (n - 9) / 2 / n
    told = f"halos rank {halo_rank:.0f}, contamination rank {false_rank:.0f} of 100 on average"
    assert figure.get_suptitle().replace("\n", " ") == f"survey: {told}"
    maps = [axes for axes in figure.axes if axes.images]
    ranks = percentiles(np.where(scene.mask, score, np.nan))
    for axes, layer in zip(maps, (ranks, halo, false, cover), strict=True):
        np.testing.assert_array_equal(axes.images[0].get_array().compressed(), layer[scene.mask])
    assert [axes.get_title(loc="left").replace("\n", " ").split(":")[0] for axes in maps] == [
        "Held-out anomaly score, percentile",
        "Truth",
        "Truth",
        "Truth",
    ]


def test_truth_without_halo_or_contamination_still_draws(square):
    nothing = np.zeros(square.mask.shape)
    figure = truth_map(square.ground, nothing, nothing, nothing, square.layer, square.deposits)
    assert figure.get_suptitle() == "survey: score and truth"
