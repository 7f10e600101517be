"""What the profile `observability` of a docker-compose.yaml adds: Prometheus, Grafana and Jaeger.

They are on this machine alone: each one's pages are at 127.0.0.1, where whoever has an account may
read them, and nobody may change anything in Grafana. Prometheus asks the gateway with a key that
may see metrics and nothing else; the gateway makes it. Spans come to Jaeger once the gateway and
the services are told to send them there.
"""

from ruamel.yaml.comments import CommentedMap

from passerelle.deploy.yaml_text import comment, in_one_line, merged, quoted

PROFILE = "observability"
# By this name Prometheus finds the containers of all our model services. No id has an underscore.
ALIAS = "model_services"
KEY = {"PASSERELLE_METRICS_KEY": "/metrics/key"}  # of the gateway's environment
KEY_VOLUME = "metrics:/metrics"
KEY_GROUP = "10001"  # of the gateway's files
# Where spans are sent, http://jaeger:4318 for the profile's Jaeger, and of which share of requests.
TRACES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_TRACES_SAMPLER_ARG")
IMAGES = {
    "prometheus": "prom/prometheus:v3.5.0",
    "grafana": "grafana/grafana:12.1.1",
    "jaeger": "jaegertracing/jaeger:2.11.0",
}
CONFIGS = {
    "prometheus": ("prometheus.yaml", "/etc/prometheus/prometheus.yaml"),
    "alerts": ("alerts.yaml", "/etc/prometheus/alerts.yaml"),
    "datasources": (
        "grafana-datasources.yaml", "/etc/grafana/provisioning/datasources/passerelle.yaml",
    ),
    "dashboards": (
        "grafana-dashboards.yaml", "/etc/grafana/provisioning/dashboards/passerelle.yaml",
    ),
    "dashboard": ("passerelle.json", "/etc/grafana/dashboards/passerelle.json"),
}  # fmt: skip
GRAFANA = {
    "GF_AUTH_ANONYMOUS_ENABLED": "true",
    "GF_AUTH_BASIC_ENABLED": "false",
    "GF_AUTH_DISABLE_LOGIN_FORM": "true",
    "GF_ANALYTICS_REPORTING_ENABLED": "false",
    "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
    "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES": "false",
}


def add(services: CommentedMap, container: CommentedMap) -> None:
    """Put the three services behind the others, with a comment before each."""
    for name, made, text in (
        ("prometheus", prometheus, "Of the profile observability, as the two below: the metrics."),
        ("grafana", grafana, "What shows them."),
        ("jaeger", jaeger, "The traces."),
    ):
        services[name] = made(container)
        comment(services, name, text, 2)


def service(
    container: CommentedMap, name: str, port: int, networks: list[str], **keys: object
) -> CommentedMap:
    """One of them, whose pages are at a port of this machine alone."""
    published = f"127.0.0.1:${{{name.upper()}_PORT:-{port}}}:{port}"
    limits = in_one_line({"cpus": quoted("1"), "memory": "1G", "pids": 400})
    return merged(
        container,
        {
            "image": IMAGES[name],
            "profiles": in_one_line([PROFILE]),
            "ports": in_one_line([quoted(published)]),
            "networks": in_one_line(networks),
            **keys,
            "deploy": {"resources": {"limits": limits}},
        },
    )


def prometheus(container: CommentedMap) -> CommentedMap:
    """What scrapes. It is of the group that may read the gateway's key for it."""
    return service(
        container, "prometheus", 9090, ["models", PROFILE],
        command=[
            "--config.file=/etc/prometheus/prometheus.yaml",
            "--storage.tsdb.path=/prometheus",
        ],
        configs=mounts("prometheus", "alerts"),
        volumes=in_one_line([quoted("prometheus:/prometheus"), quoted(f"{KEY_VOLUME}:ro")]),
        group_add=in_one_line([quoted(KEY_GROUP)]),
        depends_on={"gateway": in_one_line({"condition": "service_healthy"})},
    )  # fmt: skip


def grafana(container: CommentedMap) -> CommentedMap:
    """What shows the metrics. It keeps nothing: the dashboard comes from a file."""
    return service(
        container, "grafana", 3000, [PROFILE],
        tmpfs=in_one_line(["/tmp", "/var/lib/grafana"]),  # noqa: S108  # in the container
        configs=mounts("datasources", "dashboards", "dashboard"),
        environment={name: quoted(text) for name, text in GRAFANA.items()},
    )  # fmt: skip


def jaeger(container: CommentedMap) -> CommentedMap:
    """What takes spans and shows traces, which it keeps in memory."""
    return service(
        container, "jaeger", 16686, ["door", "models", PROFILE],
        command=["--set=receivers.otlp.protocols.http.endpoint=0.0.0.0:4318"],
    )  # fmt: skip


def mounts(*names: str) -> list[CommentedMap]:
    """Configuration files, each where its container looks for it."""
    found: list[CommentedMap] = [
        in_one_line({"source": name, "target": CONFIGS[name][1]}) for name in names
    ]
    return found


def networks() -> CommentedMap:
    """The network of our own model services, where Prometheus finds them."""
    return CommentedMap(models=in_one_line({"aliases": in_one_line([ALIAS])}))


def configs(source: str) -> CommentedMap:
    """The files themselves: the repository's own, or those beside the copied sources."""
    folder = "./docs/observability" if source == "." else f"./{source}/observability"
    return CommentedMap(
        {name: in_one_line({"file": f"{folder}/{file}"}) for name, (file, _) in CONFIGS.items()}
    )
