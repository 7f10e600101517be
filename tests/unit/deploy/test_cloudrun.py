"""What is rendered for Cloud Run and Knative, and what they would refuse."""

from typing import Any

import pytest
import yaml

from passerelle.deploy import cloudrun
from passerelle.deploy.cloudrun import Options
from passerelle.deploy.render_error import RenderError
from passerelle.manifest.model import Deployment, Mirror
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
        ({"target": "knative", "registry": "https://a.org/b"}, "HOST/PATH, no https://"),
        ({"target": "knative", "registry": "a.org/b c"}, "is no registry"),
        ({"target": "knative", "registry": "a.org", "namespace": "A b"}, "is no namespace"),
        ({"target": "knative", "registry": "a.org", "tag": "a:b"}, "is no image's tag"),
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


@pytest.mark.parametrize(("options", "name"), [(GOOGLE, "Cloud Run"), (KNATIVE, "Knative")])
def test_a_split_needs_no_service_and_what_lasts_beyond_an_instance_is_refused(
    options: Options, name: str
) -> None:
    models = made.model("one"), made.model("two")
    assert set(documents(options, *models, made.split(sticky="key"))) == {
        "one", "two", "gateway", "frontend",
    }  # fmt: skip
    mirrored = made.model("one", mirror=Mirror(to="two")), made.model("two")
    with pytest.raises(RenderError, match=f"one: mirror works after the answer.*{name}'s"):
        documents(options, *mirrored)


def test_what_knative_would_refuse_is_told_before() -> None:
    with pytest.raises(RenderError, match="9lives: Knative's names begin with a letter"):
        documents(KNATIVE, made.model(service="9lives"))
    assert documents(KNATIVE, made.model(service="n" * 63, deployment=Deployment(cpu=3)))


@pytest.mark.parametrize("name", ["null", "on", "y", "e12"])
@pytest.mark.parametrize("options", [GOOGLE, KNATIVE])
def test_a_service_of_any_name_is_text_and_a_title_of_any_kind_a_comment(
    name: str, options: Options
) -> None:
    model = made.model(name, title="Net\n--- {a}: [\x1b%s # $HOME")
    assert set(documents(options, model)) == {name, "gateway", "frontend"}


@pytest.mark.parametrize("word", ["1e3", "50", "0x10", "on", "null"])
def test_what_is_given_for_knative_is_text(word: str) -> None:
    options = Options(target="knative", registry=word, namespace=word, tag=word)
    found = documents(options)["net"]
    assert found["metadata"]["namespace"] == word
    assert f"namespace: '{word}'" in cloudrun.render((made.model(),), options)
