"""models.yaml -> a Knative Service for each model's service, for the gateway and for the page.

Cloud Run reads them with Google's annotations; any Kubernetes with Knative reads them without.
"""

import dataclasses
import math
import re
from collections.abc import Iterable, Iterator, Sequence

from ruamel.yaml.comments import CommentedMap

from passerelle.deploy import backends, cloudrun_backend, rollouts, yaml_text
from passerelle.deploy.knative import Secret, Service
from passerelle.deploy.render_error import RenderError
from passerelle.manifest.model import AnyModel, Deployment, ExternalModel, Model, of_kind

PROJECT = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]")
REGION = re.compile(r"[a-z]+-[a-z]+[0-9]+")
TARGETS = ("cloudrun", "knative")
CONCURRENCY_PER_CPU = 4  # requests with a model before another instance starts
GATEWAY_CONCURRENCY = 80  # requests, before another instance starts
PAGE_CONCURRENCY = 40  # requests; of its 64 threads
BACKEND_STARTUP = 240  # seconds, the most that Cloud Run lets a start take
PAGE_TIMEOUT = 130  # seconds; the page waits for the gateway a little less
MAX_TIMEOUT = 3600  # seconds that Cloud Run lets a request take
CLUSTER_LOCAL = {"networking.knative.dev/visibility": "cluster-local"}
CLOUD_RUN_NAME = re.compile(r"[a-z][a-z0-9-]{0,48}")  # of a service
KNATIVE_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")  # of a service, a label of RFC 1035
NAMESPACE = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
REGISTRY = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]+)?(/[a-z0-9][a-z0-9._-]*)*")
TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
MEMORY = {  # of an instance on Cloud Run, in MiB: the least and the most for so many processors
    1: (512, 4096),
    2: (512, 8192),
    4: (2048, 16384),
    6: (4096, 24576),
    8: (4096, 32768),
}
HEAD = """\
Rendered from models.yaml by: passerelle render cloudrun{option}
Don't edit it: change models.yaml, then run that line again.

{about}"""


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
        if self.knative and not REGISTRY.fullmatch(self.registry):
            raise RenderError(f"{self.registry!r} is no registry; write HOST/PATH, no https://.")
        if self.knative and not NAMESPACE.fullmatch(self.namespace):
            raise RenderError(f"{self.namespace!r} is no namespace; see: kubectl get namespaces")
        if not TAG.fullmatch(self.tag):
            raise RenderError(f"{self.tag!r} is no image's tag; write letters, digits, _ . and -.")
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


def render(models: Iterable[AnyModel], options: Options) -> str:
    """All documents, one after the other: the models' services, the gateway's, the page's.

    Raises:
        RenderError
    """
    return "---\n".join(files(models, options).values())


def files(models: Iterable[AnyModel], options: Options) -> dict[str, str]:
    """Each service's document by its file's name.

    Raises:
        RenderError: all that the platform would refuse.
    """
    models = tuple(models)
    backends.require_names(models)
    services: dict[str, list[Model]] = {}
    for model in of_kind(Model, models):
        services.setdefault(model.service, []).append(model)
    images = backends.images(models)
    deployments = {name: mates[0].deployment for name, mates in services.items()}
    deployments |= {each.service: each.deployment for each in images}
    problems = [
        sentence
        for name, deployment in deployments.items()
        for sentence in refusals(name, deployment, options)
    ]
    problems += rollouts.refusals(models, "Knative" if options.knative else "Cloud Run")
    if not options.knative:
        problems += [told for each in images for told in cloudrun_backend.refusals(each)]
    if problems:
        raise RenderError("\n".join(problems))
    texts = {
        f"{name}.yaml": text(model_service(name, mates, options), about(mates, options), options)
        for name, mates in services.items()
    }
    texts |= {
        f"{each.service}.yaml": text(
            backend_service(each, options), about([each], options), options
        )
        for each in images
    }
    door = "The door: everyone reaches it, and it asks for keys itself."
    page = "The page: it asks for no key, so the platform says who may open it."
    return texts | {
        "gateway.yaml": text(gateway(models, options), door, options),
        "frontend.yaml": text(frontend(options), page, options),
    }


def refusals(name: str, deployment: Deployment, options: Options) -> Iterator[str]:
    """What the platform would refuse of a service, each with what to write instead."""
    if options.knative:
        if not KNATIVE_NAME.fullmatch(name):
            yield (
                f"{name}: Knative's names begin with a letter; "
                "give it another service: in models.yaml."
            )
        return
    if not CLOUD_RUN_NAME.fullmatch(name):
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


