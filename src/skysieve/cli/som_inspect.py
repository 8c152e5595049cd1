"""``skysieve som inspect``: a page of a map to walk over, sheets of example images, and what its mapping says."""

import json
import math
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
import typer

if TYPE_CHECKING:
    from skysieve.records import Catalog
    from skysieve.report.somview import MappedView, MapView
    from skysieve.som.image_data import ImageSource
    from skysieve.som.lattice import Lattice
    from skysieve.som.maps import ImageMap


def inspect_map(
    som: Annotated[Path, typer.Argument(help="Folder of a trained map, or a SOM file of PINK.")],
    *,
    mapping: Annotated[Path | None, typer.Option(help="Folder of a mapping (map.bin, transforms.bin).")] = None,
    images: Annotated[
        Path | None, typer.Option(help="The mapped images: NAME.zarr, .h5, a folder, or a binary of PINK.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for report.html, sheets and tables.")] = Path("inspection"),
    neuron: Annotated[str | None, typer.Option(help="Cell to open at: X,Y (hexagonal: Q,R). Default: fullest.")] = None,
    label: Annotated[str | None, typer.Option(help="Column of the mapping whose values are labels.")] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(help="Cell that may be no image's best-matching unit. Repeat.")
    ] = None,
    catalog: Annotated[
        Path | None, typer.Option(help="Table that gets the columns of the mapping, by id, as catalog.parquet.")
    ] = None,
    periodic: Annotated[
        bool, typer.Option("--periodic", help="The map's edges touch, whatever its file says.")
    ] = False,
    stretch: Annotated[
        Literal["asinh", "sqrt", "linear"], typer.Option(help="How pixels become brightness.")
    ] = "asinh",
    sheet: Annotated[
        bool, typer.Option("--sheet", help="Sheets of 100 images each to count on: of --neuron, else of all.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of the images on sheets.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable result on stdout.")] = False,
) -> None:
    """Look at a trained map, neuron by neuron."""
    from skysieve.report.sompage import write_map_page  # noqa: PLC0415 -- takes seconds, which --help need not
    from skysieve.som.cells import find_neuron  # noqa: PLC0415
    from skysieve.som.image_data import open_images  # noqa: PLC0415

    source = None if images is None else open_images(images, scratch=out)
    trained = _read_map(som, source)
    if periodic:
        trained = replace(trained, lattice=replace(trained.lattice, periodic=True))
    banned = [find_neuron(_parse_cell(cell), trained.lattice) for cell in exclude or []]
    rows = _read_rows(mapping)
    mapped = _open_mapping(mapping, source, trained, rows=rows, banned=banned, label=label)
    chosen = _choose_neuron(neuron, trained.lattice, mapped)
    view = _make_view(som, trained, mapped, chosen=chosen, stretch=stretch)
    out.mkdir(parents=True, exist_ok=True)
    sheets = (
        _write_sheets(view, out, [chosen] if neuron else range(trained.lattice.n_neurons), seed=seed) if sheet else []
    )
    links = {"sheets to count on": f"sheets/{sheets[0].name}"} if sheets else {}
    if catalog is not None:
        links["catalog with the columns of the mapping"] = _join(catalog, rows, out).name
    write_map_page(out / "report.html", replace(view, links=links))
    _tell(view, out, len(sheets), as_json=as_json)


def _read_map(som: Path, source: "ImageSource | None") -> "ImageMap":
    """Read a map; a bare file of PINK's knows no side of images, those that were mapped tell it."""
    from skysieve.io.pink import read_pink_som  # noqa: PLC0415
    from skysieve.som.maps import read_image_map  # noqa: PLC0415
    from skysieve.som.transforms import make_geometry  # noqa: PLC0415

    file = som / "som.bin" if som.is_dir() else som
    if source is None or file.with_suffix(".json").is_file() or not file.is_file():
        return read_image_map(som)
    neuron_side = read_pink_som(file).neurons.shape[-1]
    region_side = min(make_geometry(source.side).region_side, neuron_side)
    return read_image_map(som, geometry=make_geometry(source.side, neuron_side=neuron_side, region_side=region_side))


def _check_images(source: "ImageSource", trained: "ImageMap", mapped: int) -> None:
    found = (source.length, source.channels, source.side)
    wanted = (mapped, trained.neurons.shape[1], trained.geometry.image_side)
    if found != wanted:
        texts = ["{} images of {} channels and {} pixels a side".format(*one) for one in (found, wanted)]
        raise ValueError(f"{source.name}: {texts[0]}; the mapping is of {texts[1]}, give those that were mapped")


