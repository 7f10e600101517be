"""`passerelle evaluate`: models measured on a person's own pictures."""

import sys
from pathlib import Path

import click

from passerelle.cli import comparison, options, output, plot, progress
from passerelle.local import dataset, evaluation, preflight


@click.command()
@options.manifest_option
@options.state_option
@click.option(
    "--plot", "png", type=click.Path(dir_okay=False, path_type=Path),
    help="The plot's PNG file; evaluation.png in the state folder unless given.",
)  # fmt: skip
@click.option("--no-plot", is_flag=True, help="Draw nothing; then no extra package is needed.")
@click.argument("images", type=click.Path(path_type=Path))
@options.models_argument
def evaluate(
    path: Path, state: Path, png: Path | None, no_plot: bool, images: Path, ids: tuple[str, ...]
) -> None:
    """Measure models on the pictures in the folder IMAGES: all models, or those named.

    Writes accuracy, agreement with fp32, latency and memory on their cards, and compares them.
    The classes stand in IMAGES/labels.csv, or are the names of sub-folders; both may be left out.
    """
    wanted = evaluation.variants(options.known(path, ids), ids)
    pictures = dataset.read(images)
    preflight.require("bake")
    if not no_plot:
        plot.require()
    baked = progress.baked([each.model for each in wanted], state / "artifacts", output.console)
    results = progress.evaluated(wanted, evaluation.Evaluation(baked, pictures), output.console)
    comparison.show(results, output.console)
    if not no_plot:
        plot.show(results, png or state / "evaluation.png", output.console)
    sys.exit(any(result.error for result in results))
