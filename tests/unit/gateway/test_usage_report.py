"""What `GET /usage` answers, and whom."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from gateway import app, usage_report
from gateway.keys import api_keys
from gateway.keys.api_keys import Keys
from gateway.state import State
from gateway.usage import usage_file
from gateway.usage.usage import Usage
from passerelle.server.application import Application
from tests.support import asgi
from tests.support.asgi import Answer
from tests.unit.gateway import made
from tests.unit.gateway.made import Replies
from tests.unit.gateway.usage.test_usage import NOON

BOB_TEXT, BOB = api_keys.new("bob", ("*",), None)


@pytest.fixture
def state(tmp_path: Path) -> State:
    """A gateway that counts, of alice's and bob's requests."""
    found = made.state(Replies(*[made.answer() for _ in range(9)]))
    found.keys.current = Keys({each.prefix: each for each in (made.KEY, BOB)})
    return dataclasses.replace(found, usage=Usage(tmp_path / "usage.db", 400, lambda: NOON))


@pytest.fixture
def gateway(state: State) -> Application:
    return app.make_app(state, made.table())


async def ask(
    gateway: Application, method: str, target: str, key: str = made.KEY_TEXT, body: bytes = b""
) -> Answer:
    return await asgi.ask(gateway, method, target, body, {"X-API-Key": key} if key else {})


async def predict(gateway: Application, key: str = made.KEY_TEXT, body: bytes = b"x") -> int:
    """The status of a prediction."""
    return (await ask(gateway, "POST", "/model/m/predict", key, body)).status


def sums(answer: Answer, *names: str) -> list[tuple[Any, ...]]:
    return [tuple(each[name] for name in names) for each in answer.json["usage"]]


async def test_everybody_sees_their_own(gateway: Application) -> None:
    for key in (made.KEY_TEXT, BOB_TEXT, BOB_TEXT):
        assert await predict(gateway, key) == 200
    assert await predict(gateway, body=b"") == 400
    answer = await ask(gateway, "GET", "/usage")
    assert answer.json == {
        "since": "2026-10-28",
        "until": "2026-11-26",
        "by": ["day", "caller", "model"],
        "everybody": False,
        "usage": [
            {
                "day": "2026-11-26", "caller": f"key:{made.KEY.prefix}", "name": "alice",
                "model": "m", "requests": 2, "answers": 1, "refusals": 1, "errors": 0,
                "pictures": 1, "inference_seconds": 0.0,
            }
        ],
    }  # fmt: skip
    assert sums(await ask(gateway, "GET", "/usage?by=caller", BOB_TEXT), "requests") == [(2,)]


@pytest.mark.parametrize("model_id", ["*", "m"])
async def test_who_has_the_verb_sees_everybodys(
    state: State, gateway: Application, model_id: str
) -> None:
    caller = dataclasses.replace(made.KEY.caller, scopes={"usage": frozenset({model_id})})
    made_key = dataclasses.replace(made.KEY)
    made_key.__dict__["caller"] = caller
    state.keys.current = Keys({each.prefix: each for each in (made_key, BOB)})
    for _ in range(2):
        assert await predict(gateway, BOB_TEXT) == 200
    answer = await ask(gateway, "GET", "/usage?by=model")
    assert answer.json["everybody"] == (model_id == "*")
    assert sums(answer, "model", "requests") == [("m", 2)]


async def test_without_a_key_there_is_none(gateway: Application) -> None:
    for key in ("", "psl_wrong"):
        assert (await ask(gateway, "GET", "/usage", key)).status == 401


async def test_what_isnt_asked_well_is_refused(gateway: Application) -> None:
    answer = await ask(gateway, "GET", "/usage?since=soon")
    assert (answer.status, answer.media_type) == (400, "application/problem+json")
    assert (await ask(gateway, "POST", "/usage")).headers["Allow"] == "GET, HEAD, OPTIONS"


async def test_too_much_is_refused(gateway: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await predict(gateway) == 200
    monkeypatch.setattr(usage_report, "MAX_ROWS", 0)
    answer = await ask(gateway, "GET", "/usage")
    assert (answer.status, "by=caller,model" in answer.json["detail"]) == (400, True)


async def test_a_gateway_that_counts_nothing_says_so() -> None:
    answer = await ask(app.make_app(made.state(Replies()), made.table()), "GET", "/usage")
    assert (answer.status, "PASSERELLE_USAGE" in answer.json["detail"]) == (404, True)


async def test_a_file_that_cant_be_used_is_the_logs_to_explain(
    state: State, gateway: Application, capsys: pytest.CaptureFixture[str]
) -> None:
    assert state.usage
    state.usage.path.write_bytes(b"no usage" * 1_000)
    assert await predict(gateway) == 200
    answer = await ask(gateway, "GET", "/usage")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
    assert "usage.db" not in answer.json["detail"]
    lines = [json.loads(each) for each in capsys.readouterr().out.splitlines()]
    assert [each["message"][:21] for each in lines if each["severity"] == "ERROR"][:2] == [
        "usage can't be writte",
        "usage can't be read: ",
    ]
    state.usage.path.unlink()
    assert sums(await ask(gateway, "GET", "/usage"), "requests") == [(1,)]  # it was kept


async def test_a_gateway_that_stops_has_written(state: State, gateway: Application) -> None:
    assert state.usage
    async with gateway.lifespan():
        assert await predict(gateway) == 200
    assert list(usage_file.last_uses(state.usage.path)) == [f"key:{made.KEY.prefix}"]
