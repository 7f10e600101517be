"""A backend's image on Cloud Run and Knative, and its secrets."""

from typing import Any

import pytest
import yaml

from passerelle.deploy import cloudrun, cloudrun_backend
from passerelle.deploy.cloudrun import Options
from passerelle.deploy.render_error import RenderError
from passerelle.manifest.model import Deployment
from tests.unit.deploy import made

GOOGLE = Options(project="my-project", region="europe-west1")
KNATIVE = Options(target="knative", registry="registry.example.org/models")
HEADERS = {"A": "env:OCR_KEY", "B": "file:/app/secrets/ocr.txt"}


def specs(options: Options, *models: Any) -> dict[str, Any]:
    text = cloudrun.render(models, options)
    found = {each["metadata"]["name"]: each for each in yaml.safe_load_all(text)}
    return {name: each["spec"]["template"]["spec"] for name, each in found.items()}


@pytest.mark.parametrize("options", [GOOGLE, KNATIVE])
def test_an_image_is_a_service_at_its_own_port(options: Options) -> None:
    deployment = Deployment(cpu=4, memory="4Gi", least=1, most=2)
    ocr = made.external(deployment=deployment, image="acme/ocr:1.4", port=5000, health="/ping")
    spec = specs(options, ocr)["ocr"]
    (container,) = spec["containers"]
    assert (container["image"], spec["timeoutSeconds"]) == ("acme/ocr:1.4", 30)
    assert container["ports"] == [{"name": "http1", "containerPort": 5000}]
    assert container["resources"]["limits"] == {"cpu": "4", "memory": "4Gi"}
    assert container["startupProbe"]["httpGet"] == {"path": "/ping", "port": 5000}
    assert container["startupProbe"]["failureThreshold"] == 240
    assert "livenessProbe" not in container


def test_without_a_health_it_has_started_once_it_listens() -> None:
    probe = specs(GOOGLE, made.external(image="a", port=5000))["ocr"]["containers"][0]
    assert probe["startupProbe"]["tcpSocket"] == {"port": 5000}
    assert "httpGet" not in probe["startupProbe"]


def test_the_gateway_waits_as_long_as_the_slowest_backend() -> None:
    assert specs(GOOGLE, made.model(), made.external())["gateway"]["timeoutSeconds"] == 35


@pytest.mark.parametrize(
    ("options", "variable", "file"),
    [
        (GOOGLE, {"name": "passerelle-ocr-key", "key": "latest"}, "latest"),
        (KNATIVE, {"name": "passerelle-ocr-key", "key": "value"}, "value"),
    ],
)
def test_headers_are_the_gateways_from_secrets(
    options: Options, variable: dict[str, str], file: str
) -> None:
    ocr = made.external(url="https://a", folder="/app", headers=HEADERS)
    spec = specs(options, ocr)["gateway"]
    (container,) = spec["containers"]
    env = {each["name"]: each for each in container["env"]}
    assert env["OCR_KEY"]["valueFrom"]["secretKeyRef"] == variable
    assert env["PASSERELLE_HEADER_FILES"]["value"] == "/headers"
    assert container["volumeMounts"][1]["mountPath"] == "/headers/ocr.txt"
    secret = {"secretName": "passerelle-ocr-txt", "items": [{"key": file, "path": "value"}]}
    assert spec["volumes"][1] == {"name": "passerelle-ocr-txt", "secret": secret}
    assert set(specs(options, ocr)) == {"gateway", "frontend"}


@pytest.mark.parametrize(
    ("image", "is_pulled"),
    [
        ("ocr", True), ("acme/ocr:1.4", True), ("docker.io/acme/ocr", True),
        ("europe-west1-docker.pkg.dev/p/r/ocr", True), ("eu.gcr.io/p/ocr", True),
        ("ghcr.io/acme/ocr", False), ("localhost/ocr", False), ("registry:5000/ocr", False),
    ],
)  # fmt: skip
def test_cloud_run_pulls_from_some_registries_alone(*, image: str, is_pulled: bool) -> None:
    ocr = made.external(image=image)
    assert (not list(cloudrun_backend.refusals(ocr))) is is_pulled
    assert "ocr" in specs(KNATIVE, ocr)
    if not is_pulled:
        with pytest.raises(RenderError, match="ocr: Cloud Run pulls no images from"):
            specs(GOOGLE, ocr)


def test_what_the_platform_refuses_of_a_service_it_refuses_of_an_image() -> None:
    with pytest.raises(RenderError, match="no instances with 3 processors"):
        specs(GOOGLE, made.external(deployment=Deployment(cpu=3), image="a"))
