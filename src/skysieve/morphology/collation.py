"""Components linked into sources: actions of labels, mapping after mapping, on a graph of components."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

import numpy as np
from jaxtyping import Int

from skysieve.morphology.projection import Hits

Conflict = Literal["first", "join"]
"""A component that two mappings claim stays with the first, or makes one source of both."""

NODES = 0
"""The channel whose catalog is the components."""


class Action(StrEnum):
    """What a label does when a mapping is applied, in the terms of Vantyghem et al. (2024), Table 8.

    Attributes
    ----------
    LINK
        Make edges between all components that pass through the region together.
    UNLINK
        Remove the edges that earlier mappings made at components that pass through; they may be linked again.
    RESOLVE, FLAG
        Mark the mapping's edges as to be resolved, or as flagged.
    PASS
        Nothing.
    NODE_ATTACH
        Mark the components that pass through with the label.
    DATA_ATTACH
        Attach the entries that pass through to the mapping's edges under the label: hosts, as a rule.
    TRUE_ATTACH, FALSE_ATTACH
        Set the label to true or to false on the mapping's edges, if something passes through.
    ISOLATE
        Remove all edges at components that pass through, and let no later mapping link them.
    """

    LINK = "LINK"
    UNLINK = "UNLINK"
    RESOLVE = "RESOLVE"
    FLAG = "FLAG"
    PASS = "PASS"  # noqa: S105 -- a word of the paper
    NODE_ATTACH = "NODE_ATTACH"
    DATA_ATTACH = "DATA_ATTACH"
    TRUE_ATTACH = "TRUE_ATTACH"
    FALSE_ATTACH = "FALSE_ATTACH"
    ISOLATE = "ISOLATE"


@dataclass(frozen=True, eq=False)
class Claim:
    """What one mapping that was applied did: the data that all its edges share.

    Attributes
    ----------
    image
        Row of the mapping.
    rank
        How many mappings were applied before.
    members
        Components it linked.
    lost
        Components in its regions that an earlier mapping had taken, or isolated.
    attached
        Entries by label, each with its channel, its row, and its distance from the region's middle [pixel]; the nearest
        come first.
    marks
        Labels with true or false.
    resolve, flag
        Whether such a region was passed.
    """

    image: int
    rank: int
    members: tuple[int, ...]
    lost: tuple[int, ...] = ()
    attached: Mapping[str, tuple[tuple[int, int, float], ...]] = field(default_factory=dict)
    marks: Mapping[str, bool] = field(default_factory=dict)
    resolve: bool = False
    flag: bool = False


@dataclass(frozen=True, eq=False)
class Links:
    """Components linked into sources.

    Attributes
    ----------
    groups
        Components of each source, every component in one; sources with a smaller first component first.
    claims
        Of each source, the mapping that was applied first leading; none for a component that nothing linked.
    labels
        NODE_ATTACH labels of each component.
    graph
        All of it as a ``networkx.MultiGraph``: a node a component, its labels as attributes; edges between the
        components that one mapping links, or from a single one to itself, with the `Claim` as ``"claim"``.
    """

    groups: tuple[tuple[int, ...], ...]
    claims: tuple[tuple[Claim, ...], ...]
    labels: tuple[tuple[str, ...], ...]
    graph: Any


def check_actions(labels: tuple[str, ...], actions: Mapping[str, Action]) -> None:
    """Refuse regions whose label has no action.

    Raises
    ------
    ValueError
        Naming the labels.
    """
    without = [label for label in labels if label not in actions]
    if without:
        raise ValueError(
            f"actions: none for {', '.join(map(repr, without))}, which regions of the annotations carry; "
            "give each one, PASS for none"
        )


def link_components(
    hits: Hits,
    *,
    actions: Mapping[str, Action],
    order: Int[np.ndarray, " applied"],
    own: Int[np.ndarray, " image"],
    n_components: int,
    conflict: Conflict = "join",
) -> Links:
    """Apply mappings one after the other, as few as possible: an image whose component is taken is passed over.

    Parameters
    ----------
    hits
        Entries in regions.
    actions
        By label; LINK, UNLINK, ISOLATE and NODE_ATTACH act on regions of channel 0, the others on any.
    order
        Images, the first to be applied first, those left out never; from `skysieve.morphology.sorting`.
    own
        Component that each image is centered on, -1 for none.
    n_components
        Number of components.
    conflict
        What a mapping may do with components that an earlier one has taken: ``"join"``, link them all the same, so
        that both sources become one; ``"first"``, leave them there.

    Returns
    -------
    Links
        Sources of one component each where nothing is linked.

    Raises
    ------
    ValueError
        If a label has no action.
    ImportError
        If networkx is absent.

    Notes
    -----
    In one mapping UNLINK comes first, then LINK, then ISOLATE.
    """
    check_actions(hits.labels, actions)
    graph = _import_networkx().MultiGraph()
    graph.add_nodes_from(range(n_components))
    taken = np.zeros(n_components, bool)
    isolated = np.zeros(n_components, bool)
    bounds = np.searchsorted(hits.image, np.arange(len(own) + 1))
    plan = [actions[label] for label in hits.labels]
    rank = 0
    for image in order.tolist():
        rows = range(bounds[image], bounds[image + 1])
        if not rows or (own[image] >= 0 and (taken[own[image]] or isolated[own[image]])):
            continue
        passed = _sort_hits(hits, rows, plan)
        for node in passed.nodes(Action.UNLINK):
            graph.remove_edges_from(list(graph.edges(node, keys=True)))
            taken[node] = False
        claim = _make_claim(passed, image, rank, taken=taken, isolated=isolated, conflict=conflict)
        out = passed.nodes(Action.ISOLATE)
        _apply_claim(graph, claim, isolated=out)
        taken[[node for node in claim.members if node not in out]] = True
        isolated[list(out)] = True
        for label, node in passed.labeled_nodes(Action.NODE_ATTACH):
            graph.nodes[node][label] = True
        rank += 1
    return _read_graph(graph)


def _read_graph(graph: Any) -> Links:
    """List the connected parts of a graph, and what was claimed in each."""
    groups = sorted(tuple(sorted(part)) for part in _import_networkx().connected_components(graph))
    claims = []
    for group in groups:
        found = {data["claim"].rank: data["claim"] for *_, data in graph.edges(group, data=True)}
        claims.append(tuple(found[rank] for rank in sorted(found)))
    labels = tuple(tuple(sorted(graph.nodes[node])) for node in range(len(graph)))
    return Links(tuple(groups), tuple(claims), labels, graph)


@dataclass(frozen=True, eq=False)
class _Passed:
    """The hits of one image: action, label, channel, entry, offset."""

    rows: tuple[tuple[Action, str, int, int, float], ...]

    def nodes(self, action: Action) -> dict[int, None]:
        return {entry: None for one, _, channel, entry, _ in self.rows if one is action and channel == NODES}

    def labeled_nodes(self, action: Action) -> list[tuple[str, int]]:
        return [(label, entry) for one, label, channel, entry, _ in self.rows if one is action and channel == NODES]


def _sort_hits(hits: Hits, rows: range, plan: list[Action]) -> _Passed:
    part = slice(rows.start, rows.stop)
    columns = (hits.label[part], hits.channel[part], hits.entry[part], hits.offset[part])
    return _Passed(
        tuple(
            (plan[label], hits.labels[label], channel, entry, offset)
            for label, channel, entry, offset in zip(*(column.tolist() for column in columns), strict=True)
        )
    )


def _make_claim(
    passed: _Passed, image: int, rank: int, *, taken: np.ndarray, isolated: np.ndarray, conflict: Conflict
) -> Claim:
    attached: dict[str, list[tuple[int, int, float]]] = {}
    marks: dict[str, bool] = {}
    for action, label, channel, entry, offset in passed.rows:
        if action is Action.DATA_ATTACH:
            attached.setdefault(label, []).append((channel, entry, offset))
        elif action in (Action.TRUE_ATTACH, Action.FALSE_ATTACH):
            marks[label] = action is Action.TRUE_ATTACH
    linked = sorted(passed.nodes(Action.LINK))
    closed = isolated if conflict == "join" else isolated | taken
    found = {action for action, *_ in passed.rows}
    return Claim(
        image,
        rank,
        tuple(node for node in linked if not closed[node]),
        tuple(node for node in linked if closed[node] or taken[node]),
        {label: tuple(sorted(entries, key=lambda one: one[2])) for label, entries in attached.items()},
        marks,
        Action.RESOLVE in found,
        Action.FLAG in found,
    )


def _apply_claim(graph: Any, claim: Claim, *, isolated: Mapping[int, None]) -> None:
    members = [node for node in claim.members if node not in isolated]
    if len(members) == 1:
        graph.add_edge(members[0], members[0], claim=claim)
    for number, node in enumerate(members):
        graph.add_edges_from(((node, other) for other in members[number + 1 :]), claim=claim)
    for node in isolated:
        graph.remove_edges_from(list(graph.edges(node, keys=True)))


def _import_networkx() -> Any:
    try:
        import networkx as nx  # noqa: PLC0415 -- an extra
    except ImportError:
        raise ImportError("collation needs networkx: pip install 'skysieve[collation]'") from None
    return nx
