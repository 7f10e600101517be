"""`passerelle keys`: the API keys that a gateway takes."""

import datetime
from pathlib import Path

import click

from gateway import api_keys
from passerelle.cli import options
from passerelle.local import key_changes, local_state
from passerelle.manifest import names


@click.group()
def keys() -> None:
    """API keys."""


@keys.command()
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
@options.state_option
def new(
    name: str,
    ids: tuple[str, ...],
    expires: datetime.datetime | None,
    file: Path | None,
    state: Path,
) -> None:
    """Make a key and show it, once. A running gateway takes it at once."""
    if mistake := names.mistake(name):
        raise click.BadParameter(f"{name!r} {mistake}", param_hint="--name")
    if expires and expires.date() <= datetime.datetime.now(datetime.UTC).date():
        raise click.BadParameter("this day has passed", param_hint="--expires")
    text, key = api_keys.new(name, ids or ("*",), expires.date() if expires else None)
    file = file or local_state.keys_file(state)
    key_changes.add(file, key)
    click.echo(text)
    click.echo(f"Kept as a hash in {file}. It is not shown again.", err=True)
