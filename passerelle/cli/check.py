"""`passerelle check`: everything that is wrong with the manifest."""

from collections.abc import Iterator
from pathlib import Path

import click

from passerelle.artifact import user_modules, weight_sources
from passerelle.cli import options, output
from passerelle.manifest import reading
from passerelle.manifest.model import Model


@click.command()
@options.manifest_option
def check(path: Path) -> None:
    """Say everything that is wrong with the manifest."""
    models = reading.read(path)
    wrong = [f"{path}, {model.id}: {problem}" for model in models for problem in problems(model)]
    if wrong:
        raise click.ClickException("\n".join(wrong))
    services = len({model.service for model in models})
    output.console.print(f"{path}: {len(models)} models in {services} services, nothing wrong.")


def problems(model: Model) -> Iterator[str]:
    """What a model names that is not there, or would be mixed up with something else."""
    for source in (model.weights, model.labels):
        try:
            weight_sources.file_digest(source)
        except weight_sources.WeightsError as error:
            yield str(error)
    try:
        user_modules.refuse_conflicts(model)
        user_modules.require(model)
    except user_modules.ModuleError as error:
        yield str(error)
