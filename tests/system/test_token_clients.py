"""Every client that sends a key sends a token as well: to each of the gateway's APIs."""

import asyncio
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from huggingface_hub import InferenceClient, errors

from passerelle.client import AsyncClient, Client
from passerelle.client.errors import Refused
from tests import conftest
from tests.support import processes, stack, token_issuer
from tests.support.processes import LITE0, Door
from tests.support.token_issuer import Issuer


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Issuer]:
    with token_issuer.running(tmp_path_factory.mktemp("issuer") / "files") as found:
        found.publish("acme", 1)
        yield found


@pytest.fixture(scope="module")
def door(issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A gateway in front of a real model."""
    folder, at = tmp_path_factory.mktemp("door"), f"127.0.0.1:{stack.free_port()}"
    entry = (stack.ROOT / "models.yaml").read_text().split("\n\n")[1]
    tokens = f'tokens: [{{issuer: "{issuer.name("acme")}", audience: passerelle}}]'
    artifacts = conftest.shared_state(folder / "state") / "artifacts"
    with (
        processes.service(processes.artifact(artifacts), at),
        processes.gateway(
            folder, f"http://{at}", manifest=f"version: 1\n{tokens}\n{entry}\n"
        ) as found,
    ):
        stack.wait_for(lambda: found.model()["status"] == "ready", 30)
        yield found


def test_the_sdk_asks_for_a_token_each_time(issuer: Issuer, door: Door) -> None:
    given = list[str]()

    def current() -> str:
        given.append(issuer.token("acme", sub=f"alice-{len(given)}"))
        return given[-1]

    with Client(door.url, token=current, retries=0) as client:
        assert [each["id"] for each in client.models()] == [LITE0]
        assert "cat" in client.predict(LITE0, stack.CAT).document["category"]
        assert client.history()["models"]
    assert len(given) == 3
    with Client(door.url, issuer.token("acme"), retries=0) as client:  # as X-API-Key
        assert client.models()


def test_the_sdk_on_an_event_loop_sends_one_too(issuer: Issuer, door: Door) -> None:
    async def ask() -> list[str]:
        async with AsyncClient(door.url, token=issuer.token("acme"), retries=0) as client:
            return [each["id"] for each in await client.models()]

    assert asyncio.run(ask()) == [LITE0]


def test_the_sdk_says_why_a_token_is_not_taken(issuer: Issuer, door: Door) -> None:
    with Client(door.url, token=issuer.token("acme", exp=1.0), retries=0) as client:
        with pytest.raises(Refused, match="This token has expired") as caught:
            client.models()
        assert caught.value.status == 401


def test_the_command_line_sends_one(issuer: Issuer, door: Door, tmp_path: Path) -> None:
    def run(*arguments: str, **environ: str) -> str:
        done = subprocess.run(
            [*stack.PASSERELLE, *arguments, "--url", door.url], check=False, cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(stack.ROOT)} | environ, capture_output=True,
            text=True,
        )  # fmt: skip
        return done.stdout + done.stderr

    assert LITE0 in run("models", "--token", issuer.token("acme"))
    (tmp_path / "cat.png").write_bytes(stack.CAT)
    shown = run("predict", "cat.png", "--top", "1", PASSERELLE_TOKEN=issuer.token("acme"))
    assert "cat" in shown
    narrow = issuer.token("acme", scope="passerelle:read:*")
    assert "This token has no right to predict" in run("predict", "cat.png", "--token", narrow)


def test_hugging_faces_client_sends_one_as_its_own(issuer: Issuer, door: Door) -> None:
    model = f"{door.url}/hf/{LITE0}"
    found = InferenceClient(model=model, token=issuer.token("acme")).image_classification(stack.CAT)
    assert "cat" in found[0].label
    changes: tuple[tuple[dict[str, Any], int], ...] = (({"scope": ""}, 403), ({"aud": "x"}, 401))
    for changed, status in changes:
        refused = InferenceClient(model=model, token=issuer.token("acme", **changed))
        with pytest.raises(errors.HfHubHTTPError) as caught:
            refused.image_classification(stack.CAT)
        assert caught.value.response.status_code == status


def test_the_v2_protocol_takes_one(issuer: Issuer, door: Door) -> None:
    def status(method: str, path: str, **changed: Any) -> int:
        headers = {"Authorization": f"Bearer {issuer.token('acme', **changed)}"}
        return requests.request(
            method, f"{door.url}/v2{path}", headers=headers, timeout=30
        ).status_code

    for method, path in (("GET", ""), ("GET", f"/models/{LITE0}"), ("POST", "/repository/index")):
        assert status(method, path) == 200
        assert status(method, path, scope="openid") == 403
        assert status(method, path, aud="other") == 401
    assert status("POST", f"/models/{LITE0}/infer", scope="passerelle:read:*") == 403
    assert (
        status("POST", f"/models/{LITE0}/infer", scope="passerelle:predict:*") == 400
    )  # no tensor
