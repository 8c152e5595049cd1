"""What ``skysieve som annotate`` opens: a map, its annotations, and the images that match."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from skysieve.io.checksums import checksum_file
from skysieve.io.pink import read_pink_som
from skysieve.morphology.annotation_desk import open_desk
from skysieve.morphology.annotation_tab import AnnotationTab
from skysieve.morphology.nearest_images import open_nearest_images
from skysieve.som.cells import find_neuron
from skysieve.som.lattice import Lattice
from skysieve.som.maps import ImageMap, read_image_map
from skysieve.som.transforms import make_geometry


@contextmanager
def open_annotation(
    som: Path, folder: Path, *, key: str | None = None, mapping: Path | None = None, images: Path | None = None
) -> Iterator[Callable[[], AnnotationTab]]:
    """Open everything; give what makes the view of a visitor.

    Raises
    ------
    ValueError
        If files are missing or do not belong together, or there is no such neuron.
    """
    file = som / "som.bin" if som.is_dir() else som
    trained = _read_map(som, file)
    neuron = None if key is None else parse_key(key, trained.lattice)
    if (mapping is None) != (images is None):
        given, wanted = ("--mapping", "--images") if images is None else ("--images", "--mapping")
        raise ValueError(f"{given} alone shows no images; give {wanted} too")
    nearest = None
    if mapping is not None and images is not None:
        nearest = open_nearest_images(mapping, images, n_neurons=len(trained.neurons))
    desk = open_desk(folder, trained.neurons, som_sha256=checksum_file(file))
    try:
        yield lambda: AnnotationTab(desk, trained.lattice, bands=trained.bands, nearest=nearest, neuron=neuron)
    finally:
        desk.close()


def parse_key(key: str, lattice: Lattice) -> int:
    """Return the neuron that is meant by its number or its cell.

    Raises
    ------
    ValueError
        If there is none.

    Examples
    --------
    >>> parse_key("7", Lattice((4, 3))), parse_key("2,1", Lattice((4, 3)))
    (7, 7)
    """
    try:
        numbers = [int(text) for text in key.replace(",", " ").split()]
    except ValueError:
        numbers = []
    if len(numbers) > 1:
        return find_neuron(numbers, lattice)
    if not numbers or not 0 <= numbers[0] < lattice.n_neurons:
        raise ValueError(f"--key {key}: wanted is a neuron, 0 to {lattice.n_neurons - 1}, or its cell as X,Y")
    return numbers[0]


def _read_map(som: Path, file: Path) -> ImageMap:
    """Read a map; of a file without card nothing but the neurons is wanted, so any side will do."""
    if not file.is_file() or file.with_suffix(".json").is_file():
        return read_image_map(som)
    pixels = read_pink_som(file).neurons
    if pixels.ndim < 3:
        raise ValueError(f"{file.name}: its neurons are vectors; regions are drawn on images")
    return read_image_map(som, geometry=make_geometry(pixels.shape[-1], rotations=1))
