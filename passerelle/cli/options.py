"""The options that several commands have, and what they stand for."""

from pathlib import Path

import click

from passerelle.client import Client
from passerelle.local import local_state
from passerelle.manifest import reading
from passerelle.manifest.model import Model, of_kind

manifest_option = click.option(
    "-f",
    "--file",
    "path",
    type=click.Path(path_type=Path),
    default=Path("models.yaml"),
    show_default=True,
    help="The manifest.",
)
state_option = click.option(
    "--state",
    type=click.Path(path_type=Path),
    default=Path(".passerelle"),
    show_default=True,
    help="The folder of artifacts, keys and logs.",
)
url_option = click.option(
    "--url", envvar="PASSERELLE_URL", help="The gateway; the local run's unless given."
)
key_option = click.option(
    "--key",
    envvar="PASSERELLE_KEY",
    help="The API key; the demo key for the local run, and none for another, unless given.",
)
token_option = click.option(
    "--token",
    envvar="PASSERELLE_TOKEN",
    help="A token of an identity provider, in place of a key.",
)
models_argument = click.argument("ids", metavar="[MODEL]...", nargs=-1)


def known(path: Path, ids: tuple[str, ...]) -> tuple[Model, ...]:
    """The manifest's models of ours, once it is sure that those of these ids are among them."""
    found = reading.read_manifest(path).models
    models = of_kind(Model, found)
    if unknown := set(ids) - {model.id for model in found}:
        raise click.ClickException(f"{path} has no {', '.join(sorted(unknown))}.")
    foreign = sorted(set(ids) - {model.id for model in models})
    if foreign or not models:
        names = ", ".join(foreign) or f"what {path} has"
        raise click.ClickException(f"Only models of ours are baked, and {names} isn't one.")
    return models


def client(url: str | None, key: str | None, state: Path, token: str | None = None) -> Client:
    """A client of the gateway that the options name: the local run's unless they do.

    The demo key is the local run's alone. Another gateway is asked without a key unless one is
    given: some of its models may need none.
    """
    local = local_state.address(state)
    address = url.strip() if url else local
    is_local = address.rstrip("/") == local.rstrip("/")
    demo = local_state.demo_key(state) if is_local else ""
    token = (token or "").strip()
    key = "" if token else (key or "").strip() or demo
    # A person sees why something failed, and decides.
    return Client(address, key, token=token, retries=0, use_proxy=bool(url))
