"""`passerelle usage`: how much was asked of which model, by whom."""

import datetime
import json
from pathlib import Path
from typing import Any

import click

from gateway.usage import usage_file
from gateway.usage.question import COLUMNS, Question, first_day
from passerelle.cli import options, output, usage_table
from passerelle.local import local_state

DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.option("--since", type=DAY, help="The first day; the 29th before the last unless given.")
@click.option("--until", type=DAY, help="The last day; today (UTC) unless given.")
@click.option(
    "--by",
    multiple=True,
    type=click.Choice(COLUMNS),
    default=("caller", "model"),
    help="What is summed up, again for each; caller and model unless given.",
)
@click.option("--caller", default="", help="This caller's alone, by name or id.")
@click.option("--model", default="", help="This model's alone.")
@click.option("--json", "form", flag_value="json", help="As GET /usage answers it.")
@click.option("--csv", "form", flag_value="csv", help="For a spreadsheet.")
@options.url_option
@options.key_option
@options.state_option
def usage(
    since: datetime.datetime | None,
    until: datetime.datetime | None,
    by: tuple[str, ...],
    caller: str,
    model: str,
    form: str | None,
    url: str | None,
    key: str | None,
    state: Path,
) -> None:
    """How much was asked of which model: of the local run, or of the gateway that --url names.

    Of a gateway, it is what the key may see. The local run's last five seconds may be missing.
    """
    last = until.date() if until else datetime.datetime.now(datetime.UTC).date()
    first = since.date() if since else first_day(last)
    if first > last:
        raise click.BadParameter("this day is after --until", param_hint="--since")
    columns = tuple(each for each in COLUMNS if each in by)
    if url:
        with options.client(url, key, state) as client:
            found = client.usage(first, last, by=columns, caller=caller, model=model)
    else:
        found = read(state, Question(first, last, columns, caller, model))
    show(found, form)


def read(state: Path, question: Question) -> dict[str, Any]:
    """What the local run's file has, as a gateway would answer it."""
    file = local_state.usage_file(state)
    if not file.exists():
        raise click.ClickException(
            f"{file} is not there: passerelle up counts in it what is asked. "
            "Name its folder with --state, or a gateway elsewhere with --url."
        )
    return {
        "since": str(question.since),
        "until": str(question.until),
        "by": list(question.by),
        "everybody": True,
        "usage": usage_file.read(file, question),
    }


def show(found: dict[str, Any], form: str | None) -> None:
    """Print what was found."""
    if form == "json":
        click.echo(json.dumps(found, indent=2, allow_nan=False))
    elif form == "csv":
        click.echo(usage_table.csv_of(found), nl=False)
    else:
        usage_table.show(found, output.console)
