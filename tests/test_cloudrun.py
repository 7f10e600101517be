"""What is rendered for Cloud Run and Knative, judged by Knative's own schema."""

import copy
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from passerelle import manifest
from passerelle.render import cloudrun
from tests import stack

MODELS = manifest.read(stack.ROOT / "models.yaml")
GOOGLE = cloudrun.Options(project="my-project", region="europe-west1")
KNATIVE = cloudrun.Options(target="knative", registry="registry.example.org/passerelle")
SCHEMA = "@kubernetes-models/knative@4.0.0"
JUDGE = """
import { Service } from "@kubernetes-models/knative/serving.knative.dev/v1/Service";
import { readFileSync } from "node:fs";
for (const each of JSON.parse(readFileSync(0))) new Service(each).validate();
"""


def documents(options: cloudrun.Options) -> dict[str, Any]:
    text = cloudrun.render(MODELS, options)
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
    assert len(services) == 5
    assert judged(judge, services) == ""
    wrong = copy.deepcopy(services)
    wrong[0]["spec"]["template"]["spec"]["containerConcurrency"] = "many"
    assert "containerConcurrency" in judged(judge, wrong)


def test_models_are_private_and_the_gateway_is_public() -> None:
    found = documents(GOOGLE)
    public = "run.googleapis.com/invoker-iam-disabled"
    assert found.pop("gateway")["metadata"]["annotations"][public] == "true"
    for service in found.values():
        assert "annotations" not in service["metadata"]
        account = service["spec"]["template"]["spec"]["serviceAccountName"]
        assert account == "passerelle-model@my-project.iam.gserviceaccount.com"


def test_a_service_runs_as_the_manifest_says(tmp_path: Path) -> None:
    entry = (stack.ROOT / "models.yaml").read_text().split("\n\n")[1]
    file = tmp_path / "models.yaml"
    file.write_text(
        f"version: 1\n{entry}\n    timeout: 25s\n    resources: {{cpu: 4, memory: 3Gi}}\n"
        "    scale: {min: 1, max: 9}\n"
    )
    text = cloudrun.files(manifest.read(file), GOOGLE)["efficientnet-lite0.yaml"]
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
    assert label not in found.pop("gateway")["metadata"]["labels"]
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
    assert {file.stem for file in tmp_path.iterdir()} == {"gateway", *(m.id for m in MODELS)}
