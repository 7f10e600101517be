"""A Service's document, for Knative and for Cloud Run."""

import dataclasses

from passerelle.deploy.knative import Secret, Service

SERVICE = Service(
    name="net",
    image="registry.example.org/net:1",
    account="model",
    variables={},
    cpu=2,
    memory="1Gi",
    startup=("/health/ready", 60),
    instances=(0, 4),
    timeout=10,
    concurrency=8,
)


def test_an_instance_has_started_once_its_own_path_says_so() -> None:
    document = SERVICE.document("default", "")
    (container,) = document["spec"]["template"]["spec"]["containers"]
    assert container["startupProbe"]["httpGet"] == {"path": "/health/ready", "port": 8080}
    assert container["startupProbe"]["failureThreshold"] == 60
    assert container["livenessProbe"]["httpGet"]["path"] == "/health/live"
    assert "env" not in container


def test_knative_has_a_namespace_and_cloud_run_an_account() -> None:
    knative, google = SERVICE.document("models", ""), SERVICE.document("", "my-project")
    assert knative["metadata"]["namespace"] == "models"
    assert "serviceAccountName" not in knative["spec"]["template"]["spec"]
    assert "namespace" not in google["metadata"]
    account = google["spec"]["template"]["spec"]["serviceAccountName"]
    assert account == "passerelle-model@my-project.iam.gserviceaccount.com"


def test_a_secret_is_a_file_in_a_folder_of_its_own() -> None:
    service = dataclasses.replace(
        SERVICE, secrets=(Secret("keys", "passerelle-keys", "keys.yaml"),)
    )
    spec = service.document("default", "")["spec"]["template"]["spec"]
    (mount,) = spec["containers"][0]["volumeMounts"]
    assert mount == {"name": "keys", "mountPath": "/keys", "readOnly": True}
    (volume,) = spec["volumes"]
    assert volume["secret"]["items"] == [{"key": "keys.yaml", "path": "keys.yaml"}]
    google = service.document("", "my-project")["spec"]["template"]["spec"]
    assert google["volumes"][0]["secret"]["items"][0]["key"] == "latest"
    assert "readOnly" not in google["containers"][0]["volumeMounts"][0]


def test_only_a_public_service_is_open_to_all() -> None:
    public = dataclasses.replace(SERVICE, is_public=True)
    assert "annotations" in public.document("", "my-project")["metadata"]
    assert "annotations" not in SERVICE.document("", "my-project")["metadata"]
