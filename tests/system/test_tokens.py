"""A gateway that takes the tokens of an identity provider, which is a process of its own."""

import asyncio
import base64
import hashlib
import hmac
import itertools
import json
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests

from gateway.tokens import key_source
from tests.support import processes, raw_backend, signing, stack, token_issuer
from tests.support.processes import Door
from tests.support.token_issuer import Issuer

REALMS = (
    "plain",
    "rotated",
    "removed",
    "asked",
    "invented",
    "html",
    "large",
    "elsewhere",
    "other",
    "half",
)
ODD: dict[str, dict[str, Any]] = {
    "html": {"body": "<h1>Log in</h1>"},
    "large": {"body": json.dumps({"keys": [" " * 300_000]})},
    "elsewhere": {"status": 302, "headers": {"Location": "/plain/keys"}},
    "other": {"issuer": "https://login.example.com"},
    "half": {"missing": 100},
}  # what realms publish in place of their keys
COUNT = itertools.count()  # of requests


def manifest(backend: int, *issuers: str) -> str:
    """Two models, and these issuers."""
    entries = "".join(f'  - {{issuer: "{each}", audience: passerelle}}\n' for each in issuers)
    address = f'{{url: "http://127.0.0.1:{backend}", path: /told}}'
    return (
        f"version: 1\ntokens:\n{entries}models:\n  - {{id: told, backend: {address}}}\n"
        f"  - {{id: other, backend: {address}}}\n"
    )


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Issuer]:
    with token_issuer.running(tmp_path_factory.mktemp("issuer") / "files") as found:
        for realm in REALMS:
            found.publish(realm, 1, **ODD.get(realm, {}))
        yield found


