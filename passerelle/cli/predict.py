"""`passerelle predict`: one picture, classified by a running gateway."""

from pathlib import Path

import click
from rich.table import Table

from passerelle.cli import options, output
from passerelle.client import Client


@click.command()
@click.argument("image", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--model", help="The model to ask; the first one unless given.")
@click.option("--top", type=int, help="How many classes; 5 unless given.")
@options.url_option
@options.key_option
@options.state_option
def predict(
    image: Path, model: str | None, top: int | None, url: str | None, key: str | None, state: Path
) -> None:
    """Classify the picture IMAGE."""
    client = options.client(url, key, state)
    model = model or first(client)
    answer = client.predict(model, image, top).document
    output.console.print(f"{model}: {answer['category']}")
    table = Table("score", "class", box=None)
    for each in answer["predictions"]:
        table.add_row(score(each["score"]), each["label"])
    output.console.print(table)


def first(client: Client) -> str:
    """The id of the first model that the key may use."""
    found = client.models()
    if not found:
        raise click.ClickException("This key may use no model. Ask for one that may.")
    return str(found[0]["id"])


def score(value: float) -> str:
    """A score in percent; as it is where a model's scores aren't in 0..1."""
    return f"{value:7.2%}" if 0 <= value <= 1 else f"{value:7.4g}"
