"""What a capability leaves behind when it is applied."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from skysieve.records.catalog import Catalog


@dataclass(frozen=True)
class Applied:
    """The products of one application: the judged rows, the files that were written, facts about the whole.

    ``facts`` are plain values for a table or for JSON; every capability gives ``model`` (name, version and SHA-256),
    ``rows`` and ``ood`` (how many of them lie outside the training domain).
    """

    catalog: Catalog
    files: tuple[Path, ...] = ()
    facts: Mapping[str, str | int | float] = field(default_factory=dict)
