"""What the profile `observability` adds to a docker-compose.yaml."""

from typing import Any

import pytest
import yaml

from passerelle.deploy import compose, compose_observability
from passerelle.deploy.compose import Options
from tests.support import stack
from tests.unit.deploy import made

ADDED = ["prometheus", "grafana", "jaeger"]


def rendered(**options: str) -> Any:
    return yaml.safe_load(compose.render((made.model(),), Options(**options)))


def test_without_the_profile_none_of_it_runs() -> None:
    services = rendered()["services"]
    assert [each for each in services if "profiles" in services[each]] == ADDED
    assert all(services[each]["profiles"] == ["observability"] for each in ADDED)


def test_their_pages_are_for_this_machine_alone() -> None:
    services = rendered()["services"]
    for name in ADDED:
        (port,) = services[name]["ports"]
        assert port.startswith("127.0.0.1:${"), name


def test_each_is_on_the_networks_that_it_needs() -> None:
    found = rendered()
    assert found["services"]["grafana"]["networks"] == ["observability"]
    assert found["services"]["prometheus"]["networks"] == ["models", "observability"]
    assert found["services"]["jaeger"]["networks"] == ["door", "models", "observability"]
    assert "observability" in found["networks"]


def test_an_image_has_a_version() -> None:
    for name, image in compose_observability.IMAGES.items():
        assert image.rpartition(":")[2].count(".") == 2, name


def test_every_file_that_a_container_reads_is_one_of_ours() -> None:
    found = rendered()
    for name in ADDED:
        for each in found["services"][name].get("configs", []):
            assert each["source"] in found["configs"]
    for each in found["configs"].values():
        assert (stack.ROOT / each["file"]).is_file()


def test_elsewhere_the_files_lie_beside_the_copied_sources() -> None:
    configs = rendered(source=".passerelle/context")["configs"]
    image = stack.ROOT / "passerelle" / "deploy" / "image"
    for each in configs.values():
        folder, _, name = each["file"].rpartition("/")
        assert folder == "./.passerelle/context/observability"
        assert (image / "observability" / name).is_file()


def test_prometheus_finds_the_services_and_the_key_where_its_file_says() -> None:
    found = rendered()
    example = yaml.safe_load((stack.ROOT / "docs/observability/prometheus.yaml").read_text())
    gateway, models = example["scrape_configs"]
    assert models["dns_sd_configs"][0]["names"] == [compose_observability.ALIAS]
    aliases = found["services"]["net"]["networks"]["models"]["aliases"]
    assert aliases == [compose_observability.ALIAS]
    key = gateway["authorization"]["credentials_file"]
    assert found["services"]["gateway"]["environment"]["PASSERELLE_METRICS_KEY"] == key
    assert "metrics:/metrics" in found["services"]["gateway"]["volumes"]
    assert "metrics:/metrics:ro" in found["services"]["prometheus"]["volumes"]


def test_nobody_logs_in_to_grafana_who_could_change_anything() -> None:
    environment = rendered()["services"]["grafana"]["environment"]
    assert environment["GF_AUTH_DISABLE_LOGIN_FORM"] == "true"
    assert environment["GF_AUTH_BASIC_ENABLED"] == "false"
    assert "GF_AUTH_ANONYMOUS_ORG_ROLE" not in environment  # a viewer, then


@pytest.mark.parametrize("name", ["gateway", "frontend", "net"])
def test_spans_go_where_the_environment_says_and_nowhere_else(name: str) -> None:
    service = rendered()["services"][name]
    value = service["environment"]["OTEL_EXPORTER_OTLP_ENDPOINT"]
    assert value == "${OTEL_EXPORTER_OTLP_ENDPOINT:-}"


def test_a_swarm_has_nothing_of_it() -> None:
    text = compose.render((made.model(),), Options(target="swarm"))
    for word in (*ADDED, "observability", "OTEL", "METRICS_KEY", compose_observability.ALIAS):
        assert word not in text
