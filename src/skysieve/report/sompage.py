"""The page of a map of images: one file that needs nothing but itself, to be walked over by keys."""

from pathlib import Path

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from skysieve.io.atomic import write_whole
from skysieve.report.figures import Panel
from skysieve.report.page import flatten, mark_svg, read_asset
from skysieve.report.somcurves import draw_distances, draw_history
from skysieve.report.somexplorer import make_explorer
from skysieve.report.somfigures import draw_map, draw_match, draw_neuron
from skysieve.report.somlattice import draw_labels, draw_lattice, draw_planes
from skysieve.report.somview import MappedView, MapView
from skysieve.som.cells import get_cell
from skysieve.som.coherence import map_coherence, measure_spread
from skysieve.som.inspection import count_labels, find_best_matches, find_images, find_worst_matches
from skysieve.som.quality import count_hits, measure_u_matrix
from skysieve.som.summary import MappingSummary, summarize_mapping

EDGE_RATIO, LEAST_NEURONS = 1.5, 16
"""Above this ratio the page advises a larger map, where the map has an inside to speak of."""


def write_map_page(path: Path, view: MapView) -> None:
    """Write the page of a map, whole or not at all, the same bytes for the same map.

    Parameters
    ----------
    view
        Without a mapping the page shows the neurons alone; without images, no examples.
    """
    text = render_map_page(view)
    with write_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="xmlcharrefreplace", newline="\n")


def render_map_page(view: MapView) -> str:
    """Return the page as HTML text; every text of the input is escaped."""
    environment = make_environment()
    mapped = view.mapped
    summary = None if mapped is None else summarize_mapping(mapped.best_two, mapped.distances, view.trained.lattice)
    return environment.get_template("som.html.j2").render(
        view=view,
        css=Markup(read_asset("report.css") + read_asset("som.css")),  # noqa: S704  files of this package
        js=Markup(read_asset("som.js")),  # noqa: S704
        facts=_list_facts(view, summary),
        notes=_list_notes(view, summary),
        explorer=make_explorer(view),
        maps=_draw_maps(view),
        chosen=_draw_chosen(view),
        figures=_draw_figures(view),
        provenance=flatten(
            {"preparation": dict(view.trained.preparation)}
            | {name: value for name, value in view.trained.provenance.items() if name != "history"}
        ),
    )


