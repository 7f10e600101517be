"""`passerelle models`: what a running gateway serves, as a table."""

from pathlib import Path

import click

from passerelle.cli import model_table, options


@click.command()
@options.url_option
@options.key_option
@options.token_option
@options.state_option
def models(url: str | None, key: str | None, token: str | None, state: Path) -> None:
    """List the models of a running gateway."""
    with options.client(url, key, state, token) as client:
        model_table.show(client.models())
