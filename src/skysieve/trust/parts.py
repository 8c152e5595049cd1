"""What the stages left of each image, gathered from the outcomes of their items."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from skysieve.chain import RunPlan
from skysieve.execution import Outcome
from skysieve.extraction.recipe import Method
from skysieve.records import DetectorAddress, PsfModel
from skysieve.trust.conditions import parse_conditions
from skysieve.trust.counts import Counts, add_counts, parse_counts
from skysieve.trust.population import count_rounds
from skysieve.trust.recipe import TrustRecipe
from skysieve.trust.stage import BlockWork, OriginalWork

BLOCKS = 12
"""Pieces into which the rounds of an image are cut, that several workers share one image."""


@dataclass(frozen=True)
class ImagePart:
    """One image of a trust run.

    Parameters
    ----------
    index : int
        Position in the run.
    address : DetectorAddress
        Where its pixels are.
    folder : Path
        Where its parts lie.
    facts : mapping
        What the chain's own method found of the image; empty where it cannot be used.
    counts : mapping
        Method -> detections counted so far, for the methods that gave a catalog.
    messages : tuple of str
        What is wrong, in sentences.
    rounds : int
        Rounds of injections.
    blocks : tuple of int
        First rounds of the blocks that were measured.
    """

    index: int
    address: DetectorAddress
    folder: Path
    facts: Mapping[str, Any] = field(default_factory=dict)
    counts: Mapping[Method, Counts] = field(default_factory=dict)
    messages: tuple[str, ...] = ()
    rounds: int = 0
    blocks: tuple[int, ...] = ()


def list_originals(plan: RunPlan, recipe: TrustRecipe, *, folder: Path, psf: PsfModel | None) -> list[OriginalWork]:
    """List the items of the first stage: every image by every method."""
    named = enumerate(zip(plan.keys, plan.detectors, strict=True))
    return [
        OriginalWork(index, folder / key, address, method, psf)
        for index, (key, address) in named
        for method in recipe.methods
    ]


def gather_originals(
    items: Sequence[OriginalWork], outcomes: Sequence[Outcome], recipe: TrustRecipe
) -> list[ImagePart]:
    """Gather the first stage, image by image; where the chain's own method gave nothing there are no rounds."""
    parts: dict[int, ImagePart] = {}
    for item, outcome in zip(items, outcomes, strict=True):
        part = parts.get(item.index, ImagePart(item.index, item.address, item.folder))
        facts: dict[str, Any] = (
            {"messages": [f"{item.address.label}: {item.method} failed ({outcome.error})"]}
            if outcome.product is None
            else dict(outcome.product.facts)
        )
        messages = tuple(dict.fromkeys((*part.messages, *facts.pop("messages"))))
        part = replace(part, messages=messages)
        if "counts" in facts:
            counts = parse_counts(facts.pop("counts"))
            part = replace(part, counts={**part.counts, item.method: counts})
        if "conditions" in facts:
            conditions = parse_conditions(facts["conditions"])
            rounds = count_rounds((facts["rows"], facts["columns"]), conditions, recipe.injection)
            part = replace(part, facts=facts, rounds=rounds)
        parts[item.index] = part
    return [parts[index] for index in sorted(parts)]


def list_blocks(parts: Sequence[ImagePart], psf: PsfModel | None) -> list[BlockWork]:
    """List the items of the second stage: the rounds of every usable image, cut into blocks."""
    return [
        BlockWork(part.index, part.folder, part.address, tuple(part.counts), psf, part.facts["conditions"], first,
                  min(first + _measure_block_length(part), part.rounds))
        for part in parts
        for first in range(0, part.rounds, _measure_block_length(part))
    ]  # fmt: skip


def gather_blocks(
    parts: Sequence[ImagePart], items: Sequence[BlockWork], outcomes: Sequence[Outcome]
) -> list[ImagePart]:
    """Add to each image what its rounds brought; a block that failed is a message."""
    gathered = {part.index: part for part in parts}
    for item, outcome in zip(items, outcomes, strict=True):
        part = gathered[item.index]
        if outcome.product is None:
            gathered[item.index] = replace(
                part, messages=(*part.messages, f"{item.address.label}: {item.rounds} failed ({outcome.error})")
            )
            continue
        brought = outcome.product.facts["counts"]
        counts = {method: add_counts([old, parse_counts(brought[method])]) for method, old in part.counts.items()}
        gathered[item.index] = replace(part, counts=counts, blocks=(*part.blocks, item.first))
    return list(gathered.values())


def _measure_block_length(part: ImagePart) -> int:
    """Return the rounds in a block of an image."""
    return max(1, -(-part.rounds // BLOCKS))
