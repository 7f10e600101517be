"""The command line. Each command is one function below; what it does is in the modules it calls."""

import datetime
import json
import signal
import sys
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Column, Table

from gateway import api_keys
from passerelle import manifest
from passerelle.cli import comparison, plot, progress
from passerelle.cli import render as rendering
from passerelle.cli.options import key_option, manifest_option, state_option, url_option
from passerelle.client import Client, errors
from passerelle.local import dataset, evaluation, local_state, preflight, supervisor
from passerelle.manifest import schema as manifest_schema
from passerelle.server import file_watcher
from services.bake import weights

SCHEMA = Path("models.schema.json")
PICTURE = Path(weights.__file__).parent / "pictures" / "chelsea.png"

console = Console(highlight=False, markup=False, soft_wrap=True)


class Commands(click.Group):
    """A group whose foreseen errors are sentences, not tracebacks."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except (
            manifest.ManifestError,
            api_keys.KeysError,
            preflight.RefusedError,
            errors.ClientError,
            dataset.PicturesError,
            evaluation.EvaluateError,
        ) as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Any number of PyTorch image models behind one HTTP door.

    `passerelle up` runs everything that models.yaml lists; the other commands look at it, change
    it, or ask it.
    """
    sys.path.insert(0, str(Path.cwd()))  # a module beside the manifest, as `python -m` finds it


@main.command()
@manifest_option
@state_option
@click.option("--host", default="127.0.0.1", show_default=True, help="0.0.0.0 lets others in.")
@click.option(
    "--port", type=click.IntRange(1, 65535), default=8080, show_default=True, envvar="PORT"
)
@click.option(
    "--gateway/--no-gateway", default=True, help="Without one: a single service, no keys."
)
@click.option(
    "--page-port", type=click.IntRange(1, 65535), default=8000, show_default=True,
    envvar="PAGE_PORT", help="Where a person opens the page.",
)  # fmt: skip
@click.option("--page/--no-page", default=True, help="Without the page: requests only.")
def up(
    path: Path, state: Path, host: str, port: int, gateway: bool, page_port: int, page: bool
) -> None:
    """Run all models, the gateway and the page here, without Docker, until Ctrl-C.

    Bakes what is missing first. Follows the manifest while it runs.
    """
    signal.signal(signal.SIGTERM, interrupt)
    stamp = file_watcher.stamp(path)
    models = manifest.read(path)
    if not gateway and len({model.service for model in models}) > 1:
        raise click.ClickException(f"--no-gateway takes one service; {path} has more.")
    preflight.refuse_taken_port(host, port)
    shown = page_port if page and gateway else None
    if shown:
        preflight.refuse_taken_port(host, shown, "PAGE_PORT")
    options = supervisor.Options(path, state, host, port, gateway, shown)
    try:
        with preflight.alone(state):
            local_state.ensure(state)
            local_state.note_address(state, options.url)
            results = progress.baked(models, state / "artifacts", console)
            count = sum(result.folder is not None for result in results)
            if not count:
                raise click.ClickException("No model could be baked: there is nothing to serve.")
            console.print(f"starting {count} models (logs: {state / 'logs'})")
            run = supervisor.Run(options, stamp, console.print)
            run.up(results, lambda: announce(options, results))
    except KeyboardInterrupt:
        console.print("stopped")


def interrupt(*_: object) -> None:
    """SIGTERM stops a run as Ctrl-C does."""
    raise KeyboardInterrupt


def announce(options: supervisor.Options, results: supervisor.Results) -> None:
    """What a person needs next: the models, a line to paste, and where to read on."""
    first = next(result.model.id for result in results if result.folder)
    address = f"{options.url}/model/{first}/predict"
    picture = PICTURE.relative_to(Path.cwd()) if PICTURE.is_relative_to(Path.cwd()) else PICTURE
    header, key = "", local_state.saved(options.state)
    if options.gateway:
        show_models(Client(options.url, key).models())
        header = f"-H 'X-API-Key: {key}' "
    if options.page_url:
        console.print(f"\nOpen {options.page_url}")
    console.print("\nTry it:")
    console.print(f"  curl {header}--data-binary @{picture} {address}")
    if options.gateway:
        console.print(f"Docs: {options.url}/docs/")
    console.print("Ctrl-C stops everything.")


@main.command()
@manifest_option
@state_option
@click.argument("ids", metavar="[MODEL]...", nargs=-1)
def bake(path: Path, state: Path, ids: tuple[str, ...]) -> None:
    """Turn models into artifacts that can be served: all of them, or those named."""
    wanted = [model for model in known(path, ids) if not ids or model.id in ids]
    results = progress.baked(wanted, state / "artifacts", console)
    for result in results:
        if result.folder:
            console.print(f"{result.model.id}: {result.folder}")
    sys.exit(any(result.error for result in results))


def known(path: Path, ids: tuple[str, ...]) -> manifest.Models:
    """The manifest's models, once it is sure that those of these ids are among them."""
    models = manifest.read(path)
    if unknown := set(ids) - {model.id for model in models}:
        raise click.ClickException(f"{path} has no {', '.join(sorted(unknown))}.")
    return models


