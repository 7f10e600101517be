"""Flask beside the event loop, in a few threads."""

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from passerelle.protocol import problems, trace
from passerelle.server import log, wsgi
from passerelle.server.byte_budget import ByteBudget
from passerelle.server.wsgi import Threads
from tests.unit.server import made

Start = Callable[..., Any]


class App:
    """A WSGI application that keeps each environ, and waits where a test says so."""

    def __init__(self, *headers: tuple[str, str], body: bytes = b"done") -> None:
        self.headers, self.body = headers, body
        self.environs: list[dict[str, Any]] = []
        self.threads: set[int] = set()
        self.proceed = threading.Event()
        self.proceed.set()

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        """Answer a request."""
        self.environs.append(environ)
        self.threads.add(threading.get_ident())
        self.proceed.wait(10)
        start("200 OK", list(self.headers))
        return [self.body]


@pytest.fixture
def app() -> Iterator[App]:
    found = App(("X-One", "1"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"))
    yield found
    found.proceed.set()


async def test_an_answer_keeps_its_status_its_body_and_every_header(app: App) -> None:
    response = await Threads(app, 1, 10).answer(made.request())
    assert (response.status, response.body) == (200, b"done")
    assert response.headers == [("X-One", "1"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]


async def test_the_application_runs_beside_the_loop(app: App) -> None:
    await Threads(app, 1, 10).answer(made.request())
    assert threading.get_ident() not in app.threads


async def test_a_request_is_given_as_wsgi_has_it(app: App) -> None:
    request = made.request(
        "POST", "/über", b"picture", query=b"top=3", headers={
            "host": "example.com:8080", "content-type": "image/png", "x-api-key": "secret",
        },
    )  # fmt: skip
    await Threads(app, 1, 10).answer(request)
    (environ,) = app.environs
    expected = {
        "REQUEST_METHOD": "POST", "PATH_INFO": "/Ã¼ber", "QUERY_STRING": "top=3",
        "SERVER_NAME": "example.com", "SERVER_PORT": "8080", "HTTP_HOST": "example.com:8080",
        "CONTENT_TYPE": "image/png", "CONTENT_LENGTH": "7", "HTTP_X_API_KEY": "secret",
        "wsgi.url_scheme": "http", "wsgi.version": (1, 0), "wsgi.multithread": True,
        "wsgi.multiprocess": False, wsgi.SPAN_KEY: request.span,
        wsgi.BODY_KEY: b"picture",
    }  # fmt: skip
    assert expected == {name: environ[name] for name in expected}
    assert environ["wsgi.input"].read() == b"picture"
    assert "HTTP_CONTENT_TYPE" not in environ
    assert "HTTP_CONTENT_LENGTH" not in environ


@pytest.mark.parametrize(
    ("header", "name", "port"),
    [
        ("[::1]:8080", "::1", "8080"),
        ("[::1]", "[::1]", "80"),
        ("example.com", "example.com", "80"),
        ("", "localhost", "80"),
    ],
)
def test_the_server_is_named_as_the_client_called_it(header: str, name: str, port: str) -> None:
    environ = wsgi.environ(made.request(headers={"host": header}), b"")
    assert (environ["SERVER_NAME"], environ["SERVER_PORT"]) == (name, port)


async def test_a_request_without_a_host_is_for_this_machine(app: App) -> None:
    await Threads(app, 1, 10).answer(made.request())
    (environ,) = app.environs
    assert (environ["SERVER_NAME"], environ["SERVER_PORT"]) == ("localhost", "80")
    assert environ["CONTENT_TYPE"] == ""


async def test_a_body_in_chunks_has_its_length_in_the_application(app: App) -> None:
    request = made.request("POST", "/", b"pict", b"ure", headers={"transfer-encoding": "chunked"})
    await Threads(app, 1, 10).answer(request)
    (environ,) = app.environs
    assert environ["CONTENT_LENGTH"] == "7"
    assert "HTTP_TRANSFER_ENCODING" not in environ


@pytest.mark.parametrize("headers", [{}, {"content-length": "0"}])
async def test_a_request_without_a_body_is_not_read(app: App, headers: dict[str, str]) -> None:
    request = made.request("POST", "/", error=AssertionError("read"), headers=headers)
    await Threads(app, 1, 10).answer(request)
    (environ,) = app.environs
    assert environ[wsgi.BODY_KEY] == b""
    assert "read" not in request.span.steps


async def test_a_body_is_read_as_a_step_of_the_request(app: App) -> None:
    request = made.request("POST", "/", b"picture")
    await Threads(app, 1, 10).answer(request)
    assert "read" in request.span.steps


@pytest.mark.parametrize(
    ("request_", "problem"),
    [
        (made.request("POST", "/", b"a picture that is large"), problems.ContentTooLarge),
        (made.request("POST", "/", error=TimeoutError(), headers={"content-length": "3"}),
         problems.RequestTimeout),
        (made.request("POST", "/", b"four", budget=ByteBudget(3)), problems.ServiceUnavailable),
    ],
    ids=["too large", "too late", "too many"],
)  # fmt: skip
async def test_a_body_that_cannot_be_read_is_the_applications_to_answer(
    app: App, request_: Any, problem: type[problems.Problem]
) -> None:
    assert (await Threads(app, 1, 10).answer(request_)).status == 200
    (environ,) = app.environs
    assert isinstance(environ[wsgi.BODY_KEY], problem)
    assert environ["wsgi.input"].read() == b""


async def test_as_many_requests_have_a_thread_as_there_are_and_others_wait(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next one past those that may wait is told to come back."""
    monkeypatch.setattr(wsgi, "MAX_WAITING", 1)
    threads = Threads(app, 2, 10)
    app.proceed.clear()
    answers = [asyncio.ensure_future(threads.answer(made.request())) for _ in range(3)]
    await asyncio.wait(answers, timeout=0)
    with pytest.raises(problems.ServiceUnavailable, match="3 requests are being answered"):
        await threads.answer(made.request())
    app.proceed.set()
    await asyncio.gather(*answers)
    assert len(app.environs) == 3
    assert len(app.threads) <= 2
    assert (await threads.answer(made.request())).status == 200


async def test_who_stops_waiting_makes_room_for_another(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wsgi, "MAX_WAITING", 0)
    threads = Threads(app, 1, 10)
    app.proceed.clear()
    gone = asyncio.ensure_future(threads.answer(made.request()))
    await asyncio.wait([gone], timeout=0)
    gone.cancel()
    await asyncio.wait([gone])
    app.proceed.set()
    assert (await threads.answer(made.request())).status == 200


async def test_an_answer_to_head_keeps_the_length_of_get() -> None:
    app = App(("Content-Length", "1000"), body=b"")
    response = await Threads(app, 1, 10).answer(made.request("HEAD"))
    assert response.headers == [("Content-Length", "1000")]


async def test_the_length_of_any_other_answer_is_its_senders_to_state() -> None:
    app = App(("content-length", "4"), ("X-One", "1"))
    response = await Threads(app, 1, 10).answer(made.request())
    assert response.headers == [("X-One", "1")]


async def test_an_error_of_the_application_is_raised() -> None:
    def broken(*_: object) -> Iterable[bytes]:
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        await Threads(broken, 1, 10).answer(made.request())


async def test_what_the_application_logs_has_its_requests_ids() -> None:
    found = trace.read({})
    log.current.set(found)
    seen = list[object]()

    def note(_: dict[str, Any], start: Start) -> Iterable[bytes]:
        seen.append(log.current.get())
        start("200 OK", [])
        return [b""]

    await Threads(note, 1, 10).answer(made.request())
    assert seen == [found]
