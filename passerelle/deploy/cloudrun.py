"""models.yaml -> a Knative Service for each model's service, for the gateway and for the page.

Cloud Run reads them with Google's annotations; any Kubernetes with Knative reads them without.
"""

import dataclasses
import math
import re
from collections.abc import Iterator
from typing import Any

import yaml

from passerelle.manifest.model import Deployment, Model, Models

PROJECT = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]")
REGION = re.compile(r"[a-z]+-[a-z]+[0-9]+")
TARGETS = ("cloudrun", "knative")
AT_ONCE = 4  # requests for each processor of a model before another instance starts
GATEWAY_AT_ONCE = 80  # of its 128 threads, so that health checks find one
PAGE_AT_ONCE = 40  # of its 64
PAGE_SECONDS = 130  # the page waits for the gateway a little less
LONGEST = 3600  # seconds that Cloud Run lets a request take
NAME = re.compile(r"[a-z][a-z0-9-]{0,48}")  # of a service on Cloud Run
MEMORY = {  # of an instance on Cloud Run, in MiB: the least and the most for so many processors
    1: (512, 4096),
    2: (512, 8192),
    4: (2048, 16384),
    6: (4096, 24576),
    8: (4096, 32768),
}
HEAD = """\
# Rendered from models.yaml by: passerelle render cloudrun{option}
# Don't edit it: change models.yaml, then run that line again.
#
# {about}
"""


class RenderError(Exception):
    """What can't be rendered; the text says what to write instead."""


@dataclasses.dataclass(frozen=True)
class Options:
    """Where the services run.

    Raises:
        RenderError
    """

    project: str = ""
    region: str = ""
    target: str = "cloudrun"  # cloudrun | knative
    repository: str = "passerelle"  # of Artifact Registry
    registry: str = ""  # of the images, for knative
    namespace: str = "default"  # for knative
    tag: str = "latest"

    def __post_init__(self) -> None:
        if self.target not in TARGETS:
            raise RenderError(f"The target {self.target!r} is unknown; write cloudrun or knative.")
        if self.knative and not self.registry:
            raise RenderError("Knative pulls images; write where from: --registry HOST/PATH.")
        if not self.knative and not PROJECT.fullmatch(self.project):
            raise RenderError(f"{self.project!r} is no project's id; see: gcloud projects list")
        if not self.knative and not REGION.fullmatch(self.region):
            raise RenderError(f"{self.region!r} is no region; see: gcloud run regions list")

    @property
    def knative(self) -> bool:
        """Whether it is for any Kubernetes with Knative."""
        return self.target == "knative"

    def image(self, name: str) -> str:
        """The address of an image."""
        google = f"{self.region}-docker.pkg.dev/{self.project}/{self.repository}"
        return f"{self.registry if self.knative else google}/{name}:{self.tag}"


def render(models: Models, options: Options) -> str:
    """All documents, one after the other: the models' services, the gateway's, the page's.

    Raises:
        RenderError
    """
    return "---\n".join(files(models, options).values())


def files(models: Models, options: Options) -> dict[str, str]:
    """Each service's document by its file's name.

    Raises:
        RenderError: all that the platform would refuse.
    """
    services: dict[str, list[Model]] = {}
    for model in models:
        services.setdefault(model.service, []).append(model)
    wrong = [
        sentence
        for name, mates in ({} if options.knative else services).items()
        for sentence in refusals(name, mates[0].deployment)
    ]
    if wrong:
        raise RenderError("\n".join(wrong))
    texts = {
        f"{name}.yaml": text(model_service(name, mates, options), about(mates, options), options)
        for name, mates in services.items()
    }
    door = "The door: everyone reaches it, and it asks for keys itself."
    page = "The page: it asks for no key, so the platform says who may open it."
    return texts | {
        "gateway.yaml": text(gateway(models, options), door, options),
        "frontend.yaml": text(frontend(options), page, options),
    }