@main.command(name="evaluate")
@manifest_option
@state_option
@click.option(
    "--plot", "png", type=click.Path(dir_okay=False, path_type=Path),
    help="The plot's PNG file; evaluation.png in the state folder unless given.",
)  # fmt: skip
@click.option("--no-plot", is_flag=True, help="Draw nothing; then no extra package is needed.")
@click.argument("images", type=click.Path(path_type=Path))
@click.argument("ids", metavar="[MODEL]...", nargs=-1)
def evaluate_command(
    path: Path, state: Path, png: Path | None, no_plot: bool, images: Path, ids: tuple[str, ...]
) -> None:
    """Measure models on the pictures in the folder IMAGES: all models, or those named.

    Writes accuracy, agreement with fp32, latency and memory on their cards, and compares them.
    The classes stand in IMAGES/labels.csv, or are the names of sub-folders; both may be left out.
    """
    wanted = evaluation.variants(known(path, ids), ids)
    pictures = dataset.read(images)
    if not no_plot:
        plot.require()
    baked = progress.baked([each.model for each in wanted], state / "artifacts", console)
    results = progress.evaluated(wanted, evaluation.Evaluation(baked, pictures), console)
    comparison.show(results, console)
    if not no_plot:
        plot.show(results, png or state / "evaluation.png", console)
    sys.exit(any(result.error for result in results))


@main.command()
@manifest_option
def check(path: Path) -> None:
    """Say everything that is wrong with the manifest."""
    models = manifest.read(path)
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
    console.print(f"{path}: {len(models)} models in {services} services, nothing wrong.")


@main.command()
@click.option("--check", "only_check", is_flag=True, help="Only say whether it is stale.")
def schema(only_check: bool) -> None:
    """Write models.schema.json, by which an editor completes and checks models.yaml."""
    text = json.dumps(manifest_schema.schema(), indent=2, ensure_ascii=False) + "\n"
    if only_check:
        if not SCHEMA.exists() or SCHEMA.read_text() != text:
            raise click.ClickException(f"{SCHEMA} is stale; run: passerelle schema")
    else:
        SCHEMA.write_text(text)


@main.command()
@url_option
@key_option
@state_option
def models(url: str | None, key: str | None, state: Path) -> None:
    """List the models of a running gateway."""
    show_models(client_of(url, key, state).models())


def client_of(url: str | None, key: str | None, state: Path) -> Client:
    """A client of the gateway that the options name: the local run's unless they do."""
    return Client(url or local_state.address(state), key or local_state.saved(state))


def show_models(found: list[dict[str, Any]]) -> None:
    """The models as a table."""
    widest = max((len(each["id"]) for each in found), default=0)
    name = Column("model", min_width=widest)
    table = Table(name, "status", "engine", "ms", "MB", "what it is", box=None)
    for each in found:
        card = each["card"] or {}
        measured = card.get("measured", {})
        about = each["note"] or each["reason"] or each["title"]
        engine = f"{card.get('engine', '')} {card.get('precision', '')}"
        cells = (measured.get("latency_ms", ""), measured.get("size_mb", ""))
        table.add_row(each["id"], each["status"], engine, *map(str, cells), about)
    console.print(table)


@main.command()
@click.argument("image", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--model", help="The model to ask; the first one unless given.")
@click.option("--top", type=int, help="How many classes; 5 unless given.")
@url_option
@key_option
@state_option
def predict(
    image: Path, model: str | None, top: int | None, url: str | None, key: str | None, state: Path
) -> None:
    """Classify the picture IMAGE."""
    client = client_of(url, key, state)
    model = model or first(client)
    answer = client.predict(model, image, top).document
    console.print(f"{model}: {answer['category']}")
    table = Table("score", "class", box=None)
    for each in answer["predictions"]:
        table.add_row(f"{each['score']:7.2%}", each["label"])
    console.print(table)


def first(client: Client) -> str:
    """The id of the first model that the key may use."""
    found = client.models()
    if not found:
        raise click.ClickException("This key may use no model. Ask for one that may.")
    return str(found[0]["id"])


main.add_command(rendering.render)


@main.group(name="keys")
def keys_group() -> None:
    """API keys."""


@keys_group.command()
@click.option("--name", required=True, help="Whose it is; the logs show it.")
@click.option(
    "--model", "ids", multiple=True, help="A model it may use, again for each; all unless given."
)
@click.option(
    "--expires", type=click.DateTime(["%Y-%m-%d"]), help="The first day it no longer works."
)
@click.option(
    "--keys", "file", type=click.Path(path_type=Path), help="The local run's file unless given."
)
@state_option
def new(
    name: str,
    ids: tuple[str, ...],
    expires: datetime.datetime | None,
    file: Path | None,
    state: Path,
) -> None:
    """Make a key and show it, once. A running gateway takes it at once."""
    if not name.strip():
        raise click.BadParameter("write a name", param_hint="--name")
    if expires and expires.date() <= datetime.datetime.now(datetime.UTC).date():
        raise click.BadParameter("this day has passed", param_hint="--expires")
    text, key = api_keys.new(name, ids or ("*",), expires.date() if expires else None)
    file = file or local_state.keys_file(state)
    api_keys.add(file, key)
    click.echo(text)
    click.echo(f"Kept as a hash in {file}. It is not shown again.", err=True)