@pytest.fixture(scope="module")
def door(issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A gateway that takes the tokens of all realms."""
    with raw_backend.running() as backend:
        text = manifest(backend.port, *map(issuer.name, REALMS))
        folder = tmp_path_factory.mktemp("door")
        proxies = {"PASSERELLE_TRUSTED_PROXIES": "127.0.0.1"}
        with processes.gateway(
            folder, "http://127.0.0.1:1", environ=proxies, manifest=text
        ) as found:
            stack.wait_for(lambda: found.model()["status"] == "ready", 20)
            yield found


def credentials(token: str) -> dict[str, str]:
    """The headers of a request with a token, each from another address: so none is slowed down."""
    number = next(COUNT)
    address = f"10.1.{number // 256}.{number % 256}"
    return {"Authorization": f"Bearer {token}", "X-Forwarded-For": address}


def ask(door: Door, token: str, path: str = "/models", **headers: str) -> requests.Response:
    """What a request with a token is answered."""
    headers = {**credentials(token), **headers}
    return requests.get(door.url + path, headers=headers, timeout=30)


def predict(door: Door, token: str, model: str = "told", **headers: str) -> requests.Response:
    """The same of a prediction."""
    headers = {**credentials(token), **headers}
    return requests.post(f"{door.url}/model/{model}/predict", b"x", headers=headers, timeout=30)


def test_a_token_is_taken_and_neither_logged_nor_passed_on(issuer: Issuer, door: Door) -> None:
    token = issuer.token("plain", sub="alice-1")
    answer = predict(door, token)
    assert answer.status_code == 200, answer.text
    assert token.partition(".")[0] not in answer.text
    assert predict(door, token[:-4] + "AAAA").status_code == 401
    assert [each["id"] for each in ask(door, token).json()["models"]] == ["told", "other"]
    for headers in ({"X-API-Key": token}, {"Authorization": f"bearer  {token}"}):
        assert requests.get(f"{door.url}/history", headers=headers, timeout=30).status_code == 200
    log = door.log.read_text()
    assert '"key": "alice-1"' in log
    assert not any(part in log for part in token.split("."))


def test_an_authorization_beside_a_token_is_the_backends_unless_it_is_the_same(
    issuer: Issuer, door: Door
) -> None:
    token = issuer.token("plain")
    own = predict(door, "for-the-backend", **{"X-API-Key": token})
    assert "Bearer for-the-backend" in own.text
    both = predict(door, token, **{"X-API-Key": token})
    assert both.status_code == 200
    assert not any(part in both.text for part in ("Bearer", *token.split(".")))


def test_scopes_say_what_a_token_may_do(issuer: Issuer, door: Door) -> None:
    narrow = issuer.token("plain", scope="openid passerelle:predict:told passerelle:read:told")
    assert predict(door, narrow).status_code == 200
    assert [each["id"] for each in ask(door, narrow).json()["models"]] == ["told"]
    for answer in (predict(door, narrow, "other"), ask(door, narrow, "/models/other")):
        assert answer.status_code == 403
        assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]
        assert "This token may not use 'other', only: told." in answer.json()["detail"]
    for scope in (None, "", "openid", "predict:*", ["read:*"]):
        nothing = issuer.token("plain", scope=scope)
        assert {predict(door, nothing).status_code, ask(door, nothing).status_code} == {403}


def forged(token: str, **header: Any) -> str:
    """A token with another header, signed with what anybody knows of its key."""
    text = f"{signing.encode(signing.written(header))}.{token.split('.')[1]}"
    digest = hmac.new(signing.pem(), text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def test_no_trick_makes_a_token(issuer: Issuer, door: Door) -> None:
    good, now = issuer.token("plain"), time.time()
    header, payload, signature = good.split(".")
    none = signing.encode(b'{"alg": "none", "typ": "JWT"}')
    own = signing.jwk(number=3)
    for text in (
        f"{none}.{payload}.", f"{none}.{payload}.AA", f"{none}.{payload}.{signature}",
        forged(good, alg="HS256", typ="JWT", kid="key-1"), f"{good}A", f"{good}.", f".{good}",
        f"{header}.{payload}.", f"{header}.{payload}.{'A' * len(signature)}", "a.b.c.d.e",
        issuer.token("plain", number=3), issuer.token("plain", aud="other"),
        issuer.token("plain", aud=None), issuer.token("plain", iss=issuer.name("plain") + "/"),
        issuer.token("plain", exp=now - 60), issuer.token("plain", exp=str(now + 60)),
        issuer.token("plain", exp=None), issuer.token("plain", nbf=now + 120),
        issuer.token("plain", sub=None), issuer.token("plain", iss=issuer.name("rotated") + "x"),
        signing.token(signing.claims(iss=issuer.name("plain"), exp=now + 60), number=3, jwk=own),
        signing.token(signing.claims(iss=issuer.name("plain"), exp=now + 60), crit=["exp"]),
        "x" * 20_000, "nonsense",
    ):  # fmt: skip
        answer = predict(door, text)
        assert answer.status_code == 401, text
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
        assert not [part for part in text.split(".") if len(part) > 8 and part in answer.text]
    assert predict(door, good).status_code == 200


def test_new_keys_are_followed_without_a_refusal(issuer: Issuer, door: Door) -> None:
    statuses, number, stopped = list[int](), [1], threading.Event()

    def keep_asking() -> None:
        while not stopped.is_set():
            token = issuer.token("rotated", number=number[0])
            statuses.append(predict(door, token).status_code)

    def wait_for_answers(count: int) -> None:
        enough = len(statuses) + count
        stack.wait_for(lambda: len(statuses) >= enough, 20)

    threads = [threading.Thread(target=keep_asking) for _ in range(4)]
    for each in threads:
        each.start()
    wait_for_answers(20)
    issuer.publish("rotated", 1, 2)
    number[0] = 2
    wait_for_answers(40)
    stopped.set()
    for each in threads:
        each.join()
    assert set(statuses) == {200}


def test_a_key_that_is_no_longer_published_is_no_longer_taken(issuer: Issuer, door: Door) -> None:
    old = issuer.token("removed")
    assert predict(door, old).status_code == 200
    issuer.publish("removed", 2)
    assert predict(door, issuer.token("removed", number=2)).status_code == 200
    assert predict(door, old).status_code == 401


def test_two_hundred_at_once_cause_one_fetch(issuer: Issuer, door: Door) -> None:
    assert ask(door, issuer.token("asked")).status_code == 200
    before = issuer.asked("asked")
    issuer.publish("asked", 1, 2, delay=0.5)
    token = issuer.token("asked", number=2)

    async def all_at_once() -> list[int]:
        limits = httpx.Limits(max_connections=200)
        async with httpx.AsyncClient(trust_env=False, timeout=30, limits=limits) as client:
            headers = {"Authorization": f"Bearer {token}"}
            asked = [client.get(f"{door.url}/models", headers=headers) for _ in range(200)]
            return [each.status_code for each in await asyncio.gather(*asked)]

    assert set(asyncio.run(all_at_once())) == {200}
    assert issuer.asked("asked") == before + 1


def test_keys_that_are_invented_cause_a_fetch_every_ten_seconds(issuer: Issuer, door: Door) -> None:
    before, began = issuer.asked("invented"), time.monotonic()
    told = signing.claims(iss=issuer.name("invented"), exp=time.time() + 600, iat=None)
    with requests.Session() as session:
        for number in range(100):
            token = signing.token(told, kid=f"none-{number}")
            answer = session.get(f"{door.url}/models", headers=credentials(token), timeout=30)
            assert answer.status_code == 401
    assert issuer.asked("invented") - before <= 1 + (time.monotonic() - began) // 10
    assert ask(door, issuer.token("invented")).status_code == 200


@pytest.mark.parametrize("realm", ODD)
def test_an_issuer_that_publishes_nonsense_is_not_understood_and_not_the_clients_fault(
    issuer: Issuer, door: Door, realm: str
) -> None:
    answer = ask(door, issuer.token(realm))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "keys of this token's issuer can't be had" in answer.json()["detail"]
    lines = [json.loads(each) for each in door.log.read_text().splitlines() if realm in each]
    assert [each for each in lines if each.get("issuer") == issuer.name(realm)]


def test_a_new_reading_of_the_manifest_keeps_the_keys_and_takes_new_issuers(
    issuer: Issuer, door: Door
) -> None:
    file = door.log.parent / "models.yaml"
    issuer.publish("late", 1)
    late = issuer.token("late")
    assert ask(door, late).status_code == 401
    before = issuer.asked("plain")
    text = file.read_text()
    entry = f'  - {{issuer: "{issuer.name("late")}", audience: passerelle}}\nmodels:'
    file.write_text(text.replace("models:", entry))
    stack.wait_for(lambda: ask(door, late).status_code == 200, 20)
    assert ask(door, issuer.token("plain")).status_code == 200
    assert issuer.asked("plain") == before


def test_an_issuer_that_is_down_for_a_while_hurts_nobody(tmp_path: Path) -> None:
    with (
        token_issuer.running(tmp_path / "files", is_up=False) as issuer,
        raw_backend.running() as backend,
        processes.gateway(
            tmp_path, "http://127.0.0.1:1", manifest=manifest(backend.port, issuer.name("a"))
        ) as door,
    ):
        issuer.publish("a", 1)
        early = ask(door, issuer.token("a"))
        assert (early.status_code, early.headers["Retry-After"]) == (503, "5")
        issuer.start()
        stack.wait_for(lambda: ask(door, issuer.token("a")).status_code == 200, 20)
        assert issuer.process
        issuer.process.send_signal(signal.SIGSTOP)  # takes connections, and says nothing
        asked = threading.Thread(target=ask, args=(door, issuer.token("a", number=2)))
        asked.start()
        for _ in range(20):
            began = time.monotonic()
            assert ask(door, issuer.token("a")).status_code == 200
            assert time.monotonic() - began < key_source.WAIT  # nobody waits for the issuer
        issuer.kill()
        asked.join()
        assert ask(door, issuer.token("a")).status_code == 200
        assert ask(door, issuer.token("a", number=2)).status_code == 401


def certificate(folder: Path, name: str) -> Path:
    """A certificate of localhost's own making; its key is in the file `name`.pem."""
    file, key = folder / f"{name}.crt", folder / f"{name}.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-keyout", str(key), "-out", str(file), "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost"],
        check=True, capture_output=True,
    )  # fmt: skip
    key.write_text(key.read_text() + file.read_text())
    return file


def test_an_issuer_is_believed_by_its_certificate_alone(tmp_path: Path) -> None:
    trusted = {"REQUESTS_CA_BUNDLE": str(certificate(tmp_path, "known"))}
    certificate(tmp_path, "unknown")
    with (
        token_issuer.running(tmp_path / "a", is_up=False) as known,
        token_issuer.running(tmp_path / "b", is_up=False) as unknown,
    ):
        for issuer, name in ((known, "known"), (unknown, "unknown")):
            issuer.publish("a", 1)
            issuer.start(str(tmp_path / f"{name}.pem"))
        text = manifest(stack.free_port(), known.name("a"), unknown.name("a"))
        with processes.gateway(
            tmp_path, "http://127.0.0.1:1", environ=trusted, manifest=text
        ) as door:
            assert ask(door, known.token("a")).status_code == 200
            assert ask(door, unknown.token("a")).status_code == 503
            assert "CERTIFICATE_VERIFY_FAILED" in door.log.read_text()
