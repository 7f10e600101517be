"""What is rendered for Cloud Run and Knative, and what they would refuse."""

from typing import Any

import pytest
import yaml

from passerelle.deploy import cloudrun
from passerelle.deploy.cloudrun import Options, RenderError
from passerelle.manifest.model import Deployment
from tests.unit.deploy import made

GOOGLE = Options(project="my-project", region="europe-west1")
KNATIVE = Options(target="knative", registry="registry.example.org/models")


def documents(options: Options, *models: Any) -> dict[str, Any]:
    text = cloudrun.render(models or (made.model(),), options)
    return {each["metadata"]["name"]: each for each in yaml.safe_load_all(text)}


def test_each_service_has_a_document_and_so_have_gateway_and_page() -> None:
    models = made.model("one", service="zoo"), made.model("two", service="zoo")
    assert set(documents(GOOGLE, *models)) == {"zoo", "gateway", "frontend"}


def test_images_come_from_the_projects_registry_or_the_one_that_is_given() -> None:
    def image(options: Options) -> str:
        spec = documents(options)["net"]["spec"]["template"]["spec"]
        return str(spec["containers"][0]["image"])

    assert image(GOOGLE) == "europe-west1-docker.pkg.dev/my-project/passerelle/net:latest"
    assert image(KNATIVE) == "registry.example.org/models/net:latest"


def test_only_cloud_runs_documents_have_googles_annotations() -> None:
    assert "run.googleapis.com" in str(documents(GOOGLE))
    assert "run.googleapis.com" not in str(documents(KNATIVE))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "is no project's id"),
        ({"project": "my-project"}, "is no region"),
        ({"target": "knative"}, "--registry HOST/PATH"),
        ({"target": "mars"}, "write cloudrun or knative"),
    ],
)
def test_an_option_that_is_missing_or_wrong_is_told(given: dict[str, str], sentence: str) -> None:
    with pytest.raises(RenderError, match=sentence):
        Options(**given)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"service": "9lives"}, "begin with a letter"),
        ({"deployment": Deployment(cpu=3)}, "no instances with 3 processors"),
    ],
)
def test_what_cloud_run_would_refuse_is_told_before(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(RenderError, match=sentence):
        documents(GOOGLE, made.model(**given))
    assert documents(KNATIVE, made.model(**given))
