"""Tables of collated sources and of their members."""

import json
from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Int

from skysieve.morphology.collation import NODES, Action, Claim
from skysieve.morphology.groups import FLAG_SENTENCES, CollationFlag, Group, Linked, NamedColumns, flag_groups
from skysieve.morphology.skypath import measure_separations
from skysieve.records import Catalog, Column

PLACE = (
    Column("id", "i8", "", "of the source, unique in this table", "meta.id;meta.main"),
    Column("ra", "f8", "deg", "flux-weighted mean of the components", "pos.eq.ra;meta.main"),
    Column("dec", "f8", "deg", "flux-weighted mean of the components", "pos.eq.dec;meta.main"),
)
HOST = (
    Column("host_ra", "f8", "deg", "of the host", "pos.eq.ra"),
    Column("host_dec", "f8", "deg", "of the host", "pos.eq.dec"),
    Column("n_hosts", "i4", "", "entries in the region of the host; more than one are candidates", "meta.number"),
)
EXTENT = (
    Column("n_components", "i4", "", "components", "meta.number"),
    Column("separation", "f8", "arcsec", "largest distance between two components", "pos.angDistance"),
    Column("size", "f8", "arcsec", "largest angular extent, half widths of the components included", "phys.angSize"),
    Column("path_length", "f8", "arcsec", "shortest path through all components", "pos.angDistance"),
    Column("curliness", "f8", "", "path over separation, 1 on a straight line; NaN for one component"),
)
MAPPING = (
    Column("image", "i8", "", "row of the defining mapping, -1 where there is none", "meta.record"),
    Column("som_bmu", "i4", "", "neuron of the defining mapping, -1 where there is none"),
    Column("som_distance", "f4", "", "distance to it"),
    Column("som_labels", "str", "", "labels of that neuron"),
)
FLAGS = Column("flags", "i4", "", "bits; the dictionary is in the metadata", "meta.code.qual")


def make_source_table(linked: Linked, groups: list[Group], *, actions: Mapping[str, Action]) -> Catalog:
    """Return one row a source; ``is_LABEL`` for TRUE_ATTACH and FALSE_ATTACH is 1, 0, or -1 where nothing was said."""
    names = linked.columns
    unit = next((column.unit for column in linked.components.schema if column.name == names.flux), "")
    flux = (
        Column("flux", "f8", unit, "sum over the components", "phot.flux.density;em.radio"),
        Column("flux_err", "f8", unit, "its error", "stat.error;phot.flux.density"),
    )
    marks = sorted(label for label, one in actions.items() if one in (Action.TRUE_ATTACH, Action.FALSE_ATTACH))
    said = tuple(Column(f"is_{label}", "i1", "", f"{label}: 1 true, 0 false, -1 not said") for label in marks)
    named_hosts = np.array([group.hosts[0] if group.hosts else -1 for group in groups], np.int64)
    host_id, ids = _take_ids(linked.hosts, named_hosts, names)
    light = _measure_light(linked, groups)
    incomplete = np.where(light.pop("incomplete"), int(CollationFlag.FLUX_INCOMPLETE), 0).astype(np.int32)
    values = {
        "id": np.arange(1, len(groups) + 1), **light, **_locate_hosts(linked, groups), "host_id": ids,
        **_measure_extents(linked, groups), **_describe_mappings(linked, groups),
        **{f"is_{label}": np.array([_find_mark(one.claims, label) for one in groups], np.int8) for label in marks},
        "flags": flag_groups(groups) | incomplete,
    }  # fmt: skip
    bits = {str(flag.name).lower(): (int(flag), sentence) for flag, sentence in FLAG_SENTENCES.items()}
    named = Column("host_id", host_id, "", "of the host in its catalog", "meta.id.assoc")
    return Catalog((*PLACE, *flux, named, *HOST, *EXTENT, *MAPPING, *said, FLAGS), values, {"flags": json.dumps(bits)})


def make_member_table(linked: Linked, groups: list[Group], sources: Catalog) -> Catalog:
    """Return one row for each component and each host of each source.

    ``role`` is the NODE_ATTACH labels of a component joined by commas, or "component"; "host" for the host that the
    source names, "host candidate" for others in its region. Ids are text where one of the catalogs has text.
    """
    own = [(k, row) for k, group in enumerate(groups) for row in group.members]
    hosts = [(k, row) for k, group in enumerate(groups) for row in group.hosts]
    first = {k: group.hosts[0] for k, group in enumerate(groups) if group.hosts}
    roles = [",".join(linked.links.labels[row]) or "component" for _, row in own]
    roles += ["host" if first[k] == row else "host candidate" for k, row in hosts]
    ids, places = [], []
    for catalog, pairs in ((linked.components, own), (linked.hosts, hosts)):
        rows = np.array([row for _, row in pairs], np.int64)
        ids.append(_take_ids(catalog, rows, linked.columns))
        places.append([_take(catalog, name, rows) for name in (linked.columns.ra, linked.columns.dec)])
    text = "str" in {kind for (kind, values) in ids if len(values)}
    component = np.concatenate([values.astype(str).astype(object) if text else values for _, values in ids])
    values = {
        "source_id": sources["id"][np.array([k for k, _ in own + hosts], np.int64)],
        "component_id": component,
        "role": np.array(roles, object),
        "channel": np.repeat(np.array([NODES, linked.host_channel], np.int32), [len(own), len(hosts)]),
        "ra": np.concatenate([one[0] for one in places]),
        "dec": np.concatenate([one[1] for one in places]),
    }
    schema = (
        Column("source_id", "i8", "", "of the source", "meta.id.parent"),
        Column("component_id", "str" if text else "i8", "", "in the catalog of components, or of hosts", "meta.id"),
        Column("role", "str", "", "component, host, host candidate, or labels", "meta.code.class"),
        Column("channel", "i4", "", "channel that shows its catalog"),
        Column("ra", "f8", "deg", "right ascension", "pos.eq.ra"),
        Column("dec", "f8", "deg", "declination", "pos.eq.dec"),
    )
    return Catalog(schema, values).take(np.lexsort((values["channel"], values["source_id"])))


