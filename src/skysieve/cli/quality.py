"""``skysieve quality``: which exposures are usable, and if not, why."""

import typer

from skysieve.cli import (
    quality_assess,
    quality_degrade,
    quality_explain,
    quality_explore,
    quality_find,
    quality_fingerprint,
    quality_inspect,
    quality_label,
    quality_query,
    quality_raters,
    quality_retrain,
    quality_show,
    quality_verbs,
    quality_watch,
)
from skysieve.cli.capability import add_verbs

app = typer.Typer(help="Which exposures are usable, and if not, why.", no_args_is_help=True)
app.command("assess")(quality_assess.assess)
app.command("watch")(quality_watch.watch)
app.command("degrade")(quality_degrade.degrade)
app.command("explain")(quality_explain.explain)
app.command("fingerprint")(quality_fingerprint.make_fingerprints)
app.command("find")(quality_find.find)
app.command("query")(quality_query.query_verdicts)
app.command("label")(quality_label.label_command)
app.command("raters")(quality_raters.raters_command)
app.command("retrain")(quality_retrain.retrain_command)
app.command("show")(quality_show.show_command)
app.command("explore")(quality_explore.explore_command)
app.command("inspect")(quality_inspect.inspect_command)
add_verbs(app, quality_verbs.WORDS)
