"""`passerelle evaluate`: models measured on a person's own pictures."""

import sys
from pathlib import Path

import click

from passerelle.cli import comparison, options, output, plot, progress
from passerelle.local import dataset, evaluation, preflight, variants


@click.command()
@options.manifest_option
@options.state_option
@click.option(
    "--plot", "png", type=click.Path(dir_okay=False, path_type=Path),
    help="The plot's PNG file; evaluation.png in the state folder unless given.",
)  # fmt: skip
@click.option(
    "--no-plot", is_flag=True, help="Draw nothing; of extra packages, boxes alone need any."
)
@click.argument("images", type=click.Path(path_type=Path))
@options.models_argument
def evaluate(
    path: Path, state: Path, png: Path | None, no_plot: bool, images: Path, ids: tuple[str, ...]
) -> None:
    """Measure models on the pictures in the folder IMAGES: all models, or those named.

    Writes each task's metric, agreement with fp32, latency and memory on their cards, and compares
    them. What the pictures show is said by files beside them, for each task in its own way:
    docs/evaluate.md. Without these there is no metric, but all else.
    """
    wanted = variants.find(options.known(path, ids), ids)
    pictures = dataset.Dataset(images)
    preflight.require("bake")
    if not no_plot:
        plot.require()
    elif pictures.has_boxes:
        preflight.require("evaluate", instead="or move the file of boxes elsewhere")
    baked = progress.baked([each.model for each in wanted], state / "artifacts", output.console)
    run = evaluation.Evaluation(baked, pictures)
    results = progress.evaluated(wanted, run, output.console)
    comparison.show(results, run.notes, output.console)
    if not no_plot:
        plot.show(results, png or state / "evaluation.png", output.console)
    sys.exit(any(result.error for result in results))
