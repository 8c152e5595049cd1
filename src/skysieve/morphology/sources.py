"""The whole of collation: mapped images, annotated neurons and catalogs in, sources with their members out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

import numpy as np
from jaxtyping import Bool, Float, Int
from pydantic import ConfigDict, Field

from skysieve.config import STRICT
from skysieve.morphology.collation import NODES, Action, Conflict, link_components
from skysieve.morphology.groups import Linked, NamedColumns, measure_groups
from skysieve.morphology.planes import make_planes
from skysieve.morphology.projection import Matched, Positions, project_regions
from skysieve.morphology.sorting import (
    Order,
    apply_order,
    sort_area_ratio,
    sort_best_matching_first,
    sort_largest_first,
)
from skysieve.morphology.source_tables import make_member_table, make_source_table, summarize
from skysieve.records import Catalog
from skysieve.records.annotations import Annotations
from skysieve.som.maps import guess_geometry

Sorter = Literal["best_matching_first", "largest_first", "area_ratio"]


@dataclass(frozen=True)
class CollationRecipe:
    """How labels act, and in which order mappings are applied.

    ``actions`` gives each label of a region its action. ``sorter`` decides which mappings come first;
    ``sort_channels`` and ``sort_labels`` say which regions it measures (all of a channel where no labels are named).
    ``conflict`` says what becomes of a component that two mappings claim: it stays with the first, or joins both.
    Images whose distance exceeds ``max_distance`` resemble no neuron and claim nothing; so do those whose distance
    exceeds the share ``max_unlike`` of their distance to an empty neuron, which wants the images. Components and hosts
    within ``separation`` [arcsec] of an image's center are looked at. The channel ``host_channel`` shows the hosts.
    ``columns`` names the columns of both catalogs. ``pixel_scale`` [arcsec] and ``image_side`` [pixel] of the mapped
    images are wanted where a mapping is read from its folder (`read_matched`); the side is by default that of the
    images for which neurons have their size.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    actions: Mapping[str, Action] = field(default_factory=lambda: {"related": Action.LINK, "host": Action.DATA_ATTACH})
    sorter: Sorter = "largest_first"
    sort_channels: tuple[int, int] = (0, 1)
    sort_labels: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    conflict: Conflict = "join"
    max_distance: Annotated[float, Field(gt=0)] | None = None
    max_unlike: Annotated[float, Field(gt=0)] | None = None
    separation: Annotated[float, Field(gt=0, le=3600)] = 60.0
    host_channel: Annotated[int, Field(ge=1)] = 1
    columns: NamedColumns = field(default_factory=NamedColumns)
    pixel_scale: Annotated[float, Field(gt=0)] | None = None
    image_side: Annotated[int, Field(ge=2)] | None = None


@dataclass(frozen=True, eq=False)
class Collated:
    """Sources, one row each; their members, one row each; and counts of what happened."""

    sources: Catalog
    members: Catalog
    summary: Mapping[str, int]


def collate_components(
    matched: Matched,
    annotations: Annotations,
    components: Catalog,
    *,
    distance: Float[np.ndarray, " image"],
    own: Int[np.ndarray, " image"],
    unlike: Float[np.ndarray, " image"] | None = None,
    hosts: Catalog | None = None,
    recipe: CollationRecipe | None = None,
    order: Order | None = None,
) -> Collated:
    """Group components into sources and give them hosts.

    Parameters
    ----------
    matched
        Images with their best-matching units and transformations.
    annotations
        Regions on the neurons: channel 0 shows the components, the recipe's ``host_channel`` the hosts.
    components, hosts
        Catalogs with the recipe's columns. A component without a finite position is in no region, and a source of
        its own.
    distance
        Of each image to its best-matching unit; NaN where unknown.
    own
        Row of the component that each image is centered on, -1 for none (see `match_images`).
    unlike
        Of `skysieve.morphology.likeness.measure_unlikeness`; wanted where the recipe limits it.
    recipe
        Default: regions "related" link components, regions "host" attach hosts.
    order
        A rule of one's own in place of the recipe's sorter.

    Returns
    -------
    Collated
        Every component is in exactly one source; sources and members have no rows where there are no components.

    Raises
    ------
    ValueError
        If a column is missing, a label has no action, annotations and mapping do not belong together, or the recipe
        limits what is not given.
    ImportError
        If networkx is absent.
    """
    recipe = recipe or CollationRecipe()
    names = recipe.columns
    catalogs = {NODES: _find_positions(components, names, "components")}
    if hosts is not None:
        catalogs[recipe.host_channel] = _find_positions(hosts, names, "hosts")
    hits = project_regions(matched, annotations, catalogs, separation=recipe.separation)
    rows = (
        apply_order(order, len(matched))
        if order is not None
        else _sort_images(matched.bmu, distance, annotations, recipe)
    )
    close = _select_close(distance, unlike, recipe)
    links = link_components(
        hits,
        actions=recipe.actions,
        order=rows[close[rows]],
        own=own,
        n_components=len(components),
        conflict=recipe.conflict,
    )
    linked = Linked(links, components, hosts, matched.bmu, distance, own, annotations, recipe.host_channel, names)
    groups = measure_groups(linked)
    sources = make_source_table(linked, groups, actions=recipe.actions)
    members = make_member_table(linked, groups, sources)
    return Collated(sources, members, summarize(sources, hits=len(hits), images=len(matched)))


