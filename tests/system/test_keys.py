"""Keys and who asks, against a real gateway and a backend that tells what it was sent."""

import concurrent.futures
import contextlib
import http.client
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from gateway.keys import wrong_keys
from passerelle.cli import main
from passerelle.client import Client, errors
from tests.support import processes, raw_backend, stack
from tests.support.processes import Door

MODELS = """\
version: 1
models:
  - id: own
    backend: {{url: "http://127.0.0.1:{port}", path: /told}}
  - id: open
    public: true
    backend: {{url: "http://127.0.0.1:{port}", path: /told}}
"""
WRONG = "psl_00000000_" + "A" * 43
PROXIES = {"PASSERELLE_TRUSTED_PROXIES": "127.0.0.1", "PASSERELLE_PROXY_HEADER": "X-Forwarded-For"}
SPOOFED = {
    "X-Auth-User": "admin", "X-Auth-Request-Email": "admin@example.org", "X-Request-ID": "a b",
    "X-Request-Start": "t=1", "X-Forwarded-For": "1.1.1.1, 198.51.100.9",
    "X-Forwarded-User": "admin",
    "X-Forwarded-Host": "evil.example", "Forwarded": "for=1.1.1.1", "X-Real-IP": "1.1.1.1",
    "Remote-User": "admin", "X-Remote-User": "admin", "X-Authenticated-Userid": "admin",
    "X-Goog-IAP-JWT-Assertion": "a.b.c", "X-Consumer-Username": "admin",
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys")


@pytest.fixture(scope="module")
def door(folder: Path) -> Iterator[Door]:
    """A gateway behind a proxy that is trusted, in front of the backend."""
    with raw_backend.running() as backend:
        manifest = MODELS.format(port=backend.port)
        with processes.gateway(
            folder,
            "http://127.0.0.1:1",
            manifest=manifest,
            environ=PROXIES
            | {
                "PASSERELLE_USAGE": str(folder / "usage.db"),
                "PASSERELLE_MAX_WRONG_KEYS": str(wrong_keys.MAX_FAILURES),
            },
        ) as found:
            stack.wait_for(lambda: found.model()["status"] == "ready", 20)
            yield found


def ask(door: Door, key: str | None, model: str = "own", **headers: str) -> requests.Response:
    """What the backend tells that it was sent, or the gateway's problem."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    given |= {"X-API-Key": key} if key is not None else {}
    return requests.post(f"{door.url}/model/{model}/predict", b"x", headers=given, timeout=30)


def sent(answer: requests.Response) -> dict[str, str]:
    """The headers that the backend was sent; their names in lower case, with dashes."""
    assert answer.status_code == 200, answer.text
    return {name.lower().replace("_", "-"): value for name, value in answer.json()["headers"]}


def keys(folder: Path, *words: str) -> str:
    """What `passerelle keys` prints, asked about the gateway's file."""
    shown = CliRunner().invoke(main.main, ["keys", *words, "--keys", str(folder / "keys.yaml")])
    assert shown.exit_code == 0, shown.output
    return shown.stdout.strip()


def works(door: Door, key: str) -> bool:
    return ask(door, key, X_Forwarded_For="192.0.2.1").status_code == 200


# Gateway-behaviour, Identity: keys.


def test_a_running_gateway_follows_new_rotated_and_revoked_keys(door: Door, folder: Path) -> None:
    old = keys(folder, "new", "--name", "alice", "--model", "own")
    stack.wait_for(lambda: works(door, old), 10)
    new = keys(folder, "rotate", "alice", "--overlap", "1h")
    stack.wait_for(lambda: works(door, new), 10)
    assert works(door, old)  # both, for as long as they overlap
    listed = json.loads(keys(folder, "list", "--json"))["keys"]
    assert [each["status"] for each in listed if each["name"] == "alice"] == ["valid"] * 2
    keys(folder, "revoke", old.split("_")[1])  # its prefix
    stack.wait_for(lambda: not works(door, old), 10)
    assert works(door, new)
    assert works(door, door.key)


def test_a_key_has_no_more_than_its_verbs_and_models(door: Door, folder: Path) -> None:
    reads = keys(folder, "new", "--name", "reader", "--model", "own", "--verb", "read")
    asks = keys(folder, "new", "--name", "asker", "--model", "open", "--verb", "predict")
    address = {"X-Forwarded-For": "192.0.2.5"}

    def get(key: str) -> requests.Response:
        headers = {"X-API-Key": key} | address
        return requests.get(f"{door.url}/models", headers=headers, timeout=10)

    stack.wait_for(lambda: get(asks).status_code == 403, 10)
    assert [each["id"] for each in get(reads).json()["models"]] == ["own", "open"]
    refused = ask(door, reads)
    assert refused.status_code == 403
    assert "has no right to predict" in refused.json()["detail"]
    assert ask(door, asks, "open").status_code == 200
    assert ask(door, asks).status_code == 403


def test_a_key_in_the_address_is_refused_even_where_none_is_needed(door: Door) -> None:
    for name in ("key", "api_key", "x-api-key", "access_token"):
        for model in ("own", "open"):
            url = f"{door.url}/model/{model}/predict?{name}={door.key}"
            answer = requests.post(url, b"x", timeout=10)
            assert answer.status_code == 401
            assert "ends up in logs" in answer.json()["detail"]


def test_a_public_model_is_asked_without_a_key_by_the_sdk_and_the_command(door: Door) -> None:
    assert sent(ask(door, None, "open"))
    assert ask(door, None).status_code == 401
    with Client(door.url, retries=0) as client:
        assert client.model("open")["status"] == "ready"
        with pytest.raises(errors.Refused, match="There is no key"):
            client.models()
    shown = CliRunner().invoke(main.main, ["models", "--url", door.url])
    assert "There is no key" in shown.output


# Gateway-behaviour, Identity: whoever guesses.


def test_who_guesses_keys_is_slowed_down_and_who_has_one_is_not(door: Door) -> None:
    address = "192.0.2.2"

    def timed(key: str, **headers: str) -> tuple[int, float]:
        began = time.monotonic()
        return ask(door, key, **headers).status_code, time.monotonic() - began

    for _ in range(wrong_keys.MAX_FAILURES):
        assert timed(WRONG, X_Forwarded_For=address)[0] == 401

    def overtakes() -> bool:
        """Whether a valid key is answered before guesses that began before it."""
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            header = f"203.0.113.7, {address}"
            guesses = [pool.submit(timed, WRONG, X_Forwarded_For=header) for _ in range(4)]
            stack.wait_for(lambda: all(e.running() or e.done() for e in guesses), 5)
            assert timed(door.key, X_Forwarded_For=address)[0] == 200
            is_first = not any(each.done() for each in guesses)
            for each in guesses:
                status, seconds = each.result()
                assert (status, seconds >= wrong_keys.DELAY) == (401, True)
        return is_first

    stack.wait_for(overtakes, 20)  # a machine that is busy may need more than one try
    others = [timed(WRONG, X_Forwarded_For="192.0.2.3")[1] for _ in range(5)]
    assert min(others) < wrong_keys.DELAY


# Gateway-behaviour, Identity: what the gateway itself sets, and credentials.


@pytest.mark.parametrize("model", ["own", "open"])
def test_every_header_that_the_gateway_sets_is_removed_as_a_client_sent_it(
    door: Door, model: str
) -> None:
    key = door.key if model == "own" else None
    plain = sent(ask(door, key, model))
    found = sent(ask(door, key, model, **SPOOFED, X_Mine="1"))
    assert found.pop("x-mine") == "1"
    assert found.keys() == plain.keys()
    values = set(SPOOFED.values())
    said = [name for name, value in found.items() if value in values or "1.1.1.1" in value]
    assert not said, found


def test_a_header_spelt_with_underscores_gets_no_further_than_the_door(door: Door) -> None:
    for name in ("X_Auth_User", "X_Forwarded_For", "x_api_key", "X-Request_ID"):
        connection = http.client.HTTPConnection(door.url.removeprefix("http://"), timeout=10)
        with contextlib.closing(connection):
            connection.request("POST", "/model/open/predict", b"x", {name: "admin"})
            answer = connection.getresponse()
            assert (answer.status, b"underscore" in answer.read()) == (400, True)


@pytest.mark.parametrize("way", ["X-API-Key", "Authorization", "both", "empty"])
def test_credentials_are_stripped_before_the_backend_sees_the_request(door: Door, way: str) -> None:
    bearer = {"Authorization": f"Bearer {door.key}"}
    headers = {
        "X-API-Key": {"X-API-Key": door.key}, "Authorization": bearer,
        "both": {"X-API-Key": door.key} | bearer, "empty": {"X-API-Key": ""} | bearer,
    }[way]  # fmt: skip
    answer = requests.post(
        f"{door.url}/model/own/predict", b"x", timeout=10,
        headers=headers | {"Cookie": "session=1", "Proxy-Authorization": "Basic eDp5"},
    )  # fmt: skip
    found = sent(answer)
    withheld = {"x-api-key", "authorization", "cookie", "proxy-authorization"}
    assert withheld.isdisjoint(found)
    assert door.key not in answer.text


# What is kept of each.


def test_the_list_says_when_each_key_was_last_used(door: Door, folder: Path) -> None:
    assert works(door, door.key)

    def last_uses() -> dict[str, str | None]:
        listed = json.loads(keys(folder, "list", "--json", "--usage", str(folder / "usage.db")))
        return {each["name"]: each["last_use"] for each in listed["keys"]}

    stack.wait_for(lambda: last_uses()["test"], 15)  # it is written every few seconds
    keys(folder, "new", "--name", "unused")
    assert last_uses()["unused"] is None


# Gateway-behaviour, Proxying, line 7: whose request it is.


def test_the_clients_address_is_what_trusted_proxies_say_and_the_log_has_it(door: Door) -> None:
    header = "1.1.1.1, 198.51.100.7, 127.0.0.1"
    request_id = ask(door, door.key, X_Forwarded_For=header).headers["X-Request-ID"]
    assert logged(door, request_id)["client"] == "198.51.100.7"
    plain = ask(door, door.key).headers["X-Request-ID"]
    assert logged(door, plain)["client"] == "127.0.0.1"


def logged(door: Door, request_id: str) -> dict[str, Any]:
    """The line of a request; it is written after its answer."""
    found: list[dict[str, Any]] = []

    def look() -> bool:
        lines = [each for each in door.log.read_text().splitlines() if request_id in each]
        found[:] = map(json.loads, lines)
        return bool(found)

    stack.wait_for(look, 5)
    return found[0]
