"""Score against exploration effort: classes at their limits, colours that all readers tell apart, and words."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from geohalo.products.score_and_effort import (
    effort_message,
    little_explored,
    two_way_classes,
    two_way_colours,
    two_way_labels,
)
from geohalo.products.styles import colour
from geohalo.products.targets import KNOWN, NEW
from matplotlib.colors import to_rgb
from skimage.color import rgb2lab

#: What eyes without one kind of cone see of linear red, green and blue (Machado and others 2009, severity 1).
EYES = {
    "all cones": np.eye(3),
    "no long": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "no medium": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "no short": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}  # fmt: skip


def test_classes_begin_at_their_limits():
    score = np.array([0, 74.9, 75, 89.9, 90, 100, 95, np.nan, 50])
    effort = np.array([0, 33.3, 33.4, 66.6, 66.7, 100, 0, 5, np.nan])
    np.testing.assert_array_equal(two_way_classes(score, effort), [0, 0, 4, 4, 8, 8, 6, -1, -1])


def test_every_class_has_words_and_a_colour():
    labels = two_way_labels()
    assert len({text for text, _ in labels}) == len({hue for _, hue in labels}) == 9
    assert labels[6][0] == "score 90–100 %, little effort"
    assert [hue for _, hue in labels] == two_way_colours()


def seen(hue, eye):
    """Return a colour in CIELAB as an eye sees it."""
    linear = np.asarray(to_rgb(hue))
    linear = np.where(linear <= 0.04045, linear / 12.92, ((linear + 0.055) / 1.055) ** 2.4)
    linear = np.clip(np.asarray(EYES[eye]) @ linear, 0, 1)
    light = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return rgb2lab(light.reshape(1, 1, 3)).ravel()


@pytest.mark.parametrize("eye", EYES)
def test_colours_are_told_apart_by_all_eyes(eye):
    """In CIELAB 2.3 is a difference that is just seen: colours of neighbours on a map keep five times that."""
    found = [seen(hue, eye) for hue in two_way_colours()]
    assert min(np.linalg.norm(one - other) for one, other in combinations(found, 2)) > 12
    ground = seen(colour("outside"), eye)
    assert min(np.linalg.norm(one - ground) for one in found) > 7
    # Darker is higher, whatever the effort: the order of the score stays in a grey print.
    light = np.array([one[0] for one in found]).reshape(3, 3)
    assert light[1].max() < light[0].min() - 8
    assert light[2].max() < light[1].min() - 8


def targets(*percentiles, known=1):
    ground = [NEW] * (len(percentiles) - known) + [KNOWN] * known
    table = {"rank": range(1, len(percentiles) + 1), "ground": ground, "effort_percentile": percentiles}
    return pd.DataFrame(table)


def test_little_explored_are_targets_on_new_ground_where_a_third_at_most_has_less():
    table = targets(10.0, 33.3, 33.4, np.nan, 5.0)
    assert little_explored(table)["rank"].tolist() == [1, 2]


def test_a_sentence_names_them_and_says_what_is_uncertain():
    table = targets(10.0, 33.3, 33.4, np.nan, 5.0)
    told = effort_message(table, "samples per km²", of_samples=True)
    assert told.startswith(
        "Exploration effort (samples per km²) is low on 2 of 3 targets on new ground (1, 2): at most a third of the "
        "survey has less."
    )
    assert "The map rests on few samples there and is less certain, too" in told
    other = effort_message(table, "", of_samples=False)
    assert other.startswith("Exploration effort is low on 2 of 3 targets")
    assert "rests on few samples" not in other
    assert "That they were passed over is no evidence for them" in other


def test_nothing_is_said_of_what_is_not_there():
    assert effort_message(targets(5.0), "", True) == ""
    assert effort_message(targets(np.nan, np.nan), "", True) == ""
    assert effort_message(targets(10.0, 5.0).drop(columns="effort_percentile"), "", True) == ""
    told = effort_message(targets(80.0, 5.0), "", True)
    assert told == (
        "Exploration effort is not low on any of 1 target on new ground: more than a third of the survey has less."
    )
