"""A backend's image as a service of Compose or of a Swarm, and the secrets of its headers.

Nothing is known of a foreign image: it may write to its file system, become another user, or bring
an init of its own, so that it isn't kept from that as our containers are. It can't get more rights
than it starts with, has its limits, and is on the inner network alone.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ruamel.yaml.comments import CommentedMap

from passerelle.deploy import backends
from passerelle.deploy.yaml_text import in_one_line, quoted
from passerelle.manifest.model import AnyModel, ExternalModel

PIDS = 4096  # processes and threads, of which some servers have many
STARTED = {"condition": "service_started", "required": False}  # what the gateway waits for


def service(model: ExternalModel, update: CommentedMap) -> CommentedMap:
    """The service of a backend's image."""
    deployment = model.deployment
    limits = {
        "cpus": quoted(str(deployment.cpu)),
        "memory": deployment.memory.removesuffix("i"),  # Compose's G is a Gi
        "pids": PIDS,
    }
    return CommentedMap(
        image=literal(model.backend.image or ""),
        restart="unless-stopped",
        security_opt=in_one_line([quoted("no-new-privileges:true")]),
        stop_grace_period="10s",
        networks=in_one_line(["models"]),
        environment={"PORT": quoted(str(model.backend.port))},
        deploy={
            "replicas": deployment.replicas,
            "endpoint_mode": "dnsrr",
            "update_config": update,
            "rollback_config": in_one_line({"order": "start-first"}),
            "resources": {"limits": in_one_line(limits)},
        },
    )


def environment(models: Iterable[AnyModel]) -> dict[str, str]:
    """What the gateway's environment has for headers: variables of whoever starts it, and files.

    Raises:
        RenderError
    """
    models = tuple(models)
    found = {name: f"${{{name}:-}}" for name in backends.variables(models)}
    folder = {"PASSERELLE_HEADER_FILES": backends.FOLDER}
    return found | (folder if backends.header_files(models) else {})


def mounts(models: Iterable[AnyModel]) -> list[dict[str, str]]:
    """The secrets that the gateway sees as files, each where its headers are looked for.

    Raises:
        RenderError
    """
    return [
        {"source": each.secret, "target": literal(f"{each.folder}/{backends.VALUE}")}
        for each in backends.header_files(models)
    ]


def secrets(models: Iterable[AnyModel], manifest: str) -> dict[str, Any]:
    """The secrets themselves. A path is relative to where the manifest's own is.

    Raises:
        RenderError
    """
    found = {}
    for each in backends.header_files(models):
        path = Path(manifest).parent / each.path
        text = path.as_posix() if path.is_absolute() else f"./{path.as_posix()}"
        found[each.secret] = {"file": literal(text)}
    return found


def literal(text: str) -> str:
    """A text in which Compose fills in nothing."""
    return text.replace("$", "$$")
