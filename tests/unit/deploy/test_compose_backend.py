"""A backend's image under Compose and in a Swarm, and its secrets."""

from typing import Any

from passerelle.deploy import compose
from passerelle.deploy.compose import Options
from passerelle.manifest.model import Deployment
from tests.unit.deploy import made

HEADERS = {"A": "env:OCR_KEY", "B": "file:/app/secrets/ocr$1.txt", "C": "file:/etc/key"}


def rendered(*models: Any, **options: str) -> Any:
    return made.without_profiles(compose.render(models, Options(**options)))


def test_an_image_is_a_service_on_the_inner_network_with_its_limits() -> None:
    deployment = Deployment(replicas=3, cpu=4, memory="2Gi")
    ocr = made.external(deployment=deployment, image="ghcr.io/acme/ocr:1.4", port=5000)
    found = rendered(made.model(), ocr)["services"]
    service = found["ocr"]
    assert (service["image"], service["networks"]) == ("ghcr.io/acme/ocr:1.4", ["models"])
    assert service["environment"] == {"PORT": "5000"}
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["deploy"]["replicas"] == 3
    limits = {"cpus": "4", "memory": "2G", "pids": 4096}
    assert service["deploy"]["resources"]["limits"] == limits
    assert not {"ports", "build", "read_only", "cap_drop", "user", "healthcheck"} & set(service)


def test_the_gateway_does_not_wait_for_a_foreign_container_to_get_well() -> None:
    waits_for = rendered(made.model(), made.external())["services"]["gateway"]["depends_on"]
    assert waits_for["net"]["condition"] == "service_healthy"
    assert waits_for["ocr"] == {"condition": "service_started", "required": False}


def test_backends_alone_are_rendered_and_a_url_has_no_service() -> None:
    found = rendered(made.external("url", url="http://10.0.0.5"))
    assert list(found["services"]) == ["gateway", "frontend"]
    assert "depends_on" not in found["services"]["gateway"]


def test_the_headers_secrets_go_to_the_gateway_alone() -> None:
    ocr = made.external(image="acme/ocr", folder="/app", headers=HEADERS)
    for target in ("compose", "swarm"):
        found = rendered(ocr, target=target, manifest="sub/models.yaml")
        gateway = found["services"]["gateway"]
        assert gateway["environment"]["OCR_KEY"] == "${OCR_KEY:-}"
        assert gateway["environment"]["PASSERELLE_HEADER_FILES"] == "/headers"
        assert gateway["secrets"] == [
            "keys",
            {"source": "passerelle-ocr-1-txt", "target": "/headers/ocr$$1.txt/value"},
            {"source": "passerelle-key", "target": "/headers/key/value"},
        ]
        assert found["secrets"]["passerelle-ocr-1-txt"] == {"file": "./sub/secrets/ocr$$1.txt"}
        assert found["secrets"]["passerelle-key"] == {"file": "/etc/key"}
        assert "secrets" not in found["services"]["ocr"]


def test_without_headers_nothing_is_said_of_them() -> None:
    assert "PASSERELLE_HEADER_FILES" not in compose.render((made.external(),), Options())
