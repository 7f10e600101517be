"""`passerelle schema`: by which an editor completes and checks models.yaml."""

import json
from pathlib import Path

import click

from passerelle.manifest import schema as fields

FILE = Path("models.schema.json")


@click.command()
@click.option("--check", "only_check", is_flag=True, help="Only say whether it is stale.")
def schema(only_check: bool) -> None:
    """Write models.schema.json, by which an editor completes and checks models.yaml."""
    if not only_check:
        FILE.write_text(text(), encoding="utf-8")
    elif not FILE.exists() or FILE.read_text(encoding="utf-8") != text():
        raise click.ClickException(f"{FILE} is stale; run: passerelle schema")


def text() -> str:
    """The file's content: a JSON Schema of the manifest."""
    return json.dumps(fields.schema(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
