"""models.yaml -> docker-compose.yaml, for Docker Compose and for a Swarm.

Both run the same services. A Swarm starts them in no order, and refuses a file that asks for one:
its text has no `depends_on`, and names the images only.
"""

import dataclasses
from collections.abc import Iterable

import passerelle
from passerelle.manifest.model import Model, Models

HEAD = """\
# Rendered from {manifest} by passerelle {version}: passerelle render {target}{option}
# Don't edit it: change {manifest}, then run that line again{again}.
{name}
# What every container has: nothing that it doesn't need.
x-container: &container
  restart: unless-stopped
  init: true
  read_only: true
  tmpfs: [/tmp]
  cap_drop: [ALL]
  security_opt: ["no-new-privileges:true"]
  stop_grace_period: 10s

# How a Swarm exchanges containers: the new one is well before the old one goes.
x-update: &update
  order: start-first
  failure_action: rollback
  monitor: 10s

services:
"""

# In a folder of one's own, which holds copies of our sources that git doesn't keep.
AGAIN = ", which also makes\n# .passerelle/context anew: the images are built from it"

GATEWAY = """\
  # The door: the only one that is reached from outside, and the only one that reaches the models.
  gateway:
    <<: *container
    image: ${{REGISTRY:-passerelle}}/gateway:${{TAG:-latest}}
{build}    ports:
      - target: 8080
        published: "${{PORT:-8080}}"
        mode: ${{PORT_MODE:-ingress}}
    networks: [door, models]
    secrets: [keys]
{volumes}    environment:
      # As long as keys.yaml holds no key, the gateway makes one and prints it with this address.
      PASSERELLE_DEMO: http://localhost:${{PORT:-8080}}
{page_key}{depends}    deploy:
      replicas: 1
      update_config: {{<<: *update, order: {order}}}
      rollback_config: {{order: {order}}}
      resources:
        limits: {{cpus: "2", memory: 512M, pids: 400}}
"""

PAGE = """\

  # The page: a person picks a model and classifies a picture.
  frontend:
    <<: *container
    image: ${{REGISTRY:-passerelle}}/frontend:${{TAG:-latest}}
{build}    ports:
      - target: 8000
        published: "${{PAGE_PORT:-8000}}"
    networks: [door]
    volumes: ["page:/page:ro"]
    environment:
      PASSERELLE_GATEWAY_SHOWN: http://localhost:${{PORT:-8080}}
    depends_on:
      gateway: {{condition: service_healthy}}
    deploy:
      replicas: 1
      resources:
        limits: {{cpus: "1", memory: 512M, pids: 200}}
"""

MODEL = """\

  # {titles}
  {service}:
    <<: *container
    image: ${{REGISTRY:-passerelle}}/{service}:${{TAG:-latest}}
{build}    networks: [models]
    deploy:
      replicas: {replicas}
      endpoint_mode: dnsrr # the gateway finds each container by the service's name
      update_config: *update
      rollback_config: {{order: start-first}}
      resources:
        limits: {{cpus: "{cpu}", memory: {memory}, pids: 400}}
"""

VOLUMES = """
volumes:
  page: # the page's own key, which the gateway makes
"""

TAIL = """
networks:
  door:
  models: # without a way out, and without a way in but by the gateway
    internal: true

secrets:
  keys: # written by: passerelle keys new --name NAME --keys keys.yaml
    file: ${PASSERELLE_KEYS_FILE:-./keys.yaml}
"""


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


def render(models: Models, options: Options) -> str:
    """The text of the file: the gateway, the page, then each service that the manifest names.

    A Swarm has no page: its volumes belong to one machine each.
    """
    services: dict[str, list[Model]] = {}
    for model in models:
        services.setdefault(model.service, []).append(model)
    option = "" if options.manifest == "models.yaml" else f" -f {options.manifest}"
    name = "" if options.swarm else "name: passerelle\n"  # a Swarm's command line gives it
    head = HEAD.format(
        manifest=options.manifest,
        version=passerelle.__version__,
        target=options.target,
        option=option,
        again=", or `make render`" if options.source == "." else AGAIN,
        name=name,
    )
    parts = [model_service(name, mates, options) for name, mates in services.items()]
    page = (
        ""
        if options.swarm
        else PAGE.format(build=build("services/frontend/Dockerfile", {}, options))
    )
    volumes = "" if options.swarm else VOLUMES
    return head + gateway(services, options) + page + "".join(parts) + volumes + TAIL


def gateway(services: Iterable[str], options: Options) -> str:
    """The gateway's service."""
    return GATEWAY.format(
        build=""
        if options.swarm
        else build("gateway/Dockerfile", {"MANIFEST": options.manifest}, options),
        volumes="" if options.swarm else '    volumes: ["page:/page"]\n',
        page_key="" if options.swarm else "      PASSERELLE_PAGE_KEY: /page/key\n",
        depends="" if options.swarm else depends(services),
        # The port of one machine can't have two owners at once.
        order="stop-first",
    )


def model_service(name: str, models: list[Model], options: Options) -> str:
    """The service of the models that share it."""
    deployment = models[0].deployment
    arguments = {
        "SERVICE": name,
        "MANIFEST": options.manifest,
        "ENGINES": " ".join(sorted({model.engine for model in models})),
        "PRECISION": " ".join(sorted({model.precision for model in models})),
    }
    return MODEL.format(
        titles=", ".join(model.title for model in models),
        service=name,
        build="" if options.swarm else build("services/model/Dockerfile", arguments, options),
        replicas=deployment.replicas,
        cpu=deployment.cpu,
        memory=deployment.memory.removesuffix("i"),  # Compose's G is a Gi
    )


def build(dockerfile: str, arguments: dict[str, str], options: Options) -> str:
    """How an image is built. Variables that the builder's environment has are passed on."""
    if options.source != ".":
        dockerfile = f"{options.source}/{dockerfile}"
        arguments = {"SOURCE": options.source, **arguments}
    lines = [f"        {name}: {value}\n" for name, value in arguments.items()]
    index = "        PASSERELLE_TORCH_INDEX: ${PASSERELLE_TORCH_INDEX:-}\n"
    passed = index if "ENGINES" in arguments else ""
    given = f"      args:\n{''.join(lines)}{passed}" if lines else ""
    return f"    build:\n      context: .\n      dockerfile: {dockerfile}\n{given}"


def depends(services: Iterable[str]) -> str:
    """What the gateway waits for. A model that never gets well doesn't keep it away."""
    lines = [
        f"      {name}: {{condition: service_healthy, required: false}}\n" for name in services
    ]
    return f"    depends_on:\n{''.join(lines)}"
