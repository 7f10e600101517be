"""What every process's application does by itself."""

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from passerelle.protocol import problems
from passerelle.server import application, log, memory, request_body, responses
from passerelle.server.application import Application
from passerelle.server.messages import Parts, Request, Response
from passerelle.server.settings import ServerSettings
from passerelle.server.wsgi import Threads
from tests.support import asgi

MAX_BODY = 10  # bytes


async def steps(request: Request) -> Response:
    with request.span.step("work"):
        return application.json_response({"b": 1, "a": request.values})


async def item(request: Request) -> Response:
    return Response(200, json.dumps(request.parameters).encode())


async def length(request: Request) -> Response:
    return Response(200, str(len(await request_body.read(request, MAX_BODY))).encode())


async def broken(_: Request) -> Response:
    raise RuntimeError("a secret")


async def parts(request: Request) -> Response:
    """The body again, part for part."""
    return Response(200, parts=request_body.parts(request))


async def broken_parts(_: Request) -> Response:
    async def parts() -> Parts:
        yield b"first"
        raise problems.BadGateway("It broke off.")

    return Response(200, parts=parts())


async def going_on(request: Request) -> Response:
    """The response is sent before the handler ends."""
    response = Response(200, b"sent")
    await responses.send(request, response)
    request.span.fields["went_on"] = True
    return response


async def refused(_: Request) -> Response:
    raise problems.UnprocessableContent("Send another.", nearest="x")


def make(threads: Threads | None = None, **environ: str) -> Application:
    app = Application("test", ServerSettings.read(environ), threads)
    for method, path, handler in (
        ("GET", "/steps", steps), ("GET", "/items/{item}/parts/{part}", item),
        ("POST", "/length", length), ("GET", "/broken", broken), ("POST", "/refused", refused),
        ("POST", "/parts", parts), ("GET", "/broken-parts", broken_parts),
        ("GET", "/going-on", going_on),
    ):  # fmt: skip
        app.add_route(method, path, handler)
    return app


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


async def test_it_is_alive_and_the_log_is_quiet_about_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    answer = await asgi.ask(make(), "GET", "/health/live")
    assert (answer.status, answer.json) == (200, {"status": "live"})
    assert lines(capsys) == []


async def test_every_answer_is_traced_timed_and_logged(capsys: pytest.CaptureFixture[str]) -> None:
    answer = await asgi.ask(make(), "GET", "/steps?key=secret", headers={"X-Request-ID": "mine"})
    assert answer.headers["X-Request-ID"] == "mine"
    assert answer.headers["traceparent"].startswith("00-")
    assert answer.headers["Server-Timing"].startswith("work;dur=")
    assert answer.headers["Content-Length"] == str(len(answer.body))
    (record,) = lines(capsys)
    assert (record["service"], record["method"]) == ("test", "GET")
    assert (record["path"], record["status"]) == ("/steps", 200)
    assert "work" in record["steps_ms"]
    assert "secret" not in json.dumps(record)


async def test_a_paths_own_characters_stand_for_themselves() -> None:
    app = make()
    app.add_route("GET", "/openapi.yaml", steps)
    assert (await asgi.ask(app, "GET", "/openapi.yaml")).status == 200
    assert (await asgi.ask(app, "GET", "/openapi-yaml")).status == 404


async def test_a_path_has_a_handler_for_each_method() -> None:
    app = make()
    app.add_route("POST", "/steps", refused)
    assert (await asgi.ask(app, "GET", "/steps")).status == 200
    assert (await asgi.ask(app, "POST", "/steps")).status == 422


async def test_any_other_method_and_whatever_is_below_may_have_a_handler() -> None:
    app = make()
    app.add_route("POST", "/all/{item}{below:path}", refused)
    app.add_route(application.ANY, "/all/{item}{below:path}", item)
    for path, below in (("/all/a", ""), ("/all/a/", "/"), ("/all/a/b//c\n", "/b//c\n")):
        for method in ("GET", "PUT", "OPTIONS"):
            assert (await asgi.ask(app, method, path)).json == {"item": "a", "below": below}
        assert (await asgi.ask(app, "POST", path)).status == 422
    assert (await asgi.ask(app, "GET", "/all/")).status == 404


async def test_a_wrong_method_is_told_the_right_ones() -> None:
    answer = await asgi.ask(make(), "PUT", "/steps")
    assert (answer.status, answer.media_type) == (405, "application/problem+json")
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert answer.json["detail"] == "/steps does not take PUT. Use GET, HEAD, OPTIONS."