def refusals(name: str, deployment: Deployment) -> Iterator[str]:
    """What Cloud Run would refuse of a service, each with what to write instead."""
    if not NAME.fullmatch(name):
        yield (
            f"{name}: Cloud Run's names begin with a letter and have at most 49 characters; "
            "give it another service: in models.yaml."
        )
    if deployment.cpu not in MEMORY:
        yield (
            f"{name}: Cloud Run has no instances with {deployment.cpu} processors; "
            "write cpu: 1, 2, 4, 6 or 8."
        )
        return
    least, most = MEMORY[deployment.cpu]
    number, unit = int(deployment.memory[:-2]), deployment.memory[-2:]
    if not least <= number * (1024 if unit == "Gi" else 1) <= most:
        yield (
            f"{name}: on Cloud Run, cpu: {deployment.cpu} goes with memory of "
            f"{least}Mi to {most}Mi, not {deployment.memory}; change one of them."
        )


def about(models: list[Model], options: Options) -> str:
    """What the head of a model's document says it is."""
    titles = ", ".join(" ".join(model.title.split()) for model in models)
    who = "Local to the cluster" if options.knative else "Private: the gateway alone may call it"
    return f"{titles}. {who}."


def text(document: dict[str, Any], about: str, options: Options) -> str:
    """A document as a file, with what it is at its head."""
    option = " --target knative" if options.knative else ""
    head = HEAD.format(option=option, about=about)
    return head + yaml.safe_dump(document, sort_keys=False, width=100)


def model_service(name: str, models: list[Model], options: Options) -> dict[str, Any]:
    """A model's service, which only the gateway may call."""
    deployment = models[0].deployment
    log = [{"name": "GOOGLE_CLOUD_PROJECT", "value": options.project}]  # its lines name their trace
    container: dict[str, Any] = {
        "name": "server",
        "image": options.image(name),
        "ports": [{"name": "http1", "containerPort": 8080}],
        **({} if options.knative else {"env": log}),
        "resources": {"limits": {"cpu": str(deployment.cpu), "memory": deployment.memory}},
        # It says that it is ready once its models are loaded; 60 s are far more than they take.
        "startupProbe": probe("/health/ready", period=1, failures=60),
        "livenessProbe": probe("/health/live", period=10, failures=3),
    }
    scale = {
        "autoscaling.knative.dev/minScale": str(deployment.least),
        "autoscaling.knative.dev/maxScale": str(deployment.most),
    }
    timeout = math.ceil(max(model.timeout for model in models))
    labels = {"networking.knative.dev/visibility": "cluster-local"} if options.knative else {}
    return service(
        name, container, options, labels=labels, scale=scale, timeout=max(timeout, 1),
        at_once=AT_ONCE * deployment.cpu,
    )  # fmt: skip


def gateway(models: Models, options: Options) -> dict[str, Any]:
    """The gateway's service, which everyone reaches: it asks for keys itself."""
    google = {
        "PASSERELLE_UPSTREAM": f"https://{{service}}-{{project_number}}.{options.region}.run.app",
        "PASSERELLE_UPSTREAM_AUTH": "google",
        "GOOGLE_CLOUD_PROJECT": options.project,
    }
    inside = {"PASSERELLE_UPSTREAM": f"http://{{service}}.{options.namespace}.svc.cluster.local"}
    variables = (inside if options.knative else google) | {"PASSERELLE_KEYS": "/keys/keys.yaml"}
    container = {
        "name": "server",
        "image": options.image("gateway"),
        "ports": [{"name": "http1", "containerPort": 8080}],
        "env": [{"name": name, "value": value} for name, value in variables.items()],
        "resources": {"limits": {"cpu": "2", "memory": "512Mi"}},
        "startupProbe": probe("/health/live", period=1, failures=30),
        "livenessProbe": probe("/health/live", period=10, failures=3),
        "volumeMounts": [{"name": "keys", "mountPath": "/keys"} | only_read(options)],
    }
    # On Cloud Run the item's key is the secret's version.
    item = {"key": "keys.yaml" if options.knative else "latest", "path": "keys.yaml"}
    volumes = [{"name": "keys", "secret": {"secretName": "passerelle-keys", "items": [item]}}]
    scale = {"autoscaling.knative.dev/minScale": "1", "autoscaling.knative.dev/maxScale": "4"}
    if not options.knative:
        # It follows the services between requests too, so it needs its processors then.
        scale["run.googleapis.com/cpu-throttling"] = "false"
    timeout = min(math.ceil(max(model.timeout for model in models)) + 5, LONGEST)
    return service(
        "gateway", container, options, scale=scale, timeout=timeout, at_once=GATEWAY_AT_ONCE,
        volumes=volumes, account="gateway",
    )  # fmt: skip


