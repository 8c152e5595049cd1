"""The items of a run, from headers alone: which detectors in which bands, under which names."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from skysieve.io.exposures.companions import choose_frames
from skysieve.io.exposures.fields import Draft, Files, Plane, make_draft
from skysieve.io.exposures.frames import Frame, inspect_file, refuse_frame
from skysieve.io.exposures.naming import make_stem, make_unique, shorten_paths
from skysieve.io.exposures.recipe import InputRecipe
from skysieve.io.exposures.sources import Source, expand_sources
from skysieve.records import DetectorAddress

Names = Sequence[str | Path]


def list_detectors(
    images: Names,
    *,
    bands: Mapping[str, str | Path] = MappingProxyType({}),
    masks: Names = (),
    weights: Names = (),
    recipe: InputRecipe,
) -> list[DetectorAddress]:
    """List the detectors of a run by reading headers only.

    Parameters
    ----------
    images : sequence of str or Path
        Separate fields: files, ``FILE[3]``, ``FILE[SCI,2]``, ``@LIST`` or list files. Every image of a FITS file with
        several is a detector; planes named as masks or weights (DQ, MASK, ERR, IVAR, ...) join their image. A cube of
        at most 16 planes, or a color picture, is one field in several bands.
    bands : mapping of str to str or Path, optional
        Band name to file: one field in several bands, instead of ``images``.
    masks, weights : sequence of str or Path, optional
        One for all images (or bands), or one for each in the same order; they win over planes inside the files.
    recipe : InputRecipe
        ``weight_kind``, ``extensions`` and ``reference_band`` count here.

    Returns
    -------
    list of DetectorAddress
        At least one. What cannot be used is there, too: with no bands, shape (0, 0), a flag and one sentence.

    Raises
    ------
    ValueError
        If the arguments contradict each other: no image, images and bands together, as many masks or weights as fit
        nothing, a reference band that is not among the bands, an image given twice.
    """
    sources = expand_sources([*bands.values()] or images)
    _check_arguments(images, bands, sources, recipe=recipe)
    mask_of, weight_of = (_spread(names, len(sources), what) for names, what in ((masks, "mask"), (weights, "weight")))
    everything = dict.fromkeys(s.path for s in (*sources, *mask_of, *weight_of) if s is not None and not s.problem)
    files = {path: inspect_file(path) for path in everything}
    names = list(bands) or [""] * len(sources)
    planes = [
        [Plane(s, frame, mask, weight, name) for frame in _choose(s, files, recipe)]
        for s, mask, weight, name in zip(sources, mask_of, weight_of, names, strict=True)
    ]
    fields = _join_bands(planes) if bands else [[plane] for found in planes for plane in found]
    return _name_drafts([make_draft(field, files, recipe) for field in fields])


def _check_arguments(
    images: Names, bands: Mapping[str, str | Path], sources: Sequence[Source], *, recipe: InputRecipe
) -> None:
    if images and bands:
        raise ValueError("images and bands are given together; give images for separate fields or bands for one field")
    if not sources:
        raise ValueError("no image is given; name at least one")
    if bands and (len(sources) != len(bands) or not all(name.strip() for name in bands)):
        raise ValueError("a band takes a name and one file; write --band g=FILE")
    if bands and recipe.reference_band is not None and recipe.reference_band not in bands:
        raise ValueError(f"reference band {recipe.reference_band} is not among the bands {', '.join(bands)}")


def _spread(names: Names, count: int, what: str) -> list[Source | None]:
    """Give each image its mask or weight file."""
    given = expand_sources(names)
    if len(given) not in {0, 1, count}:
        raise ValueError(f"{len(given)} {what} files for {count} images; give one for all or one for each")
    return [None] * count if not given else [*(given * count if len(given) == 1 else given)]


def _choose(source: Source, files: Files, recipe: InputRecipe) -> list[Frame]:
    if source.problem:
        return [refuse_frame(source.problem)]
    return choose_frames(files[source.path], source.selection, recipe.extensions)


def _join_bands(planes: Sequence[Sequence[Plane]]) -> list[list[Plane]]:
    """Put the detectors of several files together, first with first; unequal numbers are one field to refuse."""
    if len({len(found) for found in planes}) == 1:
        return [list(field) for field in zip(*planes, strict=True)]
    counts = ", ".join(f"{len(found)} in {found[0].source.path.name}" for found in planes)
    problem = f"the bands differ in their number of detectors ({counts}); select extensions as FILE[3]"
    first = planes[0][0]
    return [[Plane(first.source, refuse_frame(problem), None, None, first.band), *(found[0] for found in planes[1:])]]


def _name_drafts(drafts: Sequence[Draft]) -> list[DetectorAddress]:
    """Give every item its label and stem, and begin its messages with the label."""
    trails = shorten_paths([draft.path for draft in drafts])
    bases = [draft.field or trails[draft.path] for draft in drafts]
    numbers = [None if draft.extension is None else str(draft.extension) for draft in drafts]
    labels = [base if n is None else f"{base}[{n}]" for base, n in zip(bases, numbers, strict=True)]
    twice = [label for label, count in Counter(labels).items() if count > 1]
    if twice:
        raise ValueError(f"{twice[0]} is given twice; name each image once")
    plain = [make_stem(base) if n is None else f"{make_stem(base)}_{n}" for base, n in zip(bases, numbers, strict=True)]
    return [
        DetectorAddress(label, stem, number, d.bands, d.shape, d.flags, tuple(f"{label}: {p}" for p in d.problems))
        for label, stem, number, d in zip(labels, make_unique(plain), numbers, drafts, strict=True)
    ]