async def test_head_is_get_without_the_body_and_no_method_of_a_path_without_get() -> None:
    got, asked = [await asgi.ask(make(), method, "/steps") for method in ("GET", "HEAD")]
    assert (asked.status, asked.body) == (200, b"")
    assert asked.headers["Content-Length"] == got.headers["Content-Length"]
    assert (await asgi.ask(make(), "HEAD", "/refused")).status == 405


async def test_options_says_what_a_path_takes() -> None:
    answer = await asgi.ask(make(), "OPTIONS", "/refused")
    assert (answer.status, answer.headers["Allow"], answer.body) == (200, "OPTIONS, POST", b"")


async def test_a_problem_is_answered_with_its_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    answer = await asgi.ask(make(), "POST", "/refused", headers={"X-Request-ID": "mine"})
    assert (answer.status, answer.media_type) == (422, "application/problem+json")
    assert (answer.json["nearest"], answer.json["instance"]) == ("x", "/refused")
    assert answer.json["request_id"] == answer.headers["X-Request-ID"] == "mine"
    assert [each["status"] for each in lines(capsys)] == [422]


async def test_an_unexpected_error_is_logged_whole_and_answered_without_its_text(
    capsys: pytest.CaptureFixture[str],
) -> None:
    answer = await asgi.ask(make(), "GET", "/broken")
    assert (answer.status, answer.media_type) == (500, "application/problem+json")
    assert b"secret" not in answer.body
    error, record = lines(capsys)
    assert "a secret" in error["traceback"]
    assert error["request_id"] == record["request_id"] == answer.json["request_id"]
    assert record["severity"] == "ERROR"


# Answers in parts; test_responses.py has more of them.


async def test_an_answer_in_parts_is_logged_at_its_end_with_its_bytes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    answer = await asgi.ask(make(), "POST", "/parts", b"0123456789" * 3)
    assert (answer.status, answer.body) == (200, b"0123456789" * 3)
    (record,) = lines(capsys)
    assert (record["status"], record["bytes"]) == (200, 30)


async def test_an_answer_that_breaks_off_is_left_unfinished_and_logged_as_what_broke_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    sent = await asgi.messages(make(), "GET", "/broken-parts")
    assert [each.get("more_body") for each in sent] == [None, True, True]
    (record,) = lines(capsys)
    assert (record["status"], record["bytes"], record["severity"]) == (502, 5, "ERROR")


async def test_a_handler_may_send_its_response_and_go_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert (await asgi.ask(make(), "GET", "/going-on")).body == b"sent"
    assert lines(capsys)[0]["went_on"]


