"""Pictures by their addresses, from a web server on a network of its own.

Making that network takes root, and these tests are skipped elsewhere; which addresses are public,
and how an address is read, the unit tests show without one.
"""

import concurrent.futures
import json
import subprocess
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from passerelle.client import answers, errors
from tests.conftest import shared_state
from tests.support import other_network, stack
from tests.support.other_network import INSIDE, OTHER, PUBLIC

pytestmark = pytest.mark.skipif(
    not other_network.is_possible(), reason="making a network takes root, ip, unshare"
)

MODEL = "efficientnet-lite0"
PATH = f"/model/{MODEL}/predict"
MAX_BODY = 1_000_000


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for PUBLIC alone, with its key."""
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    command = f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=host -keyout {file}"
    command += f" -out {file}.crt -addext subjectAltName=IP:{PUBLIC}"
    subprocess.run(command.split(), check=True, capture_output=True)
    file.write_bytes(file.read_bytes() + Path(f"{file}.crt").read_bytes())
    return file


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory, certificate: Path) -> Iterator[Path]:
    """The web server's log."""
    log = tmp_path_factory.mktemp("host") / "log"
    log.touch()
    script = stack.ROOT / "tests" / "support" / "picture_host.py"
    arguments = stack.PICTURES / "chelsea.png", log, certificate
    with other_network.serving(script, *map(str, arguments)):
        yield log


@pytest.fixture(scope="module")
def up(
    tmp_path_factory: pytest.TempPathFactory,
    host: Path,  # noqa: ARG001  # it is there first
    certificate: Path,
) -> Iterator[stack.Stack]:
    """A model with a cache, and a gateway that may fetch from anywhere."""
    folder = tmp_path_factory.mktemp("by-url")
    manifest = folder / "models.yaml"
    everything = (stack.ROOT / "models.yaml").read_text()
    first = everything.partition("\n  - id: efficientnet-lite0-int8")[0]
    manifest.write_text(f"{first}\n    cache: {{size: 9, ttl: 60s}}\nfetch: {{hosts: ['*']}}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PASSERELLE_MAX_BODY", str(MAX_BODY))
        patch.setenv("SSL_CERT_FILE", f"{certificate}.crt")
        with stack.running(manifest, shared_state(folder / "state")) as running:
            yield running


def ask(up: stack.Stack, url: Any, **options: Any) -> requests.Response:
    return up.request("POST", PATH, json={"url": url}, **options)


def there(path: str, host: str = PUBLIC) -> str:
    return f"http://{host}/{path}"


def asked(log: Path) -> list[dict[str, Any]]:
    """The requests that the web server was sent."""
    return [json.loads(line) for line in log.read_text().splitlines()]


def test_a_picture_by_its_address_has_the_answer_that_its_bytes_have(
    up: stack.Stack, host: Path
) -> None:
    sent, fetched = up.predict(MODEL).json(), ask(up, there("cat.png"))
    assert fetched.status_code == 200
    assert fetched.json()["predictions"] == sent["predictions"]
    assert "fetch;dur=" in fetched.headers["Server-Timing"]
    headers = asked(host)[-1]["headers"]
    assert headers == {
        "host": PUBLIC, "user-agent": "passerelle", "accept": "image/*",
        "accept-encoding": "identity", "connection": "close",
    }  # fmt: skip


def test_over_tls_a_host_must_prove_its_name(up: stack.Stack, host: Path) -> None:
    assert ask(up, f"https://{PUBLIC}/cat.png").status_code == 200
    before = len(asked(host))
    other = ask(up, f"https://{OTHER}/cat.png")
    assert (other.status_code, "can't be reached" in other.text) == (502, True)
    assert ask(up, there(f"to?url=https://{OTHER}/cat.png")).status_code == 502
    assert len(asked(host)) == before + 1  # the redirect's


def test_hugging_faces_clients_name_a_picture_by_its_address(up: stack.Stack) -> None:
    document = {"inputs": there("cat.png"), "parameters": {"top_k": 2}}
    found = up.request("POST", f"/hf/{MODEL}", json=document)
    best = up.predict(MODEL, query="?top=2").json()["predictions"]
    assert found.json() == [{"label": each["label"], "score": each["score"]} for each in best]
    assert "fetch;dur=" in found.headers["Server-Timing"]


def test_the_sdk_names_a_picture_by_its_address(up: stack.Stack) -> None:
    with up.client() as client:
        fetched = client.predict(MODEL, url=there("cat.png"), expect=answers.Classification)
        assert fetched.answer == client.predict(MODEL, stack.CAT).answer
        with pytest.raises(errors.Refused) as caught:
            client.predict(MODEL, url="http://169.254.169.254/latest/meta-data")
    assert caught.value.status == 422