def _parse_cell(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise ValueError(f"cell {text!r}: wanted are whole numbers with commas, as 3,4") from None


def _read_rows(mapping: Path | None) -> "Catalog | None":
    """Read the table of a mapping, where it has one; PINK's have none."""
    from skysieve.io.catalogs import read_catalog  # noqa: PLC0415

    table = None if mapping is None else mapping / "mapping.parquet"
    return read_catalog(table) if table is not None and table.is_file() else None


def _open_mapping(
    mapping: Path | None,
    source: "ImageSource | None",
    trained: "ImageMap",
    *,
    rows: "Catalog | None",
    banned: list[int],
    label: str | None,
) -> "MappedView | None":
    from skysieve.report.somview import view_mapping  # noqa: PLC0415
    from skysieve.som.mapped import read_mapping  # noqa: PLC0415

    if mapping is None:
        if source is not None or label is not None:
            raise ValueError("--images and --label say more of a mapping; give --mapping too")
        return None
    stored = read_mapping(mapping, lattice=trained.lattice)
    if source is not None:
        _check_images(source, trained, len(stored))
    allowed = ~np.isin(np.arange(trained.lattice.n_neurons), banned)
    names = None if rows is None or "id" not in rows.names else [str(one) for one in rows["id"].tolist()]
    labels = None if label is None else _get_labels(rows, label)
    return view_mapping(
        stored, allowed=allowed, names=names, labels=labels, read=None if source is None else source.read
    )


def _get_labels(rows: "Catalog | None", label: str) -> np.ndarray:
    if rows is None or label not in rows.names:
        names = "no table" if rows is None else ", ".join(rows.names)
        raise ValueError(f"--label {label}: the mapping has no such column; it has {names}")
    return rows[label]


def _choose_neuron(cell: str | None, lattice: "Lattice", mapped: "MappedView | None") -> int:
    from skysieve.som.cells import find_neuron  # noqa: PLC0415
    from skysieve.som.quality import count_hits  # noqa: PLC0415

    if cell is not None:
        return find_neuron(_parse_cell(cell), lattice)
    return 0 if mapped is None else int(count_hits(mapped.bmus, lattice.n_neurons).argmax())


def _make_view(
    som: Path,
    trained: "ImageMap",
    mapped: "MappedView | None",
    *,
    chosen: int,
    stretch: Literal["asinh", "sqrt", "linear"],
) -> "MapView":
    from skysieve.report.somview import MapView  # noqa: PLC0415

    beside = (som if som.is_dir() else som.parent) / "history.json"
    history = json.loads(beside.read_text(encoding="utf-8")) if beside.is_file() else trained.provenance.get("history")
    return MapView(f"Map {som.resolve().name}", trained, mapped, history or (), chosen, stretch)


def _write_sheets(view: "MapView", out: Path, neurons: "list[int] | range", *, seed: int) -> list[Path]:
    from skysieve.report.somsheet import write_sheet  # noqa: PLC0415

    (out / "sheets").mkdir(exist_ok=True)
    written = [write_sheet(out / "sheets", view, neuron, seed=seed, linked=neurons) for neuron in neurons]
    return [path for path in written if path is not None]


def _join(catalog: Path, rows: "Catalog | None", out: Path) -> Path:
    from skysieve.io.catalogs import read_catalog, write_catalog  # noqa: PLC0415
    from skysieve.som.joining import join_mapping  # noqa: PLC0415

    if rows is None:
        raise ValueError("--catalog: there is no mapping.parquet to join; give --mapping of skysieve som map")
    target = out / "catalog.parquet"
    write_catalog(join_mapping(read_catalog(catalog), rows), target)
    return target


def _tell(view: "MapView", out: Path, sheets: int, *, as_json: bool) -> None:
    result = describe_view(view) | {"report": str(out / "report.html"), "sheets": sheets}
    if as_json:
        typer.echo(json.dumps(result, indent=1))
        return
    if view.mapped is not None:
        part = result["coherence"]
        typer.echo(f"{result['images']} images on {result['neurons']} neurons, {result['unknown']} unknown")
        typer.echo(f"{result['empty']} neurons are no image's best")
        typer.echo(f"quantization error {result['quantization_error']}, coherent {part['count']} of {part['known']}")
    typer.echo(f"report: {out / 'report.html'}")


def describe_view(view: "MapView") -> dict[str, Any]:
    """Return what a map and its mapping say, as plain values; None where unknown."""
    from skysieve.som.cells import get_cell  # noqa: PLC0415
    from skysieve.som.quality import count_hits  # noqa: PLC0415
    from skysieve.som.summary import summarize_mapping  # noqa: PLC0415

    lattice = view.trained.lattice
    plain: dict[str, Any] = {"neurons": lattice.n_neurons, "neuron": list(get_cell(view.chosen, lattice))}
    if view.mapped is None:
        return plain
    found = summarize_mapping(view.mapped.best_two, view.mapped.distances, lattice)
    hits = count_hits(view.mapped.bmus, lattice.n_neurons)
    plainly = {key: value for key, value in asdict(found).items() if key != "coherence"}
    numbers = {key: _round(value) if isinstance(value, float) else value for key, value in plainly.items()}
    coherence = asdict(found.coherence) | {
        "fraction": _round(found.coherence.fraction), "error": _round(found.coherence.error)
    }  # fmt: skip
    return plain | numbers | {"coherence": coherence, "hits": hits.tolist(), "hits_of_neuron": int(hits[view.chosen])}


def _round(value: float) -> float | None:
    """Six digits; JSON has no NaN."""
    return float(f"{value:.6g}") if math.isfinite(value) else None
