"""What is rendered for Cloud Run and Knative, judged by Knative's own schema."""

import copy
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway import settings
from passerelle.deploy import cloudrun
from passerelle.deploy.render_error import RenderError
from passerelle.manifest import reading
from passerelle.manifest.model import Backend, ExternalModel, Model
from services.frontend import settings as page
from tests.support import stack

MODELS = reading.read(stack.ROOT / "models.yaml")
GOOGLE = cloudrun.Options(project="my-project", region="europe-west1")
KNATIVE = cloudrun.Options(target="knative", registry="registry.example.org/passerelle")
SCHEMA = "@kubernetes-models/knative@4.0.0"
JUDGE = """
import { Service } from "@kubernetes-models/knative/serving.knative.dev/v1/Service";
import { readFileSync } from "node:fs";
for (const each of JSON.parse(readFileSync(0))) new Service(each).validate();
"""


def documents(options: cloudrun.Options, *more: ExternalModel) -> dict[str, Any]:
    text = cloudrun.render((*MODELS, *more), options)
    return {each["metadata"]["name"]: each for each in yaml.safe_load_all(text)}


@pytest.fixture(scope="module")
def judge() -> Path:
    """A folder with Knative's schema, as it is published for JavaScript."""
    folder = stack.ROOT / ".passerelle" / "knative"
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "node_modules" / "@kubernetes-models" / "knative").is_dir():
        command = ["npm", "install", "--silent", "--prefix", str(folder), SCHEMA]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=120)
        except (OSError, subprocess.SubprocessError) as error:
            pytest.skip(f"{SCHEMA} can't be installed by npm ({error})")
    (folder / "judge.mjs").write_text(JUDGE)
    return folder


def judged(judge: Path, services: list[Any]) -> str:
    """What the schema says against the services; nothing where they are right."""
    done = subprocess.run(
        ["node", "judge.mjs"], cwd=judge, input=json.dumps(services), text=True,
        capture_output=True, check=False,
    )  # fmt: skip
    assert "ERR_MODULE_NOT_FOUND" not in done.stderr, done.stderr
    return done.stderr if done.returncode else ""


@pytest.mark.parametrize("options", [GOOGLE, KNATIVE])
def test_each_document_is_a_knative_service(judge: Path, options: cloudrun.Options) -> None:
    services = list(documents(options).values())
    assert len(services) == 6
    assert judged(judge, services) == ""


@pytest.mark.parametrize("options", [GOOGLE, KNATIVE])
@pytest.mark.parametrize("health", ["/ping", None])
def test_a_backends_service_and_its_secrets_are_knatives_as_well(
    judge: Path, options: cloudrun.Options, health: str | None
) -> None:
    headers = {"Authorization": "env:OCR_TOKEN", "X-Key": "file:/etc/ocr.txt"}
    backend = Backend(image="acme/ocr:1.4", port=5000, health=health, headers=headers)
    ocr = ExternalModel(id="ocr", title="Texts", service="ocr", timeout=10.0, backend=backend)
    found = documents(options, ocr)
    assert "passerelle-ocr-token" in str(found["gateway"])
    assert judged(judge, [found["ocr"], found["gateway"]]) == ""


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        (("containerConcurrency",), "many"),
        (("timeoutSeconds",), "10s"),
        (("containers", 0, "ports", 0, "containerPort"), "http"),
        (("containers", 0, "startupProbe", "httpGet"), "/health/live"),
        (("containers", 0, "env"), {"PASSERELLE_UPSTREAM_AUTH": "google"}),
        (("volumes", 0, "secret", "items", 0), "latest"),
    ],
)
def test_the_schema_finds_what_is_wrong(judge: Path, field: tuple[Any, ...], wrong: Any) -> None:
    service = copy.deepcopy(documents(GOOGLE)["gateway"])
    part = service["spec"]["template"]["spec"]
    for step in field[:-1]:
        part = part[step]
    assert field[-1] in (range(len(part)) if isinstance(part, list) else part)
    part[field[-1]] = wrong
    named = [str(step) for step in field if not isinstance(step, int)]
    assert named[-1] in judged(judge, [service])


# Where Cloud Run's reference of its YAML has each: on the service, on its template.
ON_THE_SERVICE = {"run.googleapis.com/invoker-iam-disabled"}
ON_THE_TEMPLATE = {
    "autoscaling.knative.dev/minScale",
    "autoscaling.knative.dev/maxScale",
    "run.googleapis.com/cpu-throttling",
    "run.googleapis.com/execution-environment",
    "run.googleapis.com/startup-cpu-boost",
}


