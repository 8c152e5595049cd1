import re

import numpy as np

from skysieve.report.qualitymaps import ClusterTable, _choose_tints, draw_clusters, draw_hits, draw_properties
from skysieve.som.lattice import Lattice

LATTICE = Lattice((4, 4))
CLUSTER = np.repeat([0, 1, 2, 3], 4)


def count_texts(svg, text):
    return len(re.findall(rf">{text}</text>", svg.decode()))


def test_each_neuron_shows_its_count_and_empty_ones_are_told():
    hits = np.full(16, 1234)
    hits[:3] = 0
    panel = draw_hits(hits, LATTICE)
    assert count_texts(panel.svg, "1234") == 13
    assert "16,042 sources on 16 neurons, 3 of them without any" in panel.caption


def test_a_map_without_sources_is_said_not_drawn():
    assert draw_hits(np.zeros(16, int), LATTICE).svg is None


def test_each_neuron_shows_its_cluster_and_the_fullest_is_named():
    panel = draw_clusters(CLUSTER, np.arange(16), LATTICE)
    assert count_texts(panel.svg, "3") >= 4
    assert "The fullest is 3 with 54 sources, the emptiest 0 with 6." in panel.caption


def test_clusters_that_touch_have_different_tints():
    lattice, cluster = Lattice((15, 15)), np.random.default_rng(0).integers(0, 4, 225)
    touching = lattice.find_neighbors() & (cluster[:, None] != cluster)
    tint = _choose_tints(cluster, lattice)[cluster]
    assert not (touching & (tint[:, None] == tint)).any()


def test_means_of_clusters_are_drawn_with_what_they_are_of():
    mean = np.array([[1.0, 2.0], [np.nan, np.nan]])
    table = ClusterTable(("size [pixel]", "time [s]"), mean, 0.1 + 0 * mean, np.array([7, 0]), "sources")
    panel = draw_properties(table)
    assert b"size [pixel]" in panel.svg
    assert panel.caption == "Mean and standard deviation over sources (7 sources). 1 clusters have no source."