def test_the_cache_knows_the_picture_again_wherever_it_is(up: stack.Stack) -> None:
    ask(up, there("cat.png"))
    again = ask(up, there("to?url=/cat.png"))
    assert "hit" in again.headers["Cache-Status"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed(up: stack.Stack, status: int) -> None:
    assert ask(up, there(f"to?status={status}&url=/cat.png")).status_code == 200


NOT_PUBLIC = (
    there("cat.png", INSIDE), "http://127.0.0.1/", "http://localhost/", "http://[::1]/",
    "http://169.254.169.254/latest/meta-data/", "http://[::ffff:169.254.169.254]/",
    f"http://[::ffff:{INSIDE}]/cat.png", "http://nowhere.invalid/", "http://10.255.255.1/",
)  # fmt: skip


@pytest.mark.parametrize("url", NOT_PUBLIC)
@pytest.mark.parametrize("redirects", [0, 1, 3])
def test_what_has_no_public_address_is_asked_nothing_and_all_is_told_alike(
    up: stack.Stack, host: Path, url: str, redirects: int
) -> None:
    first = url
    for _ in range(redirects):
        first = there("to?url=") + urllib.parse.quote(first, safe="")
    answer = ask(up, first)
    assert answer.status_code == 422
    assert answer.json()["detail"].endswith(" has no public address. Send the picture itself.")
    assert {each["host"] for each in asked(host)} <= {PUBLIC}


@pytest.mark.parametrize(
    "url",
    [
        "http://2852039166/", "http://0xa9fea9fe/", "http://0251.0376.0251.0376/",
        "http://169.254.43518/", "http://%31%36%39.254.169.254/", "http://user@169.254.169.254/",
        "http://169.254.169.254:8080/", "file:///etc/passwd", "gopher://169.254.169.254/",
    ],
)  # fmt: skip
def test_other_spellings_are_no_addresses(up: stack.Stack, url: str) -> None:
    answer = ask(up, url)
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("The picture's address ")


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("nothing.png", 422, "answers with the status 404"),
        ("page", 422, "address is text/html"),
        ("lie", 415, "This is "),
        ("bomb", 422, "compressed"),
        ("half", 502, "broke off its answer"),
        ("to?url=/to%3Furl%3D/to%3Furl%3D/to%3Furl%3D/cat.png", 422, "leads on more than 3 times"),
        ("large", 413, "larger than 1,000,000 bytes"),
        ("large?chunked=1", 413, "larger than 1,000,000 bytes"),
    ],
)
def test_what_is_no_picture_is_told(up: stack.Stack, path: str, status: int, told: str) -> None:
    began = time.monotonic()
    answer = ask(up, there(path))
    assert (answer.status_code, told in answer.json()["detail"]) == (status, True), answer.text
    assert "secret" not in answer.text
    assert time.monotonic() - began < 5


def test_a_slow_host_takes_no_more_than_the_requests_time(up: stack.Stack) -> None:
    for path in ("slow", "trickle"):
        began = time.monotonic()
        answer = ask(up, there(path), headers={"X-Request-Timeout": "1.5"})
        assert (answer.status_code, answer.json()["detail"][:40]) == (
            504, "The picture did not arrive from its addr",
        )  # fmt: skip
        assert time.monotonic() - began < 3


def test_large_pictures_from_elsewhere_hold_little_memory(up: stack.Stack) -> None:
    found = stack.descendants(up.process.pid)
    gateway = next(each for each in found[::-1] if stack.bound(each) == up.port)

    def peak() -> int:
        lines = Path(f"/proc/{gateway}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))

    before = peak()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        statuses = pool.map(lambda _: ask(up, there("large")).status_code, range(24))
        assert set(statuses) == {413}
    assert peak() - before < 60_000  # kilobytes: eight of a megabyte each, and what is on its way


def test_others_are_answered_while_hosts_are_slow(up: stack.Stack) -> None:
    with concurrent.futures.ThreadPoolExecutor(40) as pool:
        slow = [
            pool.submit(ask, up, there("slow"), headers={"X-Request-Timeout": "3"})
            for _ in range(40)
        ]
        time.sleep(1)
        began = time.monotonic()
        assert up.predict(MODEL).status_code == 200
        assert time.monotonic() - began < 1
        statuses = [each.result().status_code for each in slow]
    assert statuses.count(504) == 32
    assert statuses.count(503) == 8


def test_a_manifest_without_hosts_fetches_nothing_and_says_what_to_write(
    up: stack.Stack, host: Path
) -> None:
    before, text = len(asked(host)), up.manifest.read_text()
    up.manifest.write_text(text.replace("fetch: {hosts: ['*']}\n", ""))
    try:
        stack.wait_for(lambda: ask(up, there("cat.png")).status_code == 400, 20)
        assert "fetch: {hosts: [" in ask(up, there("cat.png")).json()["detail"]
        up.manifest.write_text(text.replace("'*'", "a.example"))
        stack.wait_for(lambda: ask(up, there("cat.png")).status_code == 422, 20)
        assert f"fetched from {PUBLIC}" in ask(up, there("cat.png")).json()["detail"]
    finally:
        up.manifest.write_text(text)
    stack.wait_for(lambda: ask(up, there("cat.png")).status_code == 200, 20)
    assert len(asked(host)) > before
