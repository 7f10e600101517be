"""`passerelle up`: all models, the gateway and the page as processes of this machine."""

import importlib.resources
import shlex
import signal
from pathlib import Path

import click

from passerelle.cli import model_table, options, output, progress
from passerelle.client import Client
from passerelle.local import launch, local_state, preflight, reload, supervisor
from passerelle.local.options import Options
from passerelle.local.reload import Lineup
from passerelle.local.watch import Watch
from passerelle.manifest import reading
from passerelle.manifest.model import ExternalModel, Model, Models, of_kind


def without_brackets(_: click.Context, __: click.Parameter, host: str) -> str:
    """A host as it is listened on: `::1` for `[::1]`, and every interface for none."""
    return host.strip().removeprefix("[").removesuffix("]") or "0.0.0.0"


@click.command()
@options.manifest_option
@options.state_option
@click.option(
    "--host", default="127.0.0.1", show_default=True, callback=without_brackets,
    help="0.0.0.0 lets others in, and :: those who come by IPv6, too.",
)  # fmt: skip
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

    Bakes what is missing first. Follows the manifest and its files meanwhile.
    """
    signal.signal(signal.SIGTERM, interrupt)
    watch = Watch()
    watch.follow([path])
    models = reading.read_manifest(path).models
    watch.follow(reload.watched(path, of_kind(Model, models)))
    if not gateway:
        refuse_without_gateway(path, models)
    shown = page_port if page and gateway else None
    preflight.require(*extras(models, gateway=gateway, page=shown is not None))
    preflight.require_free_port(host, port)
    if shown:
        preflight.require_free_port(host, shown, "PAGE_PORT")
    run = Options(path, state, host, port, gateway, shown)
    try:
        with preflight.lock_state(state):
            serve(run, models, watch)
    except KeyboardInterrupt:
        output.console.print("stopped")


def refuse_without_gateway(path: Path, models: Models) -> None:
    """Return only if the models are one service of our own, which needs no gateway before it.

    Raises:
        click.ClickException
    """
    others = [each.id for each in models if not isinstance(each, Model)]
    if others:
        raise click.ClickException(f"{', '.join(others)}: asked by the gateway; omit --no-gateway.")
    if len({model.service for model in of_kind(Model, models)}) > 1:
        raise click.ClickException(f"--no-gateway takes one service; {path} has more.")


def extras(models: Models, *, gateway: bool, page: bool) -> list[str]:
    """What must be installed for what runs."""
    bakes = bool(of_kind(Model, models))
    if bakes and page:
        return ["local"]
    parts = {"bake": bakes, "gateway": gateway, "frontend": page}
    return [name for name, is_needed in parts.items() if is_needed]


def serve(run: Options, models: Models, watch: Watch) -> None:
    """Bake what is missing, and run what there is."""
    local_state.ensure_demo_key(run.state)
    local_state.save_address(run.state, run.url)
    own, external = of_kind(Model, models), of_kind(ExternalModel, models)
    lineup = Lineup(tuple(progress.baked(own, run.artifacts, output.console)), external)
    watch.follow(reload.watched(run.manifest, own, lineup.results))
    count = sum(result.folder is not None for result in lineup.results) + len(external)
    if not count:
        raise click.ClickException("No model could be baked: there is nothing to serve.")
    output.console.print(f"starting {count} models (logs: {run.logs})")
    report = output.console.print
    launcher = launch.Launcher(run, preflight.make_socket_folder())
    reloader = reload.Reloader(run, watch, lineup, report)
    supervised = supervisor.Supervisor(run, launcher, reloader, report)
    supervised.run(lineup, lambda: announce(run, lineup))


def interrupt(*_: object) -> None:
    """SIGTERM stops a run as Ctrl-C does."""
    raise KeyboardInterrupt


def announce(run: Options, lineup: Lineup) -> None:
    """What a person needs next: the models, a line to paste, and where to read on."""
    baked = [result.model for result in lineup.results if result.folder]
    first = [*baked, *lineup.external][0]
    address = f"{run.url}/model/{first.id}/predict"
    is_raw = isinstance(first, ExternalModel) and first.backend.protocol == "raw"
    header, key = "", local_state.demo_key(run.state)
    if run.gateway:
        model_table.show(Client(run.url, key, use_proxy=False).models())
        header = f"-H 'X-API-Key: {key}' "
    if run.page_url:
        output.console.print(f"\nOpen {run.page_url}")
    how = f", or send what the service of {first.id} takes, as it takes it" if is_raw else ""
    output.console.print(f"\nTry it{how}:")
    output.console.print(
        f"  curl {header}--data-binary {shlex.quote(f'@{picture()}')} {shlex.quote(address)}"
    )
    if run.gateway:
        output.console.print(f"Docs: {run.url}/docs/")
    output.console.print("Ctrl-C stops everything.")


def picture() -> Path:
    """A picture that comes with Passerelle, from here where it lies below."""
    file = Path(str(importlib.resources.files("services.bake") / "pictures" / "chelsea.png"))
    return file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file
