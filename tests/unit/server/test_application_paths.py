"""Which path leads to which handler, and that no other spelling of it does."""

import json
import urllib.parse
from collections.abc import Iterable
from typing import Any

import pytest

from passerelle.server.application import Application
from passerelle.server.messages import Request, Response
from passerelle.server.settings import ServerSettings
from passerelle.server.wsgi import Threads
from tests.support import asgi


async def parameters(request: Request) -> Response:
    return Response(200, json.dumps(request.parameters).encode())


def make(threads: Threads | None = None, **environ: str) -> Application:
    app = Application("test", ServerSettings.read(environ), threads)
    app.add_route("GET", "/steps", parameters)
    app.add_route("GET", "/items/{item}/parts/{part}", parameters)
    return app


async def test_a_path_has_parameters_each_one_segment() -> None:
    answer = await asgi.ask(make(), "GET", "/items/a.b/parts/%C3%BC", path="/items/a.b/parts/ü")
    assert answer.json == {"item": "a.b", "part": "%C3%BC"}
    for path in ("/items/a/b/parts/c", "/items//parts/c", "/items/a/parts/c/", "/xitems/a/parts/b"):
        assert (await asgi.ask(make(), "GET", path)).status == 404


async def test_a_request_knows_its_address_as_it_was_sent_below_the_prefix() -> None:
    app, targets = make(PASSERELLE_PATH_PREFIX="/ml"), []

    async def keep(request: Request) -> Response:
        targets.append(request.target)
        return Response(200)

    app.add_route("GET", "/below{rest:path}", keep)
    for target in ("/ml/below/a%20b?x=%2F&", "/below/a%20b?"):
        await asgi.ask(app, "GET", target)
    assert targets == [b"/below/a%20b?x=%2F&", b"/below/a%20b?"]


@pytest.mark.parametrize(
    "target",
    [
        "/%73teps", "/steps%2F", "/items%2Fa/parts/b", "/items/a%2Fparts/b", "/items/a/part%73/b",
        "//steps", "/./steps", "/x/../steps", "/%2e/steps", "/steps/", "/steps;a", "/STEPS",
        "/steps%00", "/steps%20", "/m%6C/steps", "/ml%2Fsteps", "/ml//steps", "/ml/ml/steps",
    ],
)  # fmt: skip
async def test_a_route_has_one_spelling(target: str) -> None:
    app = make(PASSERELLE_PATH_PREFIX="/ml")
    answer = await asgi.ask(app, "GET", target, path=urllib.parse.unquote(target))
    assert (answer.status, answer.media_type) == (404, "application/problem+json")


async def test_what_threads_answer_has_one_spelling_too() -> None:
    def wsgi(_: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [])
        return [b""]

    app = make(Threads(wsgi, 1, 10))
    assert (await asgi.ask(app, "GET", "/%6Dodels", path="/models")).status == 404
    assert (await asgi.ask(app, "GET", "/models")).status == 200


async def test_options_of_the_server_itself_is_answered() -> None:
    assert (await asgi.ask(make(), "OPTIONS", "*")).status == 200


@pytest.mark.parametrize("path", ["/ml/steps", "/steps"])
async def test_a_path_may_begin_with_the_prefix_or_lack_it(path: str) -> None:
    answer = await asgi.ask(make(PASSERELLE_PATH_PREFIX="/ml"), "GET", path)
    assert answer.status == 200