def summarize(sources: Catalog, *, hits: int, images: int) -> dict[str, int]:
    """Count what became of the components."""
    counts = {
        f"flag_{str(flag.name).lower()}": int(np.count_nonzero(sources["flags"] & int(flag))) for flag in CollationFlag
    }
    several = sources["n_components"] > 1
    return {
        "images": images,
        "hits": hits,
        "components": int(sources["n_components"].sum()),
        "sources": len(sources),
        "sources_of_several_components": int(several.sum()),
        "components_in_them": int(sources["n_components"][several].sum()),
        "sources_with_host": int(np.count_nonzero(sources["n_hosts"])),
        **counts,
    }


def _measure_light(linked: Linked, groups: list[Group]) -> dict[str, np.ndarray]:
    """Sum fluxes, and weight positions by them; by numbers where no flux is known and positive."""
    ra, dec, flux, error = (
        _take(linked.components, name, np.arange(len(linked.components)))
        for name in (linked.columns.ra, linked.columns.dec, linked.columns.flux, linked.columns.flux_err)
    )
    group = np.zeros(len(flux), np.int64)
    for k, one in enumerate(groups):
        group[list(one.members)] = k

    def add(values: Float[np.ndarray, " component"]) -> Float[np.ndarray, " group"]:
        return np.bincount(group, values, minlength=len(groups)).astype(np.float64)

    known = np.isfinite(flux)
    some = add(known.astype(np.float64)) > 0
    weight = np.where(known & (flux > 0), flux, 0.0)
    weight = np.where(add(weight)[group] > 0, weight, 1.0)
    a, d = np.deg2rad(ra), np.deg2rad(dec)
    x, y, z = (add(weight * part) for part in (np.cos(d) * np.cos(a), np.cos(d) * np.sin(a), np.sin(d)))
    return {
        "ra": np.rad2deg(np.arctan2(y, x)) % 360,
        "dec": np.rad2deg(np.arctan2(z, np.hypot(x, y))),
        "flux": np.where(some, add(np.where(known, flux, 0.0)), np.nan),
        "flux_err": np.where(some, np.sqrt(add(np.where(known, error, 0.0) ** 2)), np.nan),
        "incomplete": add((~known).astype(np.float64)) > 0,
    }


def _locate_hosts(linked: Linked, groups: list[Group]) -> dict[str, np.ndarray]:
    rows = np.array([group.hosts[0] if group.hosts else -1 for group in groups], np.int64)
    return {
        "host_ra": _take(linked.hosts, linked.columns.ra, rows),
        "host_dec": _take(linked.hosts, linked.columns.dec, rows),
        "n_hosts": np.array([len(group.hosts) for group in groups], np.int32),
    }


def _measure_extents(linked: Linked, groups: list[Group]) -> dict[str, np.ndarray]:
    rows = np.arange(len(linked.components))
    ra, dec, major = (
        _take(linked.components, name, rows) for name in (linked.columns.ra, linked.columns.dec, linked.columns.major)
    )
    return {
        "n_components": np.array([len(group.members) for group in groups], np.int32),
        "separation": np.array([group.path.separation for group in groups]),
        "size": np.array([_measure_size(ra, dec, major, list(group.members)) for group in groups]),
        "path_length": np.array([group.path.length for group in groups]),
        "curliness": np.array([group.path.curliness for group in groups]),
    }


def _measure_size(ra: np.ndarray, dec: np.ndarray, major: np.ndarray, members: list[int]) -> float:
    if len(members) == 1:
        return float(major[members[0]])
    half = np.nan_to_num(major[members]) / 2
    return float((measure_separations(ra[members], dec[members]) + half[:, None] + half).max())


def _describe_mappings(linked: Linked, groups: list[Group]) -> dict[str, np.ndarray]:
    image = np.array([group.image for group in groups], np.int64)
    bmu = np.append(linked.bmu, -1)[image].astype(np.int32)
    labels = np.full(linked.annotations.n_neurons + 1, "", object)
    for one in linked.annotations.neurons:
        labels[one.neuron] = ",".join(one.labels)
    distance = np.append(linked.distance, np.nan)[image].astype(np.float32)
    return {"image": image, "som_bmu": bmu, "som_distance": distance, "som_labels": labels[bmu]}


def _find_mark(claims: tuple[Claim, ...], label: str) -> int:
    return next((int(claim.marks[label]) for claim in claims if label in claim.marks), -1)


def _take(catalog: Catalog | None, name: str, rows: Int[np.ndarray, " row"]) -> Float[np.ndarray, " row"]:
    """Take numbers of a column; NaN for row -1, or where there is no such column."""
    if catalog is None or name not in catalog.names:
        return np.full(len(rows), np.nan)
    return np.append(catalog[name].astype(np.float64), np.nan)[rows]


def _take_ids(catalog: Catalog | None, rows: Int[np.ndarray, " row"], names: NamedColumns) -> tuple[str, np.ndarray]:
    """Take ids as integers or text; -1 or "" for row -1."""
    ids = np.zeros(0, np.int64) if catalog is None else catalog[names.id]
    if ids.dtype.kind in "iu":
        return "i8", np.append(ids.astype(np.int64), -1)[rows]
    return "str", np.append(ids.astype(str).astype(object), "")[rows]
