"""What a manifest's backends need of whatever runs it: their images, and the secrets of headers."""

import dataclasses
import ipaddress
import os
import re
import urllib.parse
from collections.abc import Iterable
from pathlib import Path

from passerelle.deploy.render_error import RenderError
from passerelle.manifest.model import AnyModel, ExternalModel, of_kind

FOLDER = "/headers"  # where the gateway's container has the files of headers
VALUE = "value"  # the file of one, in a folder that is named like the manifest's file
OURS = ("passerelle-keys", "passerelle-page")  # secrets that the gateway and the page have anyway


@dataclasses.dataclass(frozen=True)
class HeaderFile:
    """A file with a header's secret."""

    path: str  # relative to the manifest's folder, or absolute
    name: str  # without its folder

    @property
    def folder(self) -> str:
        """Where the gateway's container has it, in a folder of its own."""
        return f"{FOLDER}/{self.name}"

    @property
    def secret(self) -> str:
        """What a secret of it is called."""
        return secret(self.name)


def images(models: Iterable[AnyModel]) -> tuple[ExternalModel, ...]:
    """The models whose backend is an image.

    Raises:
        RenderError: one has a command alone, which no container runs.
    """
    external = of_kind(ExternalModel, models)
    lacking = [each.id for each in external if each.backend.command and not each.backend.image]
    if lacking:
        raise RenderError(
            f"{', '.join(lacking)}: a command is started by passerelle up alone; write image: too, "
            "or url: in its place"
        )
    return tuple(each for each in external if each.backend.image)


def variables(models: Iterable[AnyModel]) -> tuple[str, ...]:
    """The variables that headers name, of the gateway's environment."""
    return tuple(sorted(_sources(models, "env:")))


def header_files(models: Iterable[AnyModel]) -> tuple[HeaderFile, ...]:
    """The files that headers name.

    Raises:
        RenderError: two in different folders have one name.
    """
    found: dict[str, HeaderFile] = {}
    for path, folder in sorted(_sources(models, "file:").items()):
        name, relative = Path(path).name, path
        if folder and not os.path.relpath(path, folder).startswith(".."):
            relative = os.path.relpath(path, folder)
        if name in found:
            raise RenderError(f"{found[name].path} and {relative} have one name; rename one")
        found[name] = HeaderFile(relative, name)
    return tuple(found.values())


def secret(name: str) -> str:
    """What the secret of a variable or a file is called where a platform keeps it."""
    return "passerelle-" + re.sub("[^a-z0-9]+", "-", name.lower()).strip("-")


def require_names(models: Iterable[AnyModel]) -> None:
    """Return only if every variable and file has a secret of its own.

    Raises:
        RenderError
    """
    models = tuple(models)
    taken = dict.fromkeys(OURS, "one of Passerelle's own")
    for name in (*variables(models), *(each.name for each in header_files(models))):
        if secret(name) in taken:
            raise RenderError(
                f"the secret of {name} would be {secret(name)}, which is {taken[secret(name)]}; "
                "rename it"
            )
        taken[secret(name)] = f"that of {name}"


def unreachable(models: Iterable[AnyModel]) -> list[str]:
    """A sentence on each backend whose url is of the machine that asks: a container's own."""
    return [
        f"{each.id}: {each.backend.url} is the gateway's own container there; write an address "
        "that it reaches, such as http://host.docker.internal:5000 with Docker Desktop"
        for each in of_kind(ExternalModel, models)
        if each.backend.url and _is_own(urllib.parse.urlsplit(each.backend.url).hostname or "")
    ]


def _is_own(host: str) -> bool:
    """Whether a host is the machine that asks, whichever that is."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _sources(models: Iterable[AnyModel], kind: str) -> dict[str, str]:
    """What headers name of a kind, each with the manifest's folder."""
    return {
        text.removeprefix(kind): model.backend.folder
        for model in of_kind(ExternalModel, models)
        for text in model.backend.headers.values() if text.startswith(kind)
    }  # fmt: skip
