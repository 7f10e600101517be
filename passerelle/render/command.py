"""`passerelle render`: what runs the manifest elsewhere, written from it."""

import sys
from pathlib import Path

import click

from passerelle import manifest
from passerelle.options import manifest_option
from passerelle.render import compose

COMPOSE = Path("docker-compose.yaml")


@click.group(name="render")
def render() -> None:
    """Write what runs the manifest elsewhere: Compose, a Swarm, Cloud Run, Knative."""


@render.command(name="compose")
@manifest_option
@click.option("--check", "only_check", is_flag=True, help="Only say whether it is stale.")
@click.option("-o", "--output", type=click.Path(path_type=Path), default=COMPOSE, show_default=True)
def compose_command(path: Path, only_check: bool, output: Path) -> None:
    """Write docker-compose.yaml."""
    text = compose.render(manifest.read(path), compose.Options(path.as_posix()))
    if not only_check:
        output.write_text(text)
    elif not output.exists() or output.read_text() != text:
        raise click.ClickException(f"{output} is stale; run: passerelle render compose -f {path}")


@render.command()
@manifest_option
def swarm(path: Path) -> None:
    """Print the same for a Swarm: passerelle render swarm | docker stack deploy -c - passerelle."""
    options = compose.Options(path.as_posix(), "swarm")
    sys.stdout.write(compose.render(manifest.read(path), options))