@pytest.mark.parametrize("logged", [503, 499])
async def test_an_answer_may_be_kept_back_for_as_long_as_its_client_stays(
    logged: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def sleep(seconds: float) -> None:
        held.append((seconds, app.bodies.held))
        if logged == 499:
            raise asyncio.CancelledError

    async def late(request: Request) -> Response:
        await request_body.read(request, MAX_BODY)
        return Response(503, delay=1.5)

    app, held = make(), list[tuple[float, int]]()
    app.add_route("POST", "/late", late)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    with contextlib.suppress(asyncio.CancelledError):
        await asgi.ask(app, "POST", "/late", b"picture")
    assert held == [(1.5, 0)]
    assert [each["status"] for each in lines(capsys)] == [logged]


async def test_a_path_that_no_route_takes_leads_nowhere_without_threads() -> None:
    answer = await asgi.ask(make(), "GET", "/none")
    assert (answer.status, answer.media_type) == (404, "application/problem+json")
    assert "There is nothing at /none" in answer.json["detail"]


@pytest.mark.parametrize("path", ["/mlsteps", "/ml/ml/steps", "/other/steps"])
async def test_another_path_is_no_prefix(path: str) -> None:
    answer = await asgi.ask(make(PASSERELLE_PATH_PREFIX="/ml"), "GET", path)
    assert answer.status == 404


async def test_the_prefix_alone_leads_to_what_is_below_it() -> None:
    answer = await asgi.ask(make(PASSERELLE_PATH_PREFIX="/ml"), "GET", "/ml")
    assert (answer.status, answer.headers["Location"]) == (308, "/ml/")


async def test_threads_answer_what_no_route_takes(capsys: pytest.CaptureFixture[str]) -> None:
    def pages(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        start("200 OK", [])
        return [environ["PATH_INFO"].encode()]

    app = make(Threads(pages, 1, MAX_BODY))
    assert (await asgi.ask(app, "GET", "/page")).body == b"/page"
    assert (await asgi.ask(app, "PUT", "/steps")).status == 405
    assert [each["path"] for each in lines(capsys)] == ["/page", "/steps"]


async def test_a_header_that_came_twice_is_one_with_both_values() -> None:
    scope = {
        "method": "GET", "path": "/", "query_string": b"", "target": b"/",
        "headers": [(b"accept", b"a"), (b"x", b"\xfc"), (b"accept", b"b")],
    }  # fmt: skip
    request = application.request_of(scope, never, make().bodies)
    assert request.headers == {"accept": "a, b", "x": "ü"}


async def test_the_log_has_the_clients_address(capsys: pytest.CaptureFixture[str]) -> None:
    app, headers = make(PASSERELLE_TRUSTED_PROXIES="10.0.0.0/8"), {"X-Forwarded-For": "192.0.2.7"}
    for peer in ("10.0.0.1", "203.0.113.9", ""):
        await asgi.ask(app, "GET", "/steps", headers=headers, peer=peer)
    found = [each.get("client") for each in lines(capsys)]
    assert found == ["192.0.2.7", "203.0.113.9", None]


async def never() -> dict[str, Any]:
    raise AssertionError("nothing is to be received")


@pytest.mark.parametrize(("status", "stated"), [(200, "0"), (404, "0"), (204, None), (304, None)])
async def test_only_an_answer_that_may_have_a_body_states_its_length(
    status: int, stated: str | None
) -> None:
    async def handler(_: Request) -> Response:
        return Response(status)

    app = make()
    app.add_route("GET", "/empty", handler)
    assert (await asgi.ask(app, "GET", "/empty")).headers.get("Content-Length") == stated


async def test_an_answer_that_states_its_length_does_so_once() -> None:
    async def handler(_: Request) -> Response:
        return Response(200, headers=[("Content-Length", "1000")])

    app = make()
    app.add_route("GET", "/stated", handler)
    answer = await asgi.ask(app, "HEAD", "/stated")
    assert answer.headers.getlist("Content-Length") == ["1000"]


async def test_bodies_are_held_until_their_requests_are_answered() -> None:
    app, held = make(PASSERELLE_BODY_MEMORY="12"), []

    async def hold(request: Request) -> Response:
        await request_body.read(request, MAX_BODY)
        held.append(app.bodies.left)
        return await refused(request)

    app.add_route("POST", "/hold", hold)
    for path in ("/hold", "/hold", "/length"):
        await asgi.ask(app, "POST", path, b"picture")
    assert (held, app.bodies.left) == ([5, 5], 12)


async def test_past_the_bytes_that_may_be_held_an_answer_says_when_to_come_back() -> None:
    app = make(PASSERELLE_BODY_MEMORY="6")
    answer = await asgi.ask(app, "POST", "/length", b"picture")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
    assert (await asgi.ask(app, "POST", "/length", b"small")).status == 200


async def test_a_request_whose_client_leaves_is_logged_as_such_and_holds_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    app, reached = make(), asyncio.Event()

    async def wait(request: Request) -> Response:
        await request_body.read(request, MAX_BODY)
        reached.set()
        await asyncio.get_running_loop().create_future()
        return Response(200)

    app.add_route("POST", "/wait", wait)
    task = asyncio.ensure_future(asgi.ask(app, "POST", "/wait", b"picture"))
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [(each["path"], each["status"]) for each in lines(capsys)] == [("/wait", 499)]
    assert app.bodies.held == 0


async def test_without_a_lifespan_nothing_begins_or_ends() -> None:
    async with make().lifespan():
        pass


def test_an_object_is_answered_as_json_with_further_headers() -> None:
    response = application.json_response({"b": 1, "a": 2}, {"X-One": "1"})
    assert response.body == b'{"b": 1, "a": 2}\n'
    assert response.headers == [("Content-Type", "application/json"), ("X-One", "1")]


def test_a_process_gives_large_memory_back_from_its_beginning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: list[str] = []
    monkeypatch.setattr(memory, "return_freed_memory", lambda: calls.append("called"))
    make()
    assert calls == ["called"]


def test_its_log_names_the_project_of_its_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "project", "")
    make(GOOGLE_CLOUD_PROJECT="my-project")
    assert log.project == "my-project"