def frontend(options: Options) -> dict[str, Any]:
    """The page's service, with a key of its own."""
    google = {
        "PASSERELLE_GATEWAY": f"https://gateway-{{project_number}}.{options.region}.run.app",
        "PASSERELLE_HTTPS": "1",
        "GOOGLE_CLOUD_PROJECT": options.project,
    }
    inside = {"PASSERELLE_GATEWAY": f"http://gateway.{options.namespace}.svc.cluster.local"}
    variables = (inside if options.knative else google) | {"PASSERELLE_KEY_FILE": "/key/key"}
    container = {
        "name": "server",
        "image": options.image("frontend"),
        "ports": [{"name": "http1", "containerPort": 8080}],
        "env": [{"name": name, "value": value} for name, value in variables.items()],
        "resources": {"limits": {"cpu": "1", "memory": "512Mi"}},
        "startupProbe": probe("/health/live", period=1, failures=30),
        "livenessProbe": probe("/health/live", period=10, failures=3),
        "volumeMounts": [{"name": "key", "mountPath": "/key"} | only_read(options)],
    }
    item = {"key": "key" if options.knative else "latest", "path": "key"}
    volumes = [{"name": "key", "secret": {"secretName": "passerelle-page", "items": [item]}}]
    scale = {"autoscaling.knative.dev/minScale": "0", "autoscaling.knative.dev/maxScale": "4"}
    return service(
        "frontend", container, options, scale=scale, timeout=PAGE_SECONDS, at_once=PAGE_AT_ONCE,
        volumes=volumes, account="frontend",
    )  # fmt: skip


def only_read(options: Options) -> dict[str, bool]:
    """What Knative says of a secret's mount; Cloud Run has no such field."""
    return {"readOnly": True} if options.knative else {}


def service(  # noqa: PLR0913  # the parts of one document, by name
    name: str,
    container: dict[str, Any],
    options: Options,
    *,
    scale: dict[str, str],
    timeout: int,
    at_once: int,
    labels: dict[str, str] | None = None,
    volumes: list[dict[str, Any]] | None = None,
    account: str = "model",
) -> dict[str, Any]:
    """A Service of `serving.knative.dev/v1`."""
    metadata: dict[str, Any] = {"name": name}
    if options.knative:
        metadata["namespace"] = options.namespace
    metadata["labels"] = {"app": "passerelle"} | (labels or {})
    if account == "gateway" and not options.knative:
        metadata["annotations"] = {"run.googleapis.com/invoker-iam-disabled": "true"}
    google = {
        "run.googleapis.com/execution-environment": "gen2",
        "run.googleapis.com/startup-cpu-boost": "true",
    }
    spec: dict[str, Any] = {"containerConcurrency": at_once, "timeoutSeconds": timeout}
    if not options.knative:
        spec["serviceAccountName"] = (
            f"passerelle-{account}@{options.project}.iam.gserviceaccount.com"
        )
    spec["containers"] = [container]
    if volumes:
        spec["volumes"] = volumes
    return {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": {
            "template": {
                "metadata": {"annotations": scale | ({} if options.knative else google)},
                "spec": spec,
            },
            "traffic": [{"latestRevision": True, "percent": 100}],
        },
    }


def probe(path: str, *, period: int, failures: int) -> dict[str, Any]:
    """A probe by HTTP."""
    return {
        "httpGet": {"path": path, "port": 8080},
        "periodSeconds": period,
        "timeoutSeconds": 1,
        "failureThreshold": failures,
    }
