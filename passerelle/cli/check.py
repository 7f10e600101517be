"""`passerelle check`: everything that is wrong with the manifest."""

from pathlib import Path

import click

from passerelle.cli import options, output
from passerelle.manifest import reading
from services.bake import weights


@click.command()
@options.manifest_option
def check(path: Path) -> None:
    """Say everything that is wrong with the manifest."""
    models = reading.read(path)
    wrong = []
    for model in models:
        for source in (model.weights, model.labels):
            try:
                weights.file_digest(source)
            except weights.WeightsError as error:
                wrong.append(f"{path}, {model.id}: {error}")
    if wrong:
        raise click.ClickException("\n".join(wrong))
    services = len({model.service for model in models})
    output.console.print(f"{path}: {len(models)} models in {services} services, nothing wrong.")
