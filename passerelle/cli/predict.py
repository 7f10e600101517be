"""`passerelle predict`: pictures, answered by a model of a running gateway."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from passerelle.cli import answers, options, output
from passerelle.client import Client, errors
from passerelle.client.answers import Answer, Problem

AT_ONCE = 8  # pictures of one request: less than a gateway takes, and soon answered
BYTES_AT_ONCE = 10_000_000  # of them together, which is less than a gateway takes as well
OURS = "passerelle"  # the protocol of our own services
TOO_MUCH = (413, 504)  # statuses of a request whose pictures may do one by one


@click.command()
@click.argument(
    "images", nargs=-1, required=True, metavar="IMAGE...",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)  # fmt: skip
@click.option("--model", help="The model to ask; the first one unless given.")
@click.option("--top", type=int, help="How many classes; 5 unless given.")
@click.option("--threshold", type=float, help="The least score of what is shown as found.")
@options.url_option
@options.key_option
@options.token_option
@options.state_option
def predict(
    images: tuple[Path, ...],
    model: str | None,
    url: str | None,
    key: str | None,
    token: str | None,
    state: Path,
    **asked: Any,
) -> None:
    """Show what a model sees in each picture IMAGE: classes, boxes, segments, numbers."""
    client = options.client(url, key, state, token)
    model = model or first(client)
    if len(images) == 1:
        show(model, client.predict(model, images[0], **asked).answer)
        return
    failed = 0
    for group in groups(images):
        for image, answer in zip(group, ask(client, model, group, asked), strict=True):
            failed += isinstance(answer, Problem)
            show(str(image), answer)
    if failed:
        raise click.ClickException(f"{failed} of {len(images)} pictures were not answered.")


def groups(images: Sequence[Path]) -> Iterator[list[Path]]:
    """The pictures in their order, as many together as one request may have."""
    group, size = list[Path](), 0
    for image in images:
        added = image.stat().st_size
        if group and (len(group) == AT_ONCE or size + added > BYTES_AT_ONCE):
            yield group
            group, size = [], 0
        group.append(image)
        size += added
    yield group


def ask(
    client: Client, model: str, images: list[Path], asked: dict[str, Any]
) -> list[Answer | Problem]:
    """What a model sees in each picture, or its problem.

    Pictures that are too much together are sent one by one, and so are those to a service that
    takes no more in a request.

    Raises:
        errors.ClientError: no picture can be answered, such as with an unknown key.
    """
    try:
        found: list[Answer | Problem] = client.predict_many(model, images, **asked).answer.results
    except errors.ClientError as error:
        if isinstance(error, errors.Refused) and error.status in TOO_MUCH:
            if len(images) == 1:
                return [problem(error)]
            return [each for image in images for each in ask(client, model, [image], asked)]
        if not may_be_foreign(error) or takes_several(client, model):
            raise
        return [ask_alone(client, model, image, asked) for image in images]
    return found


def may_be_foreign(error: errors.ClientError) -> bool:
    """Whether a service that takes one picture a request may have answered so to several."""
    if isinstance(error, errors.Refused):
        return error.status == 400 or "backend" in error.members
    return isinstance(error, errors.UnreadableAnswer)


def ask_alone(client: Client, model: str, image: Path, asked: dict[str, Any]) -> Answer | Problem:
    """What a model sees in a picture that is sent as it is, or its problem."""
    try:
        found: Answer = client.predict(model, image, **asked).answer
    except errors.Refused as error:
        return problem(error)
    return found


def takes_several(client: Client, model: str) -> bool:
    """Whether a model is asked about several pictures at once: one that speaks our protocol."""
    return bool(client.model(model).get("protocol", OURS) == OURS)


def problem(error: errors.Refused) -> Problem:
    """What is wrong with one picture of several."""
    return Problem(status=error.status, title=error.title, detail=error.reason)


def show(name: str, answer: Answer | Problem) -> None:
    """An answer under the name of its model, or of its picture."""
    if isinstance(answer, Problem):
        click.echo(f"{name}: {answer.detail}", err=True)
        return
    output.console.print(f"{name}: {answers.headline(answer)}")
    if table := answers.table(answer):
        output.console.print(table)


def first(client: Client) -> str:
    """The id of the first model that the key may use."""
    found = client.models()
    if not found:
        raise click.ClickException("This key may use no model. Ask for one that may.")
    return str(found[0]["id"])
