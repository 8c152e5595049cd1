"""Groups of components with what was claimed of them: members, hosts, defining mapping, path, flags."""

from collections import Counter
from dataclasses import dataclass
from enum import IntFlag
from typing import ClassVar

import numpy as np
from jaxtyping import Float, Int
from pydantic import ConfigDict

from skysieve.config import STRICT
from skysieve.morphology.collation import Claim, Links
from skysieve.morphology.skypath import SkyPath, trace_path
from skysieve.records import Catalog
from skysieve.records.annotations import Annotations


class CollationFlag(IntFlag):
    """Bits of the column ``flags`` of collated sources; `FLAG_SENTENCES` says what they mean."""

    AMBIGUOUS_HOST = 1
    SHARED_HOST = 2
    NO_HOST = 4
    CONFLICT = 8
    RESOLVE = 16
    FLAGGED = 32
    UNCLAIMED = 64
    FLUX_INCOMPLETE = 128


FLAG_SENTENCES: dict[CollationFlag, str] = {
    CollationFlag.AMBIGUOUS_HOST: "several entries lie in the host's region; the one nearest to its middle is named",
    CollationFlag.SHARED_HOST: "another source has the same host",
    CollationFlag.NO_HOST: "no entry lies in the region of the host, or there is no such region",
    CollationFlag.CONFLICT: "two mappings claimed one of its components, and the earlier one has it",
    CollationFlag.RESOLVE: "a component lies in a region whose action is RESOLVE",
    CollationFlag.FLAGGED: "a component lies in a region whose action is FLAG",
    CollationFlag.UNCLAIMED: "no mapping linked its component: a source by itself",
    CollationFlag.FLUX_INCOMPLETE: "the flux of a component is not known and not in the sum",
}


@dataclass(frozen=True)
class NamedColumns:
    """Names of columns in the catalogs of components and hosts; fluxes and sizes [arcsec, FWHM] may be absent."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    id: str = "id"
    ra: str = "ra"
    dec: str = "dec"
    flux: str = "flux"
    flux_err: str = "flux_err"
    major: str = "major"


@dataclass(frozen=True, eq=False)
class Linked:
    """All that tables of sources are made of."""

    links: Links
    components: Catalog
    hosts: Catalog | None
    bmu: Int[np.ndarray, " image"]
    distance: Float[np.ndarray, " image"]
    own: Int[np.ndarray, " image"]
    annotations: Annotations
    host_channel: int
    columns: NamedColumns


@dataclass(frozen=True, eq=False)
class Group:
    """One source: rows of its components and its hosts (the best first), the claims that made it, the path through it.

    ``image`` is the row of the defining mapping: the first that claimed, else the component's own, else -1.
    """

    members: tuple[int, ...]
    claims: tuple[Claim, ...]
    hosts: tuple[int, ...]
    image: int
    path: SkyPath


def measure_groups(linked: Linked) -> list[Group]:
    """Return the sources in the order of their links."""
    own = np.full(len(linked.components), -1)
    own[linked.own[linked.own >= 0]] = np.flatnonzero(linked.own >= 0)
    ra, dec = (linked.components[name].astype(np.float64) for name in (linked.columns.ra, linked.columns.dec))
    groups = []
    for members, claims in zip(linked.links.groups, linked.links.claims, strict=True):
        image = claims[0].image if claims else int(own[members[0]])
        path = trace_path(ra[list(members)], dec[list(members)]) if len(members) > 1 else SkyPath(0.0, 0.0, (0,))
        groups.append(Group(members, claims, _rank_hosts(claims, linked.host_channel), image, path))
    return groups


def _rank_hosts(claims: tuple[Claim, ...], channel: int) -> tuple[int, ...]:
    """Entries of the hosts' catalog, those of the first mapping and near the middle of its region first."""
    found = [
        (claim.rank, offset, entry)
        for claim in claims
        for entries in claim.attached.values()
        for where, entry, offset in entries
        if where == channel
    ]
    return tuple(dict.fromkeys(entry for _, _, entry in sorted(found)))


def flag_groups(groups: list[Group]) -> Int[np.ndarray, " group"]:
    """Return the bits of each group that follow from the claims."""
    shared = Counter(group.hosts[0] for group in groups if group.hosts)
    lost = {node for group in groups for claim in group.claims for node in claim.lost}
    flags = np.zeros(len(groups), np.int32)
    for k, group in enumerate(groups):
        bits = {
            CollationFlag.AMBIGUOUS_HOST: len(group.hosts) > 1,
            CollationFlag.SHARED_HOST: bool(group.hosts) and shared[group.hosts[0]] > 1,
            CollationFlag.NO_HOST: not group.hosts,
            CollationFlag.CONFLICT: any(claim.lost for claim in group.claims) or not lost.isdisjoint(group.members),
            CollationFlag.RESOLVE: any(claim.resolve for claim in group.claims),
            CollationFlag.FLAGGED: any(claim.flag for claim in group.claims),
            CollationFlag.UNCLAIMED: not group.claims,
        }
        flags[k] = sum(int(bit) for bit, is_set in bits.items() if is_set)
    return flags