def test_annotations_are_where_cloud_run_reads_them_and_are_text() -> None:
    for service in documents(GOOGLE).values():
        above = service["metadata"].get("annotations", {})
        below = service["spec"]["template"]["metadata"]["annotations"]
        assert set(above) <= ON_THE_SERVICE
        assert set(below) <= ON_THE_TEMPLATE
        assert {type(each) for each in (above | below).values()} == {str}


def test_the_gateway_finds_and_follows_the_models() -> None:
    template = documents(GOOGLE)["gateway"]["spec"]["template"]
    assert template["metadata"]["annotations"]["run.googleapis.com/cpu-throttling"] == "false"
    container = template["spec"]["containers"][0]
    environ = {each["name"]: each["value"] for each in container["env"]}
    where = "https://{service}-{project_number}.europe-west1.run.app"
    assert environ["PASSERELLE_UPSTREAM"] == where
    assert environ["PASSERELLE_UPSTREAM_AUTH"] == "google"
    (mount,), (volume,) = container["volumeMounts"], template["spec"]["volumes"]
    (item,) = volume["secret"]["items"]
    assert mount["name"] == volume["name"]
    assert f"{mount['mountPath']}/{item['path']}" == environ["PASSERELLE_KEYS"]
    # Without Google's metadata server, which fills the number in: the settings know the others.
    settings.read(environ | {"PASSERELLE_UPSTREAM": where.replace("{project_number}", "12")})
    inside = documents(KNATIVE)["gateway"]["spec"]["template"]["spec"]["containers"][0]["env"]
    assert inside[0]["value"] == "http://{service}.default.svc.cluster.local"
    assert "google" not in str(inside)


def test_each_log_names_its_traces_in_the_project() -> None:
    for service in documents(GOOGLE).values():
        (container,) = service["spec"]["template"]["spec"]["containers"]
        assert {"name": "GOOGLE_CLOUD_PROJECT", "value": "my-project"} in container["env"]


def test_models_are_private_and_the_gateway_is_public() -> None:
    found = documents(GOOGLE)
    public = "run.googleapis.com/invoker-iam-disabled"
    assert found.pop("gateway")["metadata"]["annotations"][public] == "true"
    for name, service in found.items():
        assert "annotations" not in service["metadata"]
        account = service["spec"]["template"]["spec"]["serviceAccountName"]
        kind = "frontend" if name == "frontend" else "model"
        assert account == f"passerelle-{kind}@my-project.iam.gserviceaccount.com"


def test_the_page_finds_the_gateway_and_its_key() -> None:
    spec = documents(GOOGLE)["frontend"]["spec"]["template"]["spec"]
    (container,), (volume,) = spec["containers"], spec["volumes"]
    environ = {each["name"]: each["value"] for each in container["env"]}
    where = "https://gateway-{project_number}.europe-west1.run.app"
    assert environ["PASSERELLE_GATEWAY"] == where
    (item,), (mount,) = volume["secret"]["items"], container["volumeMounts"]
    assert f"{mount['mountPath']}/{item['path']}" == environ["PASSERELLE_KEY_FILE"]
    read = page.read(environ | {"PASSERELLE_GATEWAY": where.replace("{project_number}", "1")})
    assert read.https
    assert read.public_gateway == "https://gateway-1.europe-west1.run.app"
    inside = documents(KNATIVE)["frontend"]["spec"]["template"]["spec"]["containers"][0]["env"]
    assert inside[0]["value"] == "http://gateway.default.svc.cluster.local"


def written(folder: Path, fields: str) -> tuple[Model, ...]:
    """The first model of the default manifest, with other fields."""
    entry = (stack.ROOT / "models.yaml").read_text().split("\n\n")[1]
    file = folder / "models.yaml"
    file.write_text(f"version: 1\n{entry}\n{fields}")
    return reading.read(file)


def test_models_that_share_a_service_make_one_document(tmp_path: Path) -> None:
    second = "  - {id: second, like: efficientnet-lite0, service: zoo, timeout: 1m}\n"
    models = written(tmp_path, "    service: zoo\n    timeout: 200ms\n" + second)
    files = cloudrun.files(models, GOOGLE)
    assert list(files) == ["zoo.yaml", "gateway.yaml", "frontend.yaml"]
    seconds = [yaml.safe_load(each)["spec"]["template"]["spec"] for each in files.values()]
    assert [each["timeoutSeconds"] for each in seconds][:2] == [60, 65]


