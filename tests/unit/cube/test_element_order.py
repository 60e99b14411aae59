"""The order of the elements along the spectrum: worked examples, and what it must not depend on."""

from itertools import pairwise, permutations

import numpy as np
import pytest
from geohalo.cube import element_order as module
from geohalo.cube.element_order import element_order, similarity_order
from geohalo.errors import InputError
from hypothesis import given, settings
from hypothesis import strategies as st


def chain(names, order, cells=4000, seed=0):
    """Columns such that elements next to each other in ``order`` share half of what makes them vary."""
    parts = np.random.default_rng(seed).normal(size=(cells, len(names) + 1))
    values = np.empty((cells, len(names)))
    for place, name in enumerate(order):
        values[:, names.index(name)] = parts[:, place] + parts[:, place + 1]
    return values


def ordered(names, values, how):
    return [names[k] for k in element_order(names, values, how)]


def test_given_order_is_the_order_given():
    assert element_order(["Zn", "Cu", "As"], np.zeros((2, 3)), "given").tolist() == [0, 1, 2]


def test_atomic_numbers_rise():
    names = ["Zn", "Au", "Li", "Cu", "As", "U"]
    assert ordered(names, np.zeros((2, 6)), "atomic_number") == ["Li", "Cu", "Zn", "As", "Au", "U"]


@pytest.mark.parametrize("name", ["Al2O3", "band_4", "cu"])
def test_bands_that_are_no_elements_have_no_atomic_number(name):
    with pytest.raises(InputError) as told:
        element_order(["Cu", name], np.zeros((2, 2)), "atomic_number")
    assert repr(name) in str(told.value)
    assert "'Cu'" not in str(told.value)
    assert "'given' or 'similarity'" in str(told.value)


def test_unknown_order_is_told():
    with pytest.raises(ValueError, match="given, atomic_number, similarity"):
        element_order(["Cu"], np.zeros((2, 1)), "alphabet")


def test_similarity_finds_the_chain_that_made_the_values():
    names = ["Zn", "Cu", "As", "Ni", "Pb"]
    truth = ["Cu", "Pb", "As", "Zn", "Ni"]
    assert ordered(names, chain(names, truth), "similarity") == truth


def test_direction_follows_the_names_of_the_ends():
    names = ["Zn", "Cu", "As", "Ni", "Pb"]
    backwards = ["Ni", "Zn", "As", "Pb", "Cu"]
    assert ordered(names, chain(names, backwards), "similarity") == backwards[::-1]


def test_elements_that_vary_against_each_other_lie_apart():
    """The sign of the correlation counts: a pair of opposite elements is not similar."""
    a, b = np.random.default_rng(0).normal(size=(2, 1000))
    noise = 0.1 * np.random.default_rng(1).normal(size=(1000, 4))
    values = np.column_stack([a, -a, a + 0.5 * b, -a + 0.5 * b]) + noise
    found = ordered(["A", "B", "C", "D"], values, "similarity")
    assert {frozenset(found[:2]), frozenset(found[2:])} == {frozenset("AC"), frozenset("BD")}


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 7), st.integers(0, 10_000), st.randoms(use_true_random=False))
def test_the_order_of_the_columns_does_not_matter(elements, seed, random):
    """Whatever the table's order, scale and offset, the same data give the same spectrum; constant columns too."""
    rng = np.random.default_rng(seed)
    names = [f"E{k}" for k in range(elements)]
    values = rng.normal(size=(30, elements)) @ rng.normal(size=(elements, elements))
    values[:, rng.integers(elements)] = 3.0
    columns = list(range(elements))
    random.shuffle(columns)
    moved = values[:, columns] * rng.uniform(0.5, 2, elements) + rng.normal(size=elements)
    found = ordered(names, values, "similarity")
    assert sorted(found) == names
    assert ordered([names[k] for k in columns], moved, "similarity") == found


def test_no_order_of_the_same_tree_has_more_similar_neighbours():
    """Brute force: among the orders that keep every cluster together, none has a smaller sum of distances."""
    rng = np.random.default_rng(3)
    values = rng.normal(size=(200, 6)) @ rng.normal(size=(6, 6))
    distance = 1 - np.corrcoef(values.T)
    clusters = [{k} for k in range(6)]
    kept = []
    while len(clusters) > 1:
        pairs = [(i, j) for i in range(len(clusters)) for j in range(i)]
        i, j = min(pairs, key=lambda p: distance[np.ix_(list(clusters[p[0]]), list(clusters[p[1]]))].mean())
        merged = clusters[i] | clusters[j]
        clusters = [c for k, c in enumerate(clusters) if k not in (i, j)] + [merged]
        kept.append(merged)

    def together(order):
        places = [sorted(order.index(k) for k in cluster) for cluster in kept]
        return all(p[-1] - p[0] == len(p) - 1 for p in places)

    def length(order):
        return sum(distance[a, b] for a, b in pairwise(order))

    best = min(length(order) for order in permutations(range(6)) if together(order))
    found = similarity_order([f"E{k}" for k in range(6)], values).tolist()
    assert together(found)
    assert length(found) == pytest.approx(best)


def test_large_maps_are_sampled_evenly(monkeypatch):
    """With room for ten cells every second of twenty is read: what the others hold does not matter."""
    monkeypatch.setattr(module, "CORRELATED_CELLS", 10)
    names = ["A", "B", "C", "D"]
    values = np.random.default_rng(0).normal(size=(20, 4))
    values[1::2] = np.nan
    assert ordered(names, values, "similarity") == ordered(names, values[::2], "similarity")
    # One cell more would be one too many at every second one: every third is read.
    longer = np.vstack([values, values[:1]])
    longer[::3] = values[::2][:7]
    longer[1::3] = longer[2::3] = np.nan
    assert ordered(names, longer, "similarity") == ordered(names, values[::2][:7], "similarity")


@pytest.mark.parametrize("names", [["Cu"], ["Zn", "Cu"]])
def test_one_or_two_elements_need_no_clusters(names):
    values = np.random.default_rng(0).normal(size=(5, len(names)))
    assert ordered(names, values, "similarity") == sorted(names)
