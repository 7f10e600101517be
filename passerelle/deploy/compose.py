"""models.yaml -> docker-compose.yaml, for Docker Compose and for a Swarm.

Both run the same services. A Swarm starts them in no order, and refuses a file that asks for one:
its text has no `depends_on`, and names the images only.
"""

import dataclasses
import re
import shlex
from collections.abc import Iterable
from typing import Any

from ruamel.yaml.comments import CommentedMap

import passerelle
from passerelle.deploy import backends, compose_backend, compose_observability, compose_volumes
from passerelle.deploy.compose_backend import literal
from passerelle.deploy.yaml_text import anchored, comment, dump, in_one_line, merged, quoted, remark
from passerelle.manifest.model import AnyModel, Model, Pipeline, of_kind

# Of the model services' settings, those that are passed on from where the containers are started.
SERVICE_SETTINGS = ("PASSERELLE_FORMATS", "PASSERELLE_MAX_PICTURES")

HEAD = """\
Rendered from {manifest} by passerelle {version}: passerelle render {target}{option}
Don't edit it: change {manifest}, then run that line again{again}."""
NEEDED = (
    "\nIt takes Docker Compose 2.20 or newer (see docker compose version), and no docker-compose."
)
AGAIN_IN_REPOSITORY = ", or `make render`"
AGAIN_ELSEWHERE = """\
, also in a new checkout:
it makes .passerelle/context, which the images are built from"""


@dataclasses.dataclass(frozen=True)
class Options:
    """What a file is rendered for."""

    manifest: str = "models.yaml"  # relative to the folder that images are built in
    target: str = "compose"  # compose | swarm
    source: str = "."  # where our own sources lie in that folder

    @property
    def swarm(self) -> bool:
        """Whether it is for a Swarm."""
        return self.target == "swarm"


def render(models: Iterable[AnyModel], options: Options) -> str:
    """The text of the file: the gateway, the page, then each service that the manifest names.

    A Swarm has no page: its volumes belong to one machine each.

    Raises:
        RenderError: a backend that no container runs, or two files of one name.
    """
    models = tuple(models)
    backends.require_names(models)
    # A Swarm's command line gives the name; elsewhere it is the folder's, so that two don't mix.
    in_repository = options.source == "."
    document = CommentedMap({"name": "passerelle"} if in_repository and not options.swarm else {})
    document["x-container"] = container = container_defaults()
    comment(document, "x-container", "What every container has: nothing that it doesn't need.", 0)
    document["x-update"] = update = update_defaults()
    text = "How a Swarm exchanges containers: the new one is well before the old one goes."
    comment(document, "x-update", text, 0)
    document["services"] = services(models, container, update, options)
    if volumes := compose_volumes.volumes(models, swarm=options.swarm):
        document["volumes"] = volumes
        comment(document, "volumes", "", 0)
    if not options.swarm:
        document["configs"] = compose_observability.configs(options.source)
        comment(document, "configs", "", 0)
    document["networks"] = networks(options)
    document["secrets"] = secrets()
    document["secrets"].update(compose_backend.secrets(models, options.manifest))
    for part in ("services", "networks", "secrets"):
        comment(document, part, "", 0)
    return dump(document, head(options))


def head(options: Options) -> str:
    """The comment at the top: how the file was made, and how it is made again."""
    text = HEAD.format(
        manifest=options.manifest,
        version=passerelle.__version__,
        target=options.target,
        option="" if options.manifest == "models.yaml" else f" -f {shlex.quote(options.manifest)}",
        again=AGAIN_IN_REPOSITORY if options.source == "." else AGAIN_ELSEWHERE,
    )
    return text + ("" if options.swarm else NEEDED)


def rendered_by(text: str) -> str:
    """The version of Passerelle that rendered a file; empty where the file doesn't say."""
    found = re.match(r"# Rendered from .* by passerelle (\S+):", text)
    return found[1] if found else ""


