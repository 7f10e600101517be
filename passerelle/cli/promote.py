"""`passerelle promote`: give the new variant of a split the next step's weight, or any."""

from pathlib import Path

import click

from passerelle.cli import options, output, promotion_table
from passerelle.client import errors


@click.command()
@click.argument("split", metavar="SPLIT")
@click.option(
    "--to",
    type=click.FloatRange(0, 100),
    help="The new variant's weight in percent; that of the next step unless given.",
)
@click.option("--force", is_flag=True, help="Even if it isn't known to be as the manifest wants.")
@click.option("--back", is_flag=True, help="Send everything to the old variant, at once.")
@options.url_option
@options.key_option
@options.token_option
@options.state_option
def promote(
    split: str,
    to: float | None,
    force: bool,
    back: bool,
    url: str | None,
    key: str | None,
    token: str | None,
    state: Path,
) -> None:
    """Give the new variant of a split another weight, if it is as the manifest wants.

    The figures are printed, also where they aren't good enough. What was forced is judged all the
    same, and goes back by itself if it is wrong.
    """
    if back and (to is not None or force):
        raise click.UsageError("--back needs no --to and no --force: it is always done.")
    try:
        with options.client(url, key, state, token) as client:
            found = client.promote(split, 0 if back else to, force=force)
    except errors.Refused as refused:
        if isinstance(figures := refused.members.get("promotion"), dict):
            promotion_table.show(figures, output.console)
        raise
    promotion_table.show(found, output.console)