@pytest.mark.parametrize(("timeout", "seconds"), [("1ms", [1, 6]), ("1h", [3600, 3600])])
def test_a_timeout_is_one_that_cloud_run_takes(
    tmp_path: Path, timeout: str, seconds: list[int]
) -> None:
    files = cloudrun.files(written(tmp_path, f"    timeout: {timeout}\n"), GOOGLE)
    specs = [yaml.safe_load(each)["spec"]["template"]["spec"] for each in files.values()]
    assert [each["timeoutSeconds"] for each in specs][:2] == seconds


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ("resources: {cpu: 3, memory: 1Gi}", "no instances with 3 processors; write cpu: 1, 2, 4"),
        ("resources: {cpu: 4, memory: 1Gi}", "memory of 2048Mi to 16384Mi, not 1Gi"),
        ("resources: {cpu: 1, memory: 5Gi}", "memory of 512Mi to 4096Mi, not 5Gi"),
        ("resources: {cpu: 2, memory: 256Mi}", "memory of 512Mi to 8192Mi, not 256Mi"),
        ("service: 2nd", "2nd: Cloud Run's names begin with a letter"),
        (f"service: {'a' * 50}", "have at most 49 characters"),
    ],
)
def test_what_cloud_run_would_refuse_is_told_before(tmp_path: Path, fields: str, said: str) -> None:
    models = written(tmp_path, f"    {fields}\n")
    with pytest.raises(RenderError, match=re.escape(said)):
        cloudrun.files(models, GOOGLE)
    if "letter" not in said:
        assert cloudrun.files(models, KNATIVE)


def test_a_service_runs_as_the_manifest_says(tmp_path: Path) -> None:
    fields = "    timeout: 25s\n    resources: {cpu: 4, memory: 3Gi}\n    scale: {min: 1, max: 9}\n"
    text = cloudrun.files(written(tmp_path, fields), GOOGLE)["efficientnet-lite0.yaml"]
    template = yaml.safe_load(text)["spec"]["template"]
    container = template["spec"]["containers"][0]
    assert template["spec"]["timeoutSeconds"] == 25
    assert template["spec"]["containerConcurrency"] == 16
    assert container["resources"]["limits"] == {"cpu": "4", "memory": "3Gi"}
    image = "europe-west1-docker.pkg.dev/my-project/passerelle/efficientnet-lite0:latest"
    assert container["image"] == image
    assert container["startupProbe"]["httpGet"]["path"] == "/health/ready"
    annotations = template["metadata"]["annotations"]
    assert annotations["autoscaling.knative.dev/minScale"] == "1"
    assert annotations["autoscaling.knative.dev/maxScale"] == "9"
    assert annotations["run.googleapis.com/startup-cpu-boost"] == "true"


def test_for_knative_there_is_nothing_of_googles() -> None:
    assert "googleapis" not in cloudrun.render(MODELS, KNATIVE)
    assert "gserviceaccount" not in cloudrun.render(MODELS, KNATIVE)
    found = documents(KNATIVE)
    label = "networking.knative.dev/visibility"
    for name in ("gateway", "frontend"):
        assert label not in found.pop(name)["metadata"]["labels"]
    assert {each["metadata"]["labels"][label] for each in found.values()} == {"cluster-local"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--project", "my-project", "--region", "Mars"], "'Mars' is no region"),
        (["--project", "X", "--region", "europe-west1"], "'X' is no project's id"),
        (["--target", "nomad"], "The target 'nomad' is unknown; write cloudrun or knative"),
        (["--target", "knative"], "write where from: --registry"),
    ],
)
def test_a_wrong_option_is_told_with_its_mend(options: list[str], said: str) -> None:
    done = subprocess.run(
        [*stack.PASSERELLE, "render", "cloudrun", *options], cwd=stack.ROOT, check=False,
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1
    assert said in done.stderr


def test_each_service_can_have_a_file_of_its_own(tmp_path: Path) -> None:
    options = ["--project", "my-project", "--region", "europe-west1", "-o", str(tmp_path)]
    subprocess.run([*stack.PASSERELLE, "render", "cloudrun", *options], cwd=stack.ROOT, check=True)
    assert {file.stem for file in tmp_path.iterdir()} == {
        "gateway", "frontend", *(m.id for m in MODELS),
    }  # fmt: skip
