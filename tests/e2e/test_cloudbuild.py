"""The Cloud Build files, step by step, each time on an engine that knows nothing."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.e2e import cloudbuild, composed, conftest
from tests.support import stack

MODEL = "efficientnet-lite0"
FILES = stack.ROOT / "cloudbuild"
NAMES = ("base", "model", "gateway", "frontend")
STEP = re.compile(r"^#(\d+) \[(?:(\S+) )?\d+/\d+\] ((?:RUN|COPY) .*)$", re.MULTILINE)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return composed.checkout(tmp_path_factory.mktemp("cloudbuild") / "workspace")


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    for command in ("docker-registry", "dockerd", "ip"):
        if not shutil.which(command):
            pytest.skip(f"{command} is not installed")
    if not cloudbuild.capable():
        pytest.skip("no docker command here builds with BuildKit; install buildx")
    with cloudbuild.registry(tmp_path_factory.mktemp("registry")) as at:
        yield at


def build_all(
    workspace: Path, at: str, commit: str, names: tuple[str, ...] = NAMES
) -> dict[str, cloudbuild.Build]:
    """Each file's build, one after the other, on one fresh machine."""
    with cloudbuild.machine(conftest.BASE) as environ:
        return {
            name: cloudbuild.Build(FILES / f"{name}.yaml", workspace, at, SHORT_SHA=commit).run(
                environ
            )
            for name in names
        }


def steps(log: str) -> tuple[set[str], set[str]]:
    """The steps of the builds in a log: those that were run, and those from a cache."""
    ran, cached = set(), set()
    for part in re.split(r"^#1 \[internal\]", log, flags=re.MULTILINE):
        found = {number: f"{stage} {step}" for number, stage, step in STEP.findall(part)}
        hits = set(re.findall(r"^#(\d+) CACHED", part, re.MULTILINE))
        cached |= {step for number, step in found.items() if number in hits}
        done = set(re.findall(r"^#(\d+) DONE", part, re.MULTILINE))
        ran |= {step for number, step in found.items() if number in done - hits}
    return ran, cached


def layers(at: str, name: str, tag: str) -> list[str]:
    """The digests of an image's layers, as the registry has them."""
    answer = requests.get(
        f"http://{at}/v2/my-project/passerelle/{name}/manifests/{tag}", timeout=10,
        headers={"Accept": "application/vnd.docker.distribution.manifest.v2+json"},
    )  # fmt: skip
    return [each["digest"] for each in answer.json()["layers"]]


def label(at: str, name: str, tag: str) -> dict[str, Any]:
    """An image's labels."""
    url = f"http://{at}/v2/my-project/passerelle/{name}"
    accept = {"Accept": "application/vnd.docker.distribution.manifest.v2+json"}
    manifest = requests.get(f"{url}/manifests/{tag}", timeout=10, headers=accept).json()
    config = requests.get(f"{url}/blobs/{manifest['config']['digest']}", timeout=10).json()
    labels: dict[str, Any] = config["config"]["Labels"]
    return labels


def test_the_files_build_push_and_deploy_and_reuse_every_layer_the_second_time(
    workspace: Path, registry: str
) -> None:
    first = build_all(workspace, registry, "aaaaaaa")
    assert any("baked RUN for recipe" in step for step in steps(first["model"].log)[0])
    deployed = first["model"].deployed
    assert deployed[:4] == ["gcloud", "run", "deploy", MODEL]
    image = f"europe-west1-docker.pkg.dev/my-project/passerelle/{MODEL}:aaaaaaa"
    assert f"--image={image}" in deployed
    assert {"--region=europe-west1", "--no-allow-unauthenticated"} <= set(deployed)
    assert first["gateway"].deployed[:4] == ["gcloud", "run", "deploy", "gateway"]
    assert "--no-allow-unauthenticated" not in first["gateway"].deployed
    page = first["frontend"].deployed
    assert page[:4] == ["gcloud", "run", "deploy", "frontend"]
    assert "--no-allow-unauthenticated" in page  # it asks for no key
    assert first["base"].deployed == [""]
    labels = label(registry, MODEL, "aaaaaaa")
    assert re.fullmatch("[0-9a-f]{64}", labels["passerelle.model.digest"])

    second = build_all(workspace, registry, "bbbbbbb")
    for name, build in second.items():
        ran, cached = steps(build.log)
        print(f"{name}: {len(cached)} steps from the cache, {len(ran)} run {sorted(ran)}")  # noqa: T201
    for name in (MODEL, "gateway", "frontend", "model-base"):
        assert layers(registry, name, "aaaaaaa") == layers(registry, name, "bbbbbbb"), name

    app = workspace / "services" / "model" / "app.py"
    app.write_text(app.read_text() + "# changed\n")
    third = build_all(workspace, registry, "ccccccc", ("base", "model"))
    ran, cached = steps(third["model"].log)
    print(f"code only: {len(cached)} steps from the cache, run {sorted(ran)}")  # noqa: T201
    assert not [s for s in ran if s.startswith(("pip ", "server ", "tools ", "baked RUN"))], ran
    before, after = layers(registry, MODEL, "bbbbbbb"), layers(registry, MODEL, "ccccccc")
    assert len(before) == len(after)
    assert sum(was != now for was, now in zip(before, after, strict=True)) == 1