def about(models: Sequence[Model | ExternalModel], options: Options) -> str:
    """What the head of a model's document says it is."""
    titles = ", ".join(yaml_text.one_line(model.title) for model in models)
    who = "Local to the cluster" if options.knative else "Private: the gateway alone may call it"
    return f"{titles}. {who}."


def text(service: Service, about: str, options: Options) -> str:
    """A service's document as a file, with what it is at its head."""
    option = " --target knative" if options.knative else ""
    namespace = options.namespace if options.knative else ""
    document = service.document(namespace, options.project)
    return yaml_text.dump(CommentedMap(document), HEAD.format(option=option, about=about))


def model_service(name: str, models: list[Model], options: Options) -> Service:
    """A model's service, which only the gateway may call."""
    deployment = models[0].deployment
    # Its log's lines name their trace.
    variables = {} if options.knative else {"GOOGLE_CLOUD_PROJECT": options.project}
    return Service(
        name=name,
        image=options.image(name),
        account="model",
        variables=variables,
        cpu=deployment.cpu,
        memory=deployment.memory,
        # It says that it is ready once its models are loaded; 60 s are far more than they take.
        startup=("/health/ready", 60),
        instances=(deployment.least, deployment.most),
        timeout=max(longest_timeout(models), 1),
        concurrency=CONCURRENCY_PER_CPU * deployment.cpu,
        labels=CLUSTER_LOCAL if options.knative else {},
    )


def backend_service(model: ExternalModel, options: Options) -> Service:
    """The service of a backend's image, which only the gateway may call."""
    deployment, backend = model.deployment, model.backend
    return Service(
        name=model.service,
        image=backend.image or "",
        account="model",
        variables={},
        cpu=deployment.cpu,
        memory=deployment.memory,
        startup=(backend.health or "", BACKEND_STARTUP),
        instances=(deployment.least, deployment.most),
        timeout=max(longest_timeout([model]), 1),
        concurrency=CONCURRENCY_PER_CPU * deployment.cpu,
        labels=CLUSTER_LOCAL if options.knative else {},
        port=backend.port,
        is_ours=False,
    )


def gateway(models: tuple[AnyModel, ...], options: Options) -> Service:
    """The gateway's service, which everyone reaches: it asks for keys itself."""
    google = {
        "PASSERELLE_UPSTREAM": f"https://{{service}}-{{project_number}}.{options.region}.run.app",
        "PASSERELLE_UPSTREAM_AUTH": "google",
        "GOOGLE_CLOUD_PROJECT": options.project,
    }
    inside = {"PASSERELLE_UPSTREAM": f"http://{{service}}.{options.namespace}.svc.cluster.local"}
    variables = inside if options.knative else google
    files = backends.header_files(models)
    variables |= {"PASSERELLE_HEADER_FILES": backends.FOLDER} if files else {}
    return Service(
        name="gateway",
        image=options.image("gateway"),
        account="gateway",
        variables=variables | {"PASSERELLE_KEYS": "/keys/keys.yaml"},
        cpu=2,
        memory="512Mi",
        startup=("/health/live", 30),
        instances=(1, 4),
        # It follows the services between requests too, so it needs its processors then.
        annotations={} if options.knative else {"run.googleapis.com/cpu-throttling": "false"},
        timeout=min(longest_timeout(models) + 5, MAX_TIMEOUT),
        concurrency=GATEWAY_CONCURRENCY,
        secrets=(
            Secret("keys", "passerelle-keys", "keys.yaml"),
            *(Secret(each.secret, each.secret, backends.VALUE, each.folder) for each in files),
        ),
        secret_variables={name: backends.secret(name) for name in backends.variables(models)},
        is_public=True,
    )


def frontend(options: Options) -> Service:
    """The page's service, with a key of its own."""
    google = {
        "PASSERELLE_GATEWAY": f"https://gateway-{{project_number}}.{options.region}.run.app",
        "PASSERELLE_HTTPS": "1",
        "GOOGLE_CLOUD_PROJECT": options.project,
    }
    inside = {"PASSERELLE_GATEWAY": f"http://gateway.{options.namespace}.svc.cluster.local"}
    variables = inside if options.knative else google
    return Service(
        name="frontend",
        image=options.image("frontend"),
        account="frontend",
        variables=variables | {"PASSERELLE_KEY_FILE": "/key/key"},
        cpu=1,
        memory="512Mi",
        startup=("/health/live", 30),
        instances=(0, 4),
        timeout=PAGE_TIMEOUT,
        concurrency=PAGE_CONCURRENCY,
        secrets=(Secret("key", "passerelle-page", "key"),),
    )


def longest_timeout(models: Iterable[AnyModel]) -> int:
    """The longest that a model may take, in whole seconds."""
    return math.ceil(max(model.timeout for model in models))
