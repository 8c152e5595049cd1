"""``skysieve quality raters``: how far people agree on exposures, and what is true where they do not."""

import json
from pathlib import Path
from typing import Annotated

import typer


def raters_command(
    labels: Annotated[Path, typer.Argument(help="Table of labels (CSV), as `quality label` writes it.")],
    *,
    out: Annotated[
        Path | None, typer.Option(help="Folder for consensus.parquet, a row an exposure, and raters.json.")
    ] = None,
    setting: Annotated[list[str] | None, typer.Option("--set", help="One setting: key=value. Repeat.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable result on stdout.")] = False,
) -> None:
    """Measure how raters agree and err, and weigh their labels accordingly."""
    from skysieve.config import read_recipe  # noqa: PLC0415 -- takes seconds, which --help need not
    from skysieve.io.exposurelabels import read_labels  # noqa: PLC0415
    from skysieve.quality.labels import CAUSES  # noqa: PLC0415
    from skysieve.quality.rater_agreement import measure_agreement  # noqa: PLC0415
    from skysieve.quality.rater_report import describe_raters, write_consensus  # noqa: PLC0415
    from skysieve.quality.raters import fit_raters  # noqa: PLC0415
    from skysieve.quality.votes import RatersRecipe, count_votes  # noqa: PLC0415

    resolved = read_recipe(RatersRecipe, settings=setting or [])
    votes = count_votes(read_labels(labels), resolved)
    consensus, agreement = fit_raters(votes, resolved), measure_agreement(votes)
    if out is not None:
        write_consensus(out, consensus, agreement)
    if as_json:
        typer.echo(json.dumps(describe_raters(consensus, agreement), indent=1))
        return
    for one in agreement:
        error = "" if one.kappa.error is None else f" +- {one.kappa.error:.3f}"
        agreed = f"agree on {one.agreement.value:.3f}, kappa {one.kappa.value:.3f}{error} (n = {one.kappa.n})"
        typer.echo(f"{', '.join(one.raters)}: {agreed}")
    for row, name in enumerate(consensus.raters):
        right = (
            f"{cause} {consensus.confusion[row, k, k]:.2f} +- {consensus.error[row, k, k]:.2f}"
            for k, cause in enumerate(CAUSES)
        )
        typer.echo(f"{name} is right of: {', '.join(right)}")
