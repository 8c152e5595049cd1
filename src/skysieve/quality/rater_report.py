"""What is believed of exposures and of those who labeled them, as files."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from skysieve.io.atomic import write_whole
from skysieve.io.catalogs import write_catalog
from skysieve.io.weights import Metric
from skysieve.quality.labels import CAUSES
from skysieve.quality.rater_agreement import Agreement
from skysieve.quality.raters import Consensus
from skysieve.records import Catalog, Column

CONSENSUS_COLUMNS = (
    Column("exposure", "str", "", "file of the exposure", "meta.id;meta.file"),
    Column("label", "str", "", "the likeliest class", "meta.code"),
    Column("votes", "i4", "", "labels that it rests on", "meta.number"),
    *(Column(f"p_{name}", "f4", "", f"probability of {name} after all labels", "stat.probability") for name in CAUSES),
)


def tabulate_consensus(consensus: Consensus) -> Catalog:
    """Return a table with a row an exposure."""
    likely = np.array(CAUSES, dtype=object)[consensus.posterior.argmax(axis=1)]
    columns = {"exposure": np.array(consensus.exposures, dtype=object), "label": likely, "votes": consensus.votes}
    columns |= {f"p_{name}": consensus.posterior[:, number] for number, name in enumerate(CAUSES)}
    return Catalog(CONSENSUS_COLUMNS, columns)


def describe_raters(consensus: Consensus, agreement: Sequence[Agreement]) -> dict[str, Any]:
    """Return what is known of the raters as plain values, ready for JSON; what is not known is None."""
    return {
        "classes": list(CAUSES),
        "exposures": len(consensus.exposures),
        "raters": {name: _describe_one(consensus, row) for row, name in enumerate(consensus.raters)},
        "prevalence": dict(zip(CAUSES, consensus.prevalence.round(4).tolist(), strict=True)),
        "agreement": [
            {"raters": list(one.raters), "agreement": _plain(one.agreement), "kappa": _plain(one.kappa)}
            for one in agreement
        ],
    }  # fmt: skip


def write_consensus(folder: Path, consensus: Consensus, agreement: Sequence[Agreement]) -> None:
    """Write ``consensus.parquet``, a row an exposure, and ``raters.json`` into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    write_catalog(tabulate_consensus(consensus), folder / "consensus.parquet")
    with write_whole(folder / "raters.json") as temporary:
        temporary.write_text(json.dumps(describe_raters(consensus, agreement), indent=1) + "\n", encoding="utf-8")


def _describe_one(consensus: Consensus, rater: int) -> dict[str, list[list[float]]]:
    confusion, error = consensus.confusion[rater].round(4), consensus.error[rater].round(4)
    return {"confusion": confusion.tolist(), "error": error.tolist()}


def _plain(metric: Metric) -> dict[str, float | int | None]:
    value = metric.value if math.isfinite(metric.value) else None
    return {"value": value, "error": metric.error, "n": metric.n}
