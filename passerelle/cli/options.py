"""The options that several commands have."""

from pathlib import Path

import click

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
    help="The API key; the local run's demo key unless given.",
)
