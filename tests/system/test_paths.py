"""Paths that differ only in how they are spelt: one of them leads somewhere, the others nowhere.

A proxy in front may have rules for a path. So no other spelling of it may reach the same thing.
"""

import re
import socket
from collections.abc import Iterator

import pytest

from tests.support import processes, recorder, stack
from tests.support.processes import Door
from tests.support.recorder import Recorder

MODELS = """\
version: 1
models:
  - id: odd
    backend: {{url: "http://127.0.0.1:{port}", path: /own/predict}}
"""
PREFIX = "/ml"


@pytest.fixture(scope="module")
def backend() -> Iterator[Recorder]:
    with recorder.running() as found:
        yield found


@pytest.fixture(scope="module", params=["", PREFIX])
def door(
    request: pytest.FixtureRequest, backend: Recorder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Door]:
    """A gateway, and one below a path of another site."""
    folder, manifest = tmp_path_factory.mktemp("paths"), MODELS.format(port=backend.port)
    environ = {"PASSERELLE_PATH_PREFIX": request.param}
    upstream = "http://127.0.0.1:1"
    with processes.gateway(folder, upstream, environ=environ, manifest=manifest) as found:
        stack.wait_for(lambda: found.model()["status"] == "ready", 20)
        yield Door(found.url + request.param, found.key)


def status(door: Door, target: str, method: str = "GET") -> int:
    """What a gateway answers to an address that is sent as it is."""
    port, _, prefix = door.url.removeprefix("http://127.0.0.1:").partition("/")
    target = (f"/{prefix}" if prefix else "") + target
    lines = f"{method} {target} HTTP/1.1\r\nHost: a\r\nX-API-Key: {door.key}\r\n"
    received = b""
    with socket.create_connection(("127.0.0.1", int(port)), 10) as client:
        client.sendall(f"{lines}Content-Length: 0\r\nConnection: close\r\n\r\n".encode("latin-1"))
        while chunk := client.recv(1 << 16):
            received += chunk
    found = re.match(rb"HTTP/1\.1 (\d{3}) ", received)
    assert found, received
    return int(found[1])


def spellings(path: str) -> list[str]:
    """Other ways to write a path, which some server or other takes for the same."""
    first, rest = path[1], path[2:]
    cut = path.rfind("/") or len(path)  # before its last segment, if it has several
    above, last = path[:cut], path[cut:]
    return [
        f"/%{ord(first):02x}{rest}", f"/%25{ord(first):02x}{rest}",
        f"/{first}%{ord(rest[0]):02X}{rest[1:]}",
        f"/{path}", f"/.{path}", f"/x/..{path}", f"/..{path}", f"/%2e{path}", f"/x/%2e%2e{path}",
        f"/x%2f..{path}", f"/%2F{path[1:]}", f"/%5c{path[1:]}", f"{path}/", f"{path}//",
        f"{path}/.",
        f"{path}/x/..", f"{path};a=b", f"{path}%3Ba", f"{path}%00", f"{path}%20", f"{path}%0a",
        f"{path}%23", f"{path}%3f", f"{path}.", f"{path}.json", path.upper(),
        f"{above}%2F{last[1:]}",
        f"{above}/{last}", f"{above}/.{last}", f"{above};x{last}", f"{above}%c0%af{last[1:]}",
        f"/%c0%af{path[1:]}", f"/%c1%{ord(first) & 0x3f | 0x80:02x}{rest}", f"/%ff{path[1:]}",
        f"/%uff{ord(first) - 0x20:02x}{rest}",
        f"/%ef%bd%{ord(first) - 0x20 & 0x3f | 0x80:02x}{rest}",
        f"/{path[1:]}%cc%81", f"/\\{path[1:]}",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "path", ["/models", "/models/odd", "/history", "/openapi.yaml", "/docs/", "/health/ready",
             "/v2/models/odd", "/v2/models/odd/ready"],
)  # fmt: skip
def test_a_path_of_the_gateways_own_has_one_spelling(door: Door, path: str) -> None:
    expected = 400 if path.startswith("/v2/models") else 200  # that backend knows of no tensors
    assert status(door, path) == expected
    found = {each: status(door, each) for each in spellings(path) if each != path}
    wrong = {each: code for each, code in found.items() if code != 404}
    assert not wrong


def test_a_models_path_has_one_spelling(door: Door, backend: Recorder) -> None:
    backend.clear()
    path = "/model/odd/predict"
    others = [each for each in spellings(path) if not each.startswith(f"{path}/")]
    others += [
        "/model/%6fdd/predict", "/model/od%64/predict", "/model/odd%2Fpredict",
        "/model%2Fodd/predict",
        "/model/ODD/predict", "/model/odd%00/predict", "/model/./odd/predict", "/model//predict",
        "/model/x/../odd/predict", "/model/odd;a/predict", "/model/odd./predict", "/model/odd /x",
        "/hf/%6Fdd", "/v2/models/%6Fdd/infer",
    ]  # fmt: skip
    found = {each: status(door, each, "POST") for each in others if " " not in each}
    assert {each: code for each, code in found.items() if code != 404} == {}
    assert backend.lines == []
    assert status(door, path, "POST") == 200


@pytest.mark.parametrize(
    ("below", "expected"),
    [
        ("/", "/own/predict/"), ("//", "/own/predict//"), ("/a%2Fb", "/own/predict/a%2Fb"),
        ("/a;b=c", "/own/predict/a;b=c"), ("/%C3%BC", "/own/predict/%C3%BC"), ("/%FC",
        "/own/predict/%FC"),
        ("/%00", "/own/predict/%00"), ("/%2525", "/own/predict/%2525"), ("/\\a",
        "/own/predict/\\a"),
        ("/..a/b..", "/own/predict/..a/b.."), ("?/../a", "/own/predict?/../a"),
    ],
)  # fmt: skip
def test_what_is_below_a_models_path_goes_on_as_it_was_sent(
    door: Door, backend: Recorder, below: str, expected: str
) -> None:
    backend.clear()
    assert status(door, f"/model/odd/predict{below}") == 200
    assert backend.lines == [f"GET {expected} HTTP/1.1"]


@pytest.mark.parametrize(
    "below",
    [
        "/..", "/../admin", "/%2e%2e/admin", "/%2e./admin", "/..%2fadmin", "/..%5cadmin",
        "/..\\admin",
        "/..;/admin", "/..%3b/admin", "/..%00/admin", "/%252e%252e/admin", "/a/../../admin",
        "/%25252e%25252e/admin", "/%c0%ae%c0%ae/admin", "/..%c0%afadmin", "/..%c1%9cadmin", "/./a",
        "/%e0%80%ae%e0%80%ae/admin", "/..%20/admin", "/..%09/admin", "/..%0a/admin",
    ],
)  # fmt: skip
def test_nothing_climbs_out_of_a_backends_path(door: Door, backend: Recorder, below: str) -> None:
    backend.clear()
    assert status(door, f"/model/odd/predict{below}") == 400
    assert backend.lines == []


def test_below_a_prefix_only_the_prefix_itself_is_cut_off(door: Door) -> None:
    if not door.url.endswith(PREFIX):
        pytest.skip("there is no prefix")
    bare = Door(door.url.removesuffix(PREFIX), door.key)
    assert status(bare, f"{PREFIX}/models") == 200
    assert status(bare, PREFIX) == 308
    for each in ("/m%6C/models", "/%6Dl/models", "//ml/models", "/ml%2Fmodels", "/ML/models",
                 "/ml/ml/models", "/ml;/models", "/mlmodels", "/m%6C",
                 "/ml/../models"):  # fmt: skip
        assert status(bare, each) == 404, each
