"""Pages of other origins."""

import dataclasses

import pytest

from gateway import app, settings
from passerelle.server.application import Application
from passerelle.server.settings import SettingError
from tests.support import asgi
from tests.support.asgi import Answer
from tests.unit.gateway import made
from tests.unit.gateway.made import Replies

PAGE = "https://app.example.com"
ASKED = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-api-key"}
KEY = {"X-API-Key": made.KEY_TEXT}


def gateway(*origins: str, replies: Replies | None = None) -> Application:
    """A gateway that lets pages of these origins in."""
    state = made.state(replies or Replies(made.answer(), made.answer()))
    state.routes.current = dataclasses.replace(state.routes.current, origins=frozenset(origins))
    return app.make_app(state, made.table())


async def ask(found: Application, method: str = "POST", **headers: str) -> Answer:
    given = {name.replace("_", "-"): text for name, text in headers.items()}
    return await asgi.ask(found, method, "/model/m/predict", b"picture", given)


def cors(answer: Answer) -> dict[str, str]:
    return {
        name.lower(): value
        for name, value in answer.headers.items()
        if name.lower().startswith("access-control-") or name.lower() == "vary"
    }


async def test_off_by_default() -> None:
    found = gateway()
    assert cors(await ask(found, **KEY, Origin=PAGE)) == {}
    assert cors(await ask(found, "OPTIONS", Origin=PAGE, **ASKED)) == {}


@pytest.mark.parametrize("origins", [(PAGE,), ("*",), ("https://other.example.com", PAGE)])
async def test_preflight_is_answered_without_a_key_and_reaches_no_model(
    origins: tuple[str, ...],
) -> None:
    replies = Replies()
    answer = await ask(gateway(*origins, replies=replies), "OPTIONS", Origin=PAGE, **ASKED)
    assert (answer.status, answer.body, replies.requests) == (204, b"", [])
    assert cors(answer) == {
        "vary": "Origin",
        "access-control-allow-origin": PAGE,
        "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
        "access-control-allow-headers": "x-api-key",
        "access-control-max-age": "600",
    }


async def test_answer_and_refusal_may_be_read_with_their_exposed_headers() -> None:
    found = gateway(PAGE)
    for headers, status in ((KEY, 200), ({}, 401)):
        answer = await ask(found, Origin=PAGE, **headers)
        assert answer.status == status
        assert answer.headers["Access-Control-Allow-Origin"] == PAGE
        exposed = answer.headers["Access-Control-Expose-Headers"]
        assert {"X-Request-ID", "Retry-After", "RateLimit"} <= set(exposed.split(", "))
        assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize(
    "origin",
    [
        "http://app.example.com", "https://app.example.com:8443", "https://app.example.com.evil.org",
        "https://evil.org", "https://APP.example.com", "null", "",
    ],
)  # fmt: skip
async def test_another_origin_is_not_let_in_and_caches_are_told_that_answers_differ(
    origin: str,
) -> None:
    found = gateway(PAGE)
    assert cors(await ask(found, **KEY, Origin=origin)) == {"vary": "Origin"}
    preflight = await ask(found, "OPTIONS", Origin=origin, **ASKED)
    assert cors(preflight) == {"vary": "Origin"}
    assert preflight.status == 200  # as to any OPTIONS, and the browser goes no further


async def test_an_options_that_is_no_preflight_is_an_ordinary_request() -> None:
    answer = await ask(gateway(PAGE), "OPTIONS", Origin=PAGE)
    assert (answer.status, answer.headers["Allow"]) == (200, "OPTIONS, POST")
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE


@pytest.mark.parametrize("names", ["a\x7fb", "é", "a;b", "x" * 2_001])
async def test_header_names_that_are_none_are_not_allowed(names: str) -> None:
    asked = ASKED | {"Access-Control-Request-Headers": names.encode().decode("latin-1")}
    answer = await ask(gateway(PAGE), "OPTIONS", Origin=PAGE, **asked)
    assert answer.status == 204
    assert "Access-Control-Allow-Headers" not in answer.headers


def test_the_setting_takes_origins_and_says_what_they_are() -> None:
    needed = {"PASSERELLE_KEYS": "keys.yaml"}
    given = settings.read({**needed, "PASSERELLE_CORS_ORIGINS": f"{PAGE}, http://localhost:3000"})
    assert given.cors_origins == (PAGE, "http://localhost:3000")
    for wrong in (
        "app.example.com",
        f"{PAGE}/",
        f"{PAGE},",
        f"{PAGE}:443",
        "https://APP.example.com",
    ):
        with pytest.raises(SettingError, match="write origins such as"):
            settings.read({**needed, "PASSERELLE_CORS_ORIGINS": wrong})
