"""`passerelle check`: everything that is wrong with the manifest.

What lies in packages that only a bake needs is not looked for where those aren't installed.
"""

from collections.abc import Collection, Iterator
from pathlib import Path

import click

from passerelle.artifact import (
    given_labels,
    label_file,
    module_closure,
    onnx_file,
    onnx_source,
    user_modules,
    weight_sources,
)
from passerelle.cli import options, output
from passerelle.local import backend_check, preflight
from passerelle.manifest import reading
from passerelle.manifest.model import ExternalModel, Model, of_kind


@click.command()
@options.manifest_option
def check(path: Path) -> None:
    """Say everything that is wrong with the manifest."""
    found = reading.read_manifest(path).models
    models, external = of_kind(Model, found), of_kind(ExternalModel, found)
    absent = preflight.missing("bake")
    wrong = [
        f"{path}, {model.id}: {problem}" for model in models for problem in problems(model, absent)
    ]
    wrong += [
        f"{path}, {model.id}: {problem}"
        for model in external for problem in backend_check.problems(model)
    ]  # fmt: skip
    if wrong:
        raise click.ClickException("\n".join(wrong))
    services = len({model.service for model in models} | {model.service for model in external})
    output.console.print(f"{path}: {len(found)} models in {services} services, nothing wrong.")
    unchecked = {name for model in models for name in packages(model)} & set(absent)
    if unchecked:
        names = ", ".join(sorted(unchecked))
        click.echo(f"Not checked, as it needs pip install 'passerelle[bake]': {names}", err=True)


def problems(model: Model, absent: Collection[str]) -> Iterator[str]:
    """What a model names that is not there, or would be mixed up with something else.

    Of the packages in `absent` it is known that they aren't there.
    """
    try:
        if weights_package(model.weights) not in absent:
            weight_sources.file_digest(model.weights)
            onnx_source.require(model)
    except (weight_sources.WeightsError, onnx_file.OnnxError) as error:
        yield str(error)
    try:
        given_labels.require(model)
    except label_file.LabelsError as error:
        yield from error.problems
    except weight_sources.WeightsError as error:
        yield str(error)
    try:
        user_modules.refuse_conflicts(model)
        if not set(module_packages(model)) & set(absent):
            user_modules.require(model)
            module_closure.refuse_foreign_imports(model)
    except user_modules.ModuleError as error:
        yield str(error)


def packages(model: Model) -> tuple[str, ...]:
    """The packages that a model's modules and weights may be in, as pip names them."""
    return *module_packages(model), weights_package(model.weights)


def module_packages(model: Model) -> tuple[str, ...]:
    """The packages that the modules that a model names may be in."""
    return tuple(top.replace("_", "-") for top in user_modules.top_levels(model))


def weights_package(source: object) -> str:
    """The package that a source of weights names; empty where it names none."""
    is_package = isinstance(source, str) and weight_sources.kind(source) == "package"
    return str(source).partition(":")[2].partition("/")[0].replace("_", "-") if is_package else ""