def container_defaults() -> CommentedMap:
    """What every container has."""
    keys = {
        "restart": "unless-stopped",
        "init": True,
        "read_only": True,
        "tmpfs": in_one_line(["/tmp"]),  # noqa: S108  # in the container
        "cap_drop": in_one_line(["ALL"]),
        "security_opt": in_one_line([quoted("no-new-privileges:true")]),
        "stop_grace_period": "10s",
    }
    return anchored("container", keys)


def update_defaults() -> CommentedMap:
    """How a Swarm exchanges a service's containers."""
    keys = {"order": "start-first", "failure_action": "rollback", "monitor": "10s"}
    return anchored("update", keys)


def services(
    models: tuple[AnyModel, ...],
    container: CommentedMap,
    update: CommentedMap,
    options: Options,
) -> CommentedMap:
    """Every service, with a comment before it."""
    by_service: dict[str, list[Model]] = {}
    for model in of_kind(Model, models):
        by_service.setdefault(model.service, []).append(model)
    found = CommentedMap()
    found["gateway"] = gateway(models, container, update, options)
    but = "" if options.swarm else ", but for what the profile observability adds"
    text = f"The door: the only one that reaches the models{but}."
    comment(found, "gateway", text, 2, blank=False)
    if not options.swarm:
        found["frontend"] = page(container, options)
        text = "The page: a person picks a model and classifies a picture."
        comment(found, "frontend", text, 2)
    for name, mates in by_service.items():
        found[name] = model_service(name, mates, container, update, options)
        comment(found, name, ", ".join(model.title for model in mates), 2)
    for each in backends.images(models):
        found[each.service] = compose_backend.service(each, update)
        comment(found, each.service, each.title, 2)
    if not options.swarm:
        compose_observability.add(found, container)
    return found


def gateway(
    models: tuple[AnyModel, ...], container: CommentedMap, update: CommentedMap, options: Options
) -> CommentedMap:
    """The gateway's service. It waits for the models' containers, but not for one that fails."""
    volumes = compose_volumes.gateway_mounts(models, swarm=options.swarm)
    healthy = {"condition": "service_healthy", "required": False}
    waits_for = {model.service: in_one_line(healthy) for model in of_kind(Model, models)}
    waits_for |= {
        model.service: in_one_line(compose_backend.STARTED) for model in backends.images(models)
    }
    mounts = compose_backend.mounts(models)
    placement = compose_volumes.placement(models)
    stop_first = {"order": "stop-first"}  # the port of one machine can't have two owners at once
    update_config = merged(update, stop_first)
    update_config.fa.set_flow_style()
    keys = {
        "image": image("gateway"),
        **build("gateway/Dockerfile", {"MANIFEST": literal(options.manifest)}, options),
        "ports": [
            {
                "target": 8080,
                "published": quoted("${PORT:-8080}"),
                "mode": "${PORT_MODE:-ingress}",
            }
        ],
        "networks": in_one_line(["door", "models"]),
        "secrets": ["keys", *mounts] if mounts else in_one_line(["keys"]),
        **({"volumes": in_one_line(map(quoted, volumes))} if volumes else {}),
        "environment": gateway_environment(models, options),
        **({"depends_on": waits_for} if not options.swarm and waits_for else {}),
        "deploy": {
            "replicas": 1,
            **({"placement": placement} if placement and options.swarm else {}),
            "update_config": update_config,
            "rollback_config": in_one_line(stop_first),
            "resources": limits("2", "512M", 400),
        },
    }
    return merged(container, keys)


def gateway_environment(models: tuple[AnyModel, ...], options: Options) -> CommentedMap:
    """The gateway's settings."""
    found = CommentedMap({"PASSERELLE_DEMO": "http://localhost:${PORT:-8080}"})
    text = (
        "As long as keys.yaml holds no key, the gateway makes one and prints it with this address."
    )
    comment(found, "PASSERELLE_DEMO", text, 6, blank=False)
    found |= compose_volumes.gateway_files(models, swarm=options.swarm)
    if of_kind(Pipeline, models):
        found |= passed_on("PASSERELLE_MAX_PICTURES")
    found |= {} if options.swarm else passed_on(*compose_observability.TRACES)
    found |= compose_backend.environment(models)
    return found


