"""What is rendered for Docker Compose and for a Swarm."""

from typing import Any

import pytest
import yaml

import passerelle
from passerelle.deploy import compose
from passerelle.deploy.compose import Options
from passerelle.manifest.model import Capture, Deployment, Mirror, Pipeline
from tests.unit.deploy import made


def rendered(*models: Any, **options: str) -> Any:
    """What runs without a profile."""
    return made.without_profiles(compose.render(models or (made.model(),), Options(**options)))


def test_there_is_a_service_for_the_gateway_the_page_and_each_of_the_models() -> None:
    models = made.model("one"), made.model("two", service="zoo"), made.model("three", service="zoo")
    services = rendered(*models)["services"]
    assert list(services) == ["gateway", "frontend", "one", "zoo"]
    assert set(services["gateway"]["depends_on"]) == {"one", "zoo"}
    assert services["zoo"]["build"]["args"]["SERVICE"] == "zoo"


def test_every_container_has_what_the_first_lines_say() -> None:
    for service in rendered()["services"].values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]


def test_what_the_gateway_keeps_is_in_volumes_of_its_own() -> None:
    found = rendered()
    gateway, page = (found["services"][name] for name in ("gateway", "frontend"))
    assert gateway["environment"]["PASSERELLE_USAGE"] == "/usage/usage.db"
    assert gateway["volumes"] == ["page:/page", "usage:/usage", "metrics:/metrics"]
    assert page["volumes"] == ["page:/page:ro"]
    assert list(found["volumes"]) == ["page", "usage", "metrics", "prometheus"]


def test_only_the_gateway_reaches_the_models() -> None:
    services = rendered()["services"]
    assert list(services["net"]["networks"]) == ["models"]
    assert "ports" not in services["net"]
    assert services["frontend"]["networks"] == ["door"]
    assert rendered()["networks"]["models"] == {"internal": True}


def test_who_else_reaches_the_models_is_of_the_profile_that_the_first_comment_names() -> None:
    text = compose.render((made.model(),), Options())
    services = yaml.safe_load(text)["services"]
    others = {name for name, each in services.items() if "models" in each["networks"]}
    assert others == {"gateway", "net", "prometheus", "jaeger"}
    assert all(services[each]["profiles"] == ["observability"] for each in ("prometheus", "jaeger"))
    door = "  # The door: the only one that reaches the models"
    assert f"{door}, but for what the profile observability adds.\n" in text
    assert f"{door}.\n" in compose.render((made.model(),), Options(target="swarm"))


def test_a_services_resources_are_its_limits() -> None:
    deployment = Deployment(replicas=3, cpu=4, memory="2Gi")
    deploy = rendered(made.model(deployment=deployment))["services"]["net"]["deploy"]
    assert deploy["replicas"] == 3
    assert deploy["resources"]["limits"] == {"cpus": "4", "memory": "2G", "pids": 400}


def test_a_title_of_any_kind_is_a_comment_in_one_line() -> None:
    title = "Net\n  evil: {privileged: true} # 'quoted' \"twice\" &anchor *alias"
    found = rendered(made.model(title=title))
    assert list(found["services"]) == ["gateway", "frontend", "net"]


@pytest.mark.parametrize("name", ["1e3", "null", "on", "1-1", "y", "0o7", "2024-01-01"])
def test_a_service_of_any_name_is_text(name: str) -> None:
    services = rendered(made.model(name))["services"]
    assert list(services) == ["gateway", "frontend", name]
    assert list(services["gateway"]["depends_on"]) == [name]
    assert services[name]["build"]["args"]["SERVICE"] == name


def test_compose_fills_in_nothing_in_a_manifests_name() -> None:
    text = compose.render((made.model(),), Options("my $HOME.yaml"))
    services = yaml.safe_load(text)["services"]
    assert services["gateway"]["build"]["args"]["MANIFEST"] == "my $$HOME.yaml"
    assert services["net"]["build"]["args"]["MANIFEST"] == "my $$HOME.yaml"
    assert "passerelle render compose -f 'my $HOME.yaml'" in text


def test_a_swarm_builds_nothing_waits_for_nothing_and_has_no_page() -> None:
    found = rendered(target="swarm")
    assert set(found) == {"x-container", "x-update", "services", "networks", "secrets"}
    assert list(found["services"]) == ["gateway", "net"]
    for service in found["services"].values():
        assert not {"build", "depends_on", "volumes"} & set(service)


def test_in_a_folder_of_ones_own_the_sources_are_named_and_the_project_is_the_folders() -> None:
    found = rendered(source=".passerelle/context", manifest="mine.yaml")
    assert "name" not in found
    assert rendered()["name"] == "passerelle"
    build = found["services"]["gateway"]["build"]
    assert build["dockerfile"] == ".passerelle/context/gateway/Dockerfile"
    assert build["args"] == {
        "SOURCE": ".passerelle/context",
        "VERSION": passerelle.__version__,
        "MANIFEST": "mine.yaml",
    }


def test_the_first_line_says_by_which_version_and_how_it_is_made_again() -> None:
    text = compose.render((made.model(),), Options("mine.yaml"))
    first = text.splitlines()[0]
    assert f"passerelle {passerelle.__version__}" in first
    assert first.endswith("passerelle render compose -f mine.yaml")
    assert compose.rendered_by(text) == passerelle.__version__
    assert compose.rendered_by("services: {}") == ""


def test_the_head_says_which_compose_it_takes_and_nothing_of_it_to_a_swarm() -> None:
    text = compose.render((made.model(),), Options())
    assert "# It takes Docker Compose 2.20 or newer" in text
    assert "2.20" not in compose.render((made.model(),), Options(target="swarm"))


def test_a_gateway_with_a_pipeline_knows_how_many_boxes_a_service_takes() -> None:
    pipeline = Pipeline(id="both", title="both", timeout=1.0, steps=("one", "two"))
    services = rendered(made.model("one"), made.model("two"), pipeline)["services"]
    name = "PASSERELLE_MAX_PICTURES"
    assert services["gateway"]["environment"][name] == services["one"]["environment"][name]
    assert name not in rendered(made.model())["services"]["gateway"]["environment"]


def test_a_gateway_whose_models_are_followed_has_volumes_for_it_and_a_split_no_service() -> None:
    found = rendered(made.model("one", capture=Capture()), made.model("two"), made.split())
    assert list(found["services"]) == ["gateway", "frontend", "one", "two"]
    gateway = found["services"]["gateway"]
    assert gateway["environment"]["PASSERELLE_TRAFFIC"] == "/traffic/traffic.db"
    assert gateway["environment"]["PASSERELLE_CAPTURE"] == "/capture"
    assert gateway["volumes"][3:] == ["traffic:/traffic", "capture:/capture"]
    assert "placement" not in gateway["deploy"]


def test_a_swarms_gateway_that_keeps_something_stays_where_its_volumes_are() -> None:
    models = made.model("one", mirror=Mirror(to="two")), made.model("two"), made.split()
    text = compose.render(models, Options(target="swarm"))
    gateway = yaml.safe_load(text)["services"]["gateway"]
    assert gateway["deploy"]["placement"]["constraints"] == [
        "node.labels.passerelle.gateway == true"
    ]
    assert gateway["deploy"]["replicas"] == 1
    assert gateway["volumes"] == ["traffic:/traffic"]
    assert "docker node update --label-add passerelle.gateway=true NODE" in text
    plain = rendered(made.model("one"), made.model("two"), made.split(), target="swarm")
    assert not {"volumes", "placement"} & {*plain, *plain["services"]["gateway"]["deploy"]}
