"""`passerelle render`: what runs the manifest elsewhere, written from it."""

import os
import stat
from pathlib import Path

import click

import passerelle
from passerelle.cli.options import manifest_option
from passerelle.deploy import backends, cloudrun, compose, sources
from passerelle.deploy.render_error import RenderError
from passerelle.manifest import names, reading
from passerelle.manifest.model import Models

COMPOSE = Path("docker-compose.yaml")
KEYS = Path("keys.yaml")
NO_KEYS = """\
# The keys that containers take, as hashes: passerelle keys new --name NAME --keys keys.yaml
keys: []
"""


@click.group(name="render")
def render() -> None:
    """Write what runs the manifest elsewhere: Compose, a Swarm, Cloud Run, Knative."""


@render.command(name="compose")
@manifest_option
@click.option("--check", "only_check", is_flag=True, help="Only say whether it is stale.")
@click.option("-o", "--output", type=click.Path(path_type=Path), default=COMPOSE, show_default=True)
def compose_command(path: Path, only_check: bool, output: Path) -> None:
    """Write docker-compose.yaml, with what it needs beside it: sources for images, a key file."""
    source = sources.location(Path())
    options = compose.Options(in_this_folder(path), source=source.as_posix())
    text = as_compose(path, options)
    if only_check:
        refuse_stale(path, output, text)
        return
    sources.write(Path())
    if not KEYS.exists():
        KEYS.write_text(NO_KEYS, encoding="utf-8")
        KEYS.chmod(0o644)  # whatever the umask: a container's user is another
    output.write_text(text, encoding="utf-8")
    warn_of_private_keys()
    warn_of_header_files(path)


def as_compose(path: Path, options: compose.Options) -> str:
    """A manifest as a file for Compose or a Swarm.

    Raises:
        click.ClickException
    """
    try:
        return compose.render(read(path), options)
    except RenderError as error:
        raise click.ClickException(str(error)) from None


def read(path: Path) -> Models:
    """The models of a manifest. What no container will reach is told."""
    models = reading.read_manifest(path).models
    for sentence in backends.unreachable(models):
        click.echo(sentence, err=True)
    return models


def in_this_folder(path: Path) -> str:
    """A manifest's path relative to the current folder, which images are built in.

    Raises:
        click.ClickException: it lies outside, where no build sees it, or its name is no text.
    """
    relative = Path(os.path.relpath(path))
    if ".." in relative.parts:
        message = f"{path} is outside of this folder, which images are built in; go to its folder."
        raise click.ClickException(message)
    if any(map(names.is_control, relative.as_posix())):
        message = f"{relative.as_posix()!r} can't be written in the file; give it another name."
        raise click.ClickException(message)
    return relative.as_posix()


def warn_of_private_keys() -> None:
    """Say so where the key file can't be read by the user that containers run as."""
    if not KEYS.stat().st_mode & stat.S_IROTH:
        advice = f"run: chmod a+r {KEYS}  (it holds hashes alone)"
        click.echo(
            f"{KEYS} can't be read in a container, whose user is another; {advice}", err=True
        )


def warn_of_header_files(path: Path) -> None:
    """Say which files of headers aren't there, or can't be read by a container's user."""
    for each in backends.header_files(reading.read_manifest(path).models):
        file = path.parent / each.path
        if not file.is_file():
            advice = "make it before docker compose up, which starts no gateway without it"
            click.echo(f"{file} is not there; {advice}", err=True)
        elif not file.stat().st_mode & stat.S_IROTH:
            advice = f"run: chown 10001 {file}, or chmod a+r {file}"
            click.echo(
                f"{file} can't be read in a container, whose user is 10001; {advice}", err=True
            )


def refuse_stale(path: Path, output: Path, text: str) -> None:
    """Return only if the file and the sources beside it are what would be written.

    Raises:
        click.ClickException
    """
    present = output.read_text(encoding="utf-8", errors="replace") if output.exists() else ""
    if present == text and sources.is_current(Path()):
        return
    version, reason = compose.rendered_by(present), "is stale"
    if version not in ("", passerelle.__version__):
        reason = f"was rendered by passerelle {version}, and this is {passerelle.__version__}"
    raise click.ClickException(f"{output} {reason}; run: passerelle render compose -f {path}")


@render.command()
@manifest_option
def swarm(path: Path) -> None:
    """Print the same for a Swarm: passerelle render swarm | docker stack deploy -c - passerelle."""
    options = compose.Options(path.as_posix(), "swarm")
    click.echo(as_compose(path, options).encode(), nl=False)


@render.command(name="cloudrun")
@manifest_option
@click.option("--project", default="", help="The Google Cloud project's id.")
@click.option("--region", default="", help="Such as europe-west1.")
@click.option("--target", default="cloudrun", help="cloudrun (unless given), or knative.")
@click.option("--registry", default="", help="Where Knative pulls the images from.")
@click.option("--namespace", default="default", help="Of Kubernetes, for knative.")
@click.option("--tag", default="latest", help="The images' tag.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="A folder: a file for each service."
)
def cloudrun_command(path: Path, output: Path | None, **given: str) -> None:
    """Print a Service for each model and for the gateway, or write them to a folder."""
    try:
        models = read(path)
        files = cloudrun.files(models, cloudrun.Options(**given))
    except RenderError as error:
        raise click.ClickException(str(error)) from None
    if output is None:
        click.echo("---\n".join(files.values()).encode(), nl=False)
        return
    output.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (output / name).write_text(text, encoding="utf-8")