def _select_close(
    distance: Float[np.ndarray, " image"], unlike: Float[np.ndarray, " image"] | None, recipe: CollationRecipe
) -> Bool[np.ndarray, " image"]:
    """Select the images that resemble their neuron; none without a distance."""
    close = distance <= (np.inf if recipe.max_distance is None else recipe.max_distance)
    if recipe.max_unlike is None:
        return close
    if unlike is None:
        raise ValueError(f"max_unlike = {recipe.max_unlike}: this limit wants the mapped images; give --images SOURCE")
    return close & (unlike <= recipe.max_unlike)


def _sort_images(
    bmu: Int[np.ndarray, " image"],
    distance: Float[np.ndarray, " image"],
    annotations: Annotations,
    recipe: CollationRecipe,
) -> Int[np.ndarray, " image"]:
    if recipe.sorter == "best_matching_first":
        return sort_best_matching_first(distance)
    if recipe.sorter == "largest_first":
        channel, labels = recipe.sort_channels[0], recipe.sort_labels[0]
        return sort_largest_first(bmu, distance, annotations=annotations, channel=channel, labels=labels)
    return sort_area_ratio(
        bmu, distance, annotations=annotations, channels=recipe.sort_channels, labels=recipe.sort_labels
    )


def _find_positions(catalog: Catalog, names: NamedColumns, what: str) -> Positions:
    for name in (names.id, names.ra, names.dec):
        if name not in catalog.names:
            raise ValueError(
                f"{what}: no column {name!r} among {', '.join(catalog.names)}; name it in the recipe under [columns]"
            )
    return Positions(catalog[names.ra].astype(np.float64), catalog[names.dec].astype(np.float64))


def read_matched(rows: Catalog, recipe: CollationRecipe, *, neuron_side: int) -> Matched:
    """Take the rows of a mapping as images that are centered on their ra and dec, north up and east to the left.

    Parameters
    ----------
    rows
        Of ``mapping.parquet``: ra, dec, som_bmu, som_angle [deg], som_flip.
    recipe
        Pixel scale and side of the images.
    neuron_side
        Of the neurons' frames [pixel].

    Raises
    ------
    ValueError
        If a column or the pixel scale is missing, or the side is neither given nor known.
    """
    for name in ("ra", "dec", "som_bmu", "som_angle", "som_flip"):
        if name not in rows.names:
            raise ValueError(
                f"mapping: no column {name!r}; map images whose rows have ra and dec, or join them with --catalog"
            )
    if recipe.pixel_scale is None:
        raise ValueError("pixel_scale is not known; give --pixel-scale ARCSEC, or write it into the recipe")
    side = recipe.image_side or guess_geometry(neuron_side).image_side
    ra, dec = rows["ra"].astype(np.float64), rows["dec"].astype(np.float64)
    planes = make_planes(ra, dec, pixel_scale=recipe.pixel_scale, image_side=side)
    angle = np.deg2rad(rows["som_angle"].astype(np.float64))
    return Matched(planes, rows["som_bmu"].astype(np.int64), angle, rows["som_flip"].astype(bool), side)


def match_images(rows: Catalog, components: Catalog, *, columns: NamedColumns | None = None) -> Int[np.ndarray, " row"]:
    """Find the component that each image is centered on, by their ids.

    Parameters
    ----------
    rows
        Of the mapping, with the column ``id``.
    components
        With the recipe's column of ids, each once.

    Returns
    -------
    Int[np.ndarray, " row"]
        Rows of the components, -1 for an image whose id none has.

    Raises
    ------
    ValueError
        If an id of the components is given twice, or none of the images' ids is among them.
    """
    name = (columns or NamedColumns()).id
    known, wanted = (values.astype(str) for values in (components[name], rows["id"]))
    order = np.argsort(known, kind="stable")
    twice = known[order][1:] == known[order][:-1]
    if twice.any():
        raise ValueError(f"components: {name} = {known[order][1:][twice][0]} is given twice; make ids unique")
    place = np.searchsorted(known[order], wanted).clip(max=max(len(known) - 1, 0))
    own = np.where(known[order][place] == wanted, order[place], -1) if len(known) else np.full(len(wanted), -1)
    if len(own) and len(known) and (own < 0).all():
        raise ValueError(
            f"mapping: none of its ids ({wanted[0]}, ...) is an id of the components ({known[0]}, ...); "
            f"map images of this catalog, or name its column of ids in the recipe"
        )
    return own