def make_environment() -> Environment:
    """Return the templates of this package with the filters of maps."""
    environment = Environment(
        loader=PackageLoader("skysieve.report"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.policies["json.dumps_kwargs"] = {"sort_keys": False, "separators": (",", ":")}
    environment.filters.update(svg=mark_svg)
    return environment


def describe_cell(view: MapView, neuron: int) -> str:
    """Return a neuron's cell as text."""
    return f"({', '.join(map(str, get_cell(neuron, view.trained.lattice)))})"


def _list_facts(view: MapView, summary: MappingSummary | None) -> list[tuple[str, str]]:
    """Return the numbers at the head of the page, those that are known."""
    lattice, geometry = view.trained.lattice, view.trained.geometry
    kind = f"{'periodic ' if lattice.periodic else ''}{'hexagonal' if lattice.hexagonal else 'cartesian'}"
    facts = [
        ("neurons", f"{lattice.n_neurons}"),
        ("lattice", f"{'x'.join(map(str, lattice.shape))} {kind}"),
        ("images of", f"{geometry.image_side}x{geometry.image_side} pixels"),
    ]
    if view.trained.provenance:  # a bare file of neurons does not say how they were compared
        facts.append(("rotations", f"{geometry.rotations}{', flips' if geometry.flip else ''}"))
    if summary is None:
        return facts
    facts += [("images", f"{summary.images:,}"), ("quantization error", f"{summary.quantization_error:.4g}")]
    part = summary.coherence
    if part.known:
        percent = f"{100 * part.fraction:.1f} ± {100 * part.error:.1f} %"
        facts.append(("coherence", f"{percent} ({part.count:,} of {part.known:,})"))
    return facts


def _list_notes(view: MapView, summary: MappingSummary | None) -> list[str]:
    """Return what one should know of this map."""
    if summary is None:
        return ["No mapping was given: hits, distances and examples are unknown. Map images with skysieve som map."]
    notes = []
    if summary.unknown:
        notes.append(f"{summary.unknown:,} of {summary.images:,} images could not be compared and belong to no neuron.")
    if summary.empty:
        notes.append(f"{summary.empty} of {view.trained.lattice.n_neurons} neurons are no image's best-matching unit.")
    if summary.edge_ratio > EDGE_RATIO and view.trained.lattice.n_neurons >= LEAST_NEURONS:
        notes.append(
            f"Distances scatter {summary.edge_ratio:.2f} times as much at the edge of the map as inside: complex "
            "images gather there, and a larger or a periodic map may part them."
        )
    return notes


def _draw_maps(view: MapView) -> list[Panel]:
    if view.mapped is None:
        return draw_map(view.trained, stretch=view.stretch)
    hits = count_hits(view.mapped.bmus, view.trained.lattice.n_neurons)
    overlay, caption = [str(count) for count in hits.tolist()], "Numbers: images of each neuron"
    if view.mapped.labels is not None:
        counts = count_labels(view.mapped.labels, view.mapped.bmus, len(hits))
        names, table = list(counts), np.array(list(counts.values())).reshape(len(counts), len(hits))
        known = np.asarray(table.sum(axis=0))
        overlay = [f"{text} {names[table[:, k].argmax()]}" if known[k] else text for k, text in enumerate(overlay)]
        caption += " and their commonest label"
    return draw_map(view.trained, stretch=view.stretch, overlay=overlay, caption=caption + ".")


def _draw_chosen(view: MapView) -> list[Panel]:
    """Draw the neuron that the page opens at, with its nearest and its farthest image."""
    panels = [draw_neuron(view.trained, view.chosen, stretch=view.stretch)]
    mapped = view.mapped
    if mapped is None or mapped.read is None:
        return panels
    among = find_images(mapped.bmus, view.chosen)
    named = {"Nearest": find_best_matches(mapped.distances, count=1, among=among),
             "Farthest": find_worst_matches(mapped.distances, count=1, among=among)}  # fmt: skip
    return [*panels, *(_draw_one(view, mapped, int(rows[0]), which) for which, rows in named.items() if len(rows))]


def _draw_one(view: MapView, mapped: MappedView, row: int, which: str) -> Panel:
    assert mapped.read is not None
    title = f"{which} of its images: {mapped.names[row]}, distance {mapped.distances[row]:.3g}"
    return draw_match(
        view.trained, mapped.read(np.array([row]))[0], neuron=view.chosen, angle=float(mapped.angles[row]),
        flip=bool(mapped.flips[row]), title=title, stretch=view.stretch,
    )  # fmt: skip


def _draw_figures(view: MapView) -> list[Panel]:
    lattice, trained = view.trained.lattice, view.trained
    panels = [] if view.mapped is None else _draw_mapping(view, view.mapped)
    panels.append(
        draw_lattice("U-matrix", "Mean distance of each neuron to those that touch it: high values are borders.",
                     values=measure_u_matrix(trained.neurons, lattice), lattice=lattice, label="mean distance")
    )  # fmt: skip
    return [*panels, *draw_planes(trained.neurons, lattice, bands=trained.bands), draw_history(view.history)]


def _draw_mapping(view: MapView, mapped: MappedView) -> list[Panel]:
    lattice = view.trained.lattice
    spread = measure_spread(mapped.distances, mapped.bmus, lattice.n_neurons)
    pairs = mapped.best_two if mapped.best_two.shape[1] == 2 else np.full((len(mapped.bmus), 2), -1)
    values = (
        ("Hits", "Images of each neuron; those without any are empty.", spread.hits, "images", True),
        ("Median distance", "Median distance of the images of each neuron.", spread.median, "distance", False),
        ("Scatter of distances", "Standard deviation of the distances of the images of each neuron.", spread.scatter,
         "standard deviation", False),
        ("Coherence", "Part of the images of each neuron whose second best neuron touches it.",
         map_coherence(pairs, lattice), "fraction", False),
    )  # fmt: skip
    panels = [
        draw_lattice(title, caption, values=shown, lattice=lattice, label=label, logarithmic=logarithmic)
        for title, caption, shown, label, logarithmic in values
    ]
    chosen = find_images(mapped.bmus, view.chosen)
    panels.append(draw_distances(mapped.distances, chosen=chosen, name=f"neuron {describe_cell(view, view.chosen)}"))
    if mapped.labels is not None:
        panels += draw_labels(count_labels(mapped.labels, mapped.bmus, lattice.n_neurons), lattice)
    return panels
