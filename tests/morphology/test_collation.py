import builtins

import networkx as nx
import numpy as np
import pytest

from skysieve.morphology.collation import Action, link_components
from skysieve.morphology.projection import Hits

ACTIONS = {
    "related": Action.LINK, "host": Action.DATA_ATTACH, "sidelobe": Action.ISOLATE, "core": Action.NODE_ATTACH,
    "bent": Action.TRUE_ATTACH, "straight": Action.FALSE_ATTACH, "hard": Action.RESOLVE, "odd": Action.FLAG,
    "no": Action.PASS, "apart": Action.UNLINK,
}  # fmt: skip


def make_hits(*rows):
    """Hits of (image, label, entry), the entries of hosts in channel 1, the first row of a label nearest."""
    rows = sorted(rows, key=lambda row: row[0])
    labels = tuple(sorted({label for _, label, _ in rows}))
    return Hits(
        np.array([row[0] for row in rows], np.int64),
        np.array([row[2] for row in rows], np.int64),
        np.array([labels.index(row[1]) for row in rows], np.int64),
        np.array([int(row[1] == "host") for row in rows], np.int64),
        np.arange(len(rows), dtype=np.float64),
        labels,
    )


def link(*rows, order=None, count=4, conflict="first"):
    rows_in_order = np.arange(count) if order is None else np.array(order)
    return link_components(
        make_hits(*rows), actions=ACTIONS, order=rows_in_order, own=np.arange(count), n_components=count,
        conflict=conflict,
    )  # fmt: skip


def test_components_in_one_region_become_one_source():
    links = link((0, "related", 0), (0, "related", 2))
    assert links.groups == ((0, 2), (1,), (3,))
    assert [len(claims) for claims in links.claims] == [1, 0, 0]


def test_a_component_alone_in_its_region_is_claimed_by_itself():
    links = link((3, "related", 3))
    assert links.groups[3] == (3,)
    assert links.claims[3][0].image == 3


def test_an_image_whose_component_is_taken_is_passed_over():
    links = link((0, "related", 0), (0, "related", 1), (1, "related", 1), (1, "related", 2))
    assert links.groups == ((0, 1), (2,), (3,))


def test_the_order_decides_who_claims():
    links = link((0, "related", 0), (0, "related", 1), (1, "related", 1), (1, "related", 2), order=[1, 0, 2, 3])
    assert links.groups == ((0,), (1, 2), (3,))
    assert links.claims[0][0].lost == (1,)


def test_a_conflict_may_join_sources_instead():
    rows = ((0, "related", 0), (0, "related", 1), (2, "related", 1), (2, "related", 2))
    assert link(*rows).groups == ((0, 1), (2,), (3,))
    joined = link(*rows, conflict="join")
    assert joined.groups == ((0, 1, 2), (3,))
    assert [claim.lost for claim in joined.claims[0]] == [(), (1,)]


def test_unlink_frees_components_for_later_mappings():
    links = link((0, "related", 0), (0, "related", 1), (2, "apart", 1), (3, "related", 3), (3, "related", 1))
    assert links.groups == ((0,), (1, 3), (2,))


def test_what_is_isolated_stays_alone():
    links = link((0, "related", 0), (0, "related", 1), (0, "sidelobe", 1), (2, "related", 2), (2, "related", 1))
    assert links.groups == ((0,), (1,), (2,), (3,))


def test_an_isolated_component_does_not_claim_others():
    links = link((0, "related", 0), (0, "sidelobe", 1), (1, "related", 1), (1, "related", 2))
    assert (1, 2) not in links.groups


def test_hosts_are_attached_the_one_nearest_to_the_middle_first():
    links = link((0, "related", 0), (0, "host", 9), (0, "host", 5))
    assert [entry for _, entry, _ in links.claims[0][0].attached["host"]] == [9, 5]


def test_marks_resolve_and_flags_go_to_the_claim():
    claim = link((0, "related", 0), (0, "bent", 0), (0, "straight", 0), (0, "hard", 0), (0, "odd", 0)).claims[0][0]
    assert claim.marks == {"bent": True, "straight": False}
    assert (claim.resolve, claim.flag) == (True, True)


def test_components_carry_the_labels_of_node_attach():
    links = link((0, "related", 0), (0, "core", 0), (0, "core", 1), (0, "no", 2))
    assert links.labels == (("core",), ("core",), (), ())


def test_the_graph_is_one_of_networkx():
    graph = link((0, "related", 0), (0, "related", 1), (0, "related", 2)).graph
    assert isinstance(graph, nx.MultiGraph)
    assert sorted(graph.edges()) == [(0, 1), (0, 2), (1, 2)]


def test_a_label_without_action_is_refused():
    with pytest.raises(ValueError, match="actions: none for 'new', which regions of the annotations carry"):
        link((0, "new", 0))


def test_absent_networkx_is_one_sentence(monkeypatch):
    whole = builtins.__import__

    def refuse(name, *rest, **named):
        if name == "networkx":
            raise ImportError(name)
        return whole(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(ImportError, match=r"collation needs networkx: pip install 'skysieve\[collation\]'"):
        link((0, "related", 0))
