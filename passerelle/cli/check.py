"""`passerelle check`: everything that is wrong with the manifest."""

from pathlib import Path

import click

from passerelle.artifact import weight_sources
from passerelle.cli import options, output
from passerelle.manifest import reading


@click.command()
@options.manifest_option
def check(path: Path) -> None:
    """Say everything that is wrong with the manifest."""
    models = reading.read(path)
    wrong = []
    for model in models:
        for source in (model.weights, model.labels):
            try:
                weight_sources.file_digest(source)
            except weight_sources.WeightsError as error:
                wrong.append(f"{path}, {model.id}: {error}")
    if wrong:
        raise click.ClickException("\n".join(wrong))
    services = len({model.service for model in models})
    output.console.print(f"{path}: {len(models)} models in {services} services, nothing wrong.")
