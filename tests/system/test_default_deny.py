"""Whatever isn't declared open needs a key: every path that the gateway has, and every method."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway import app, control, settings
from gateway.keys import api_keys
from passerelle.local import key_changes
from passerelle.server.application import ANY, Application
from tests.support import asgi

MODELS = """\
version: 1
{public}
models:
  - {{id: net, architecture: torchvision:resnet18, weights: torchvision:DEFAULT, public: {net}}}
  - {{id: other, like: net, public: false}}
  - {{id: raw, public: {net}, backend: {{url: "http://127.0.0.1:1"}}}}
  - {{id: people, like: other, task: detection, architecture: torchvision:retinanet_resnet50_fpn}}
  - {{id: both, public: {net}, pipeline: [people, other]}}
"""
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND")
OPEN = {  # what needs no key: whether it runs, and how to ask it
    "/health/live", "/health/ready", "/v2/health/live", "/v2/health/ready",
    "/openapi.yaml", "/docs", "/docs/", "/docs/{path}",
}  # fmt: skip
ABSENT = {"/v2{below:path}"}  # what tells that there is nothing
TELLS_METHODS = (405, "OPTIONS")  # it needs no key to be told which methods a path takes
ASKED = (  # of a model: method and path
    ("POST", "/model/{}/predict"),
    ("POST", "/hf/{}"),
    ("POST", "/v2/models/{}/infer"),
    ("POST", "/v2/models/{}/versions/1/infer"),
    ("GET", "/v2/models/{}"),
    ("GET", "/v2/models/{}/ready"),
    ("GET", "/v2/models/{}/versions/1"),
    ("GET", "/models/{}"),
)
LISTED = (("GET", "/models"), ("GET", "/history"), ("GET", "/v2"), ("POST", "/v2/repository/index"))
WRONG = {"X-API-Key": "psl_00000000_" + "A" * 43}


def gateway(folder: Path, net: str = "false", public: str = "") -> Application:
    """The gateway's own application, with one key in its file."""
    (folder / "models.yaml").write_text(MODELS.format(net=net, public=public))
    key_changes.write(folder / "keys.yaml", [api_keys.new("alice", ("*",))[1]])
    environ = {
        "PASSERELLE_MANIFEST": str(folder / "models.yaml"),
        "PASSERELLE_KEYS": str(folder / "keys.yaml"),
        "PASSERELLE_UPSTREAM": "http://127.0.0.1:1",
        "PASSERELLE_MAX_WRONG_KEYS": "1000",
    }
    return app.create_app(settings.read(environ))


def paths(served: Application) -> Iterator[str]:
    """Every path on the event loop, and every one in Flask."""
    yield from served.routes
    for rule in control.create_app(None).url_map.iter_rules():  # type: ignore[arg-type]  # none is asked
        yield re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)


def filled(path: str) -> str:
    """A path with a word for each of its parameters."""
    return re.sub(r"\{(\w+)(?::path)?\}", lambda name: {"model_id": "net", "below": ""}.get(
        name[1], "1"), path)  # fmt: skip


@pytest.mark.parametrize("headers", [{}, WRONG, {"Authorization": "Bearer a.b.c"}])
async def test_every_path_needs_a_key_but_those_that_are_listed(
    headers: dict[str, str], tmp_path: Path
) -> None:
    served = gateway(tmp_path)
    found = set(paths(served))
    assert found >= OPEN | ABSENT  # so that the list has nothing that is no more
    asked = 0
    for path in sorted(found - OPEN - ABSENT):
        for method in METHODS:
            answer = await asgi.ask(served, method, filled(path), b"x", headers)
            if answer.status == TELLS_METHODS[0] or method == TELLS_METHODS[1]:
                assert "Allow" in answer.headers, (method, path)
                continue
            asked += 1
            assert answer.status == 401, (method, path)
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert asked > len(found - OPEN - ABSENT)


async def test_what_is_open_tells_nothing_of_the_models(tmp_path: Path) -> None:
    served = gateway(tmp_path)
    for path in sorted(OPEN - {"/docs/{path}", "/docs/", "/openapi.yaml"}):
        answer = await asgi.ask(served, "GET", path)
        assert answer.status in (200, 308, 503), path
        assert not re.search(rb"\b(net|other|people|both)\b", answer.body), path


@pytest.mark.parametrize(("method", "path"), ASKED)
async def test_a_public_model_needs_no_key_and_its_neighbours_do(
    method: str, path: str, tmp_path: Path
) -> None:
    served = gateway(tmp_path, net="true")
    expected = {"net": False, "raw": False, "both": False, "other": True, "people": True}
    assert {
        each: (await asgi.ask(served, method, path.format(each), b"x")).status == 401
        for each in expected
    } == expected
    assert (await asgi.ask(served, method, path.format("none"), b"x")).status == 401


async def test_any_method_goes_to_a_public_backend(tmp_path: Path) -> None:
    served = gateway(tmp_path, net="true")
    for method in ("PUT", "PROPFIND", "GET"):
        assert (await asgi.ask(served, method, "/model/raw/predict/a")).status == 503
    assert (await asgi.ask(gateway(tmp_path), "PUT", "/model/raw/predict/a")).status == 401


@pytest.mark.parametrize(("method", "path"), LISTED)
async def test_a_public_listing_is_one_of_its_own(method: str, path: str, tmp_path: Path) -> None:
    assert (await asgi.ask(gateway(tmp_path, net="true"), method, path)).status == 401
    served = gateway(tmp_path, public="public: [listing]")
    assert (await asgi.ask(served, method, path)).status == 200
    assert (await asgi.ask(served, "POST", "/model/net/predict", b"x")).status == 401


async def test_a_public_listing_names_every_model(tmp_path: Path) -> None:
    served = gateway(tmp_path, public="public: [listing]")
    for path in ("/models", "/history"):
        found: Any = (await asgi.ask(served, "GET", path)).json
        assert [each["id"] for each in found["models"]] == ["net", "other", "raw", "people", "both"]


@pytest.mark.parametrize(("method", "path"), [*ASKED, *LISTED])
async def test_a_wrong_key_is_refused_also_where_none_is_needed(
    method: str, path: str, tmp_path: Path
) -> None:
    served = gateway(tmp_path, net="true", public="public: [listing]")
    for headers, query in ((WRONG, ""), ({}, "?api_key=x"), ({}, "?access_token=x")):
        answer = await asgi.ask(served, method, path.format("net") + query, b"x", headers)
        assert answer.status == 401
    assert ANY in served.routes[app.PREDICT].handlers  # so that the walk above has every method