def passed_on(*names: str) -> dict[str, str]:
    """Settings as they are where the containers are started."""
    return {name: f"${{{name}:-}}" for name in names}


def page(container: CommentedMap, options: Options) -> CommentedMap:
    """The page's service."""
    keys = {
        "image": image("frontend"),
        **build("services/frontend/Dockerfile", {}, options),
        "ports": [{"target": 8000, "published": quoted("${PAGE_PORT:-8000}")}],
        "networks": in_one_line(["door"]),
        "volumes": in_one_line([quoted("page:/page:ro")]),
        "environment": {
            "PASSERELLE_GATEWAY_SHOWN": "http://localhost:${PORT:-8080}",
            **passed_on(*compose_observability.TRACES),
        },
        "depends_on": {"gateway": in_one_line({"condition": "service_healthy"})},
        "deploy": {"replicas": 1, "resources": limits("1", "512M", 200)},
    }
    return merged(container, keys)


def model_service(
    name: str, models: list[Model], container: CommentedMap, update: CommentedMap, options: Options
) -> CommentedMap:
    """The service of the models that share it."""
    deployment = models[0].deployment
    settings = SERVICE_SETTINGS + (() if options.swarm else compose_observability.TRACES)
    arguments = {
        "SERVICE": name,
        "MANIFEST": literal(options.manifest),
        "ENGINES": " ".join(sorted({model.engine for model in models})),
        "PRECISION": " ".join(sorted({model.precision for model in models})),
        "PASSERELLE_TORCH_INDEX": "${PASSERELLE_TORCH_INDEX:-}",
    }
    memory = deployment.memory.removesuffix("i")  # Compose's G is a Gi
    deploy = CommentedMap(
        replicas=deployment.replicas,
        endpoint_mode="dnsrr",
        update_config=update,
        rollback_config=in_one_line({"order": "start-first"}),
        resources=limits(str(deployment.cpu), memory, 400),
    )
    text = "the gateway finds each container by the service's name"
    remark(deploy, "endpoint_mode", text)
    keys = {
        "image": image(name),
        **build("services/model/Dockerfile", arguments, options),
        "networks": in_one_line(["models"]) if options.swarm else compose_observability.networks(),
        "environment": passed_on(*settings),
        "deploy": deploy,
    }
    return merged(container, keys)


def networks(options: Options) -> CommentedMap:
    """The gateway's two networks: one to the outside, one to the models."""
    found = CommentedMap(door=None, models={"internal": True})
    remark(found, "models", "without a way out, and without a way in but by the gateway")
    if not options.swarm:
        found[compose_observability.PROFILE] = None
    return found


def secrets() -> CommentedMap:
    """The key file."""
    found = CommentedMap(keys={"file": "${PASSERELLE_KEYS_FILE:-./keys.yaml}"})
    remark(found, "keys", "written by: passerelle keys new --name NAME --keys keys.yaml")
    return found


def image(name: str) -> str:
    """An image's address."""
    return f"${{REGISTRY:-passerelle}}/{name}:${{TAG:-latest}}"


def build(dockerfile: str, arguments: dict[str, str], options: Options) -> dict[str, Any]:
    """How an image is built; nothing for a Swarm, which builds none."""
    if options.swarm:
        return {}
    if options.source != ".":
        dockerfile = f"{options.source}/{dockerfile}"
        version = passerelle.__version__  # the build refuses sources of another
        arguments = {"SOURCE": options.source, "VERSION": version, **arguments}
    keys: dict[str, Any] = {"context": ".", "dockerfile": dockerfile}
    return {"build": keys | ({"args": arguments} if arguments else {})}


def limits(cpus: str, memory: str, pids: int) -> dict[str, Any]:
    """What a container may use."""
    return {"limits": in_one_line({"cpus": quoted(cpus), "memory": memory, "pids": pids})}
