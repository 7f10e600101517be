"""How the change of a model goes, as people see it."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from gateway import app, rollout
from gateway.history import History
from gateway.split_route import SplitRoute
from gateway.state import State
from gateway.traffic.counts import ANSWER, MIRROR
from gateway.traffic.traffic import Traffic
from passerelle.manifest.model import Mirror, Split
from tests.support import asgi
from tests.unit.gateway import made
from tests.unit.gateway.made import Replies

NOTHING = {
    "requests": 0, "errors": 0, "p50_ms": None, "p95_ms": None, "agreement": None, "skipped": 0,
    "not_compared": 0,
}  # fmt: skip


@pytest.fixture
def state() -> State:
    """A gateway with the models `m`, which is mirrored to `n`, and `n`, and a split of both."""
    found = made.state(Replies())
    routes = found.routes.current
    mirrored = made.route(routes.by_id["m"].upstream, mirror=Mirror(to="n", share=1.0))
    by_id = {**routes.by_id, "m": mirrored}
    weights = {"m": 95.0, "n": 5.0}
    model = Split(id="pets", title="Pets", timeout=10.0, weights=weights)
    splits = {"pets": SplitRoute(model, by_id, History())}
    found.routes.current = dataclasses.replace(routes, by_id=by_id, splits=splits)
    return found


async def told(state: State, model_id: str) -> Any:
    routes = state.routes.current
    route = routes.splits.get(model_id) or routes.by_id[model_id]
    return await rollout.members(state, route)


def row(model: str, kind: str, weight: float | None = None, **given: Any) -> dict[str, Any]:
    status = "ready" if model == "m" else "unavailable"
    return {"model": model, "kind": kind, "weight": weight, "status": status, **NOTHING, **given}


async def test_a_split_tells_its_variants_with_their_weights(state: State) -> None:
    variants = [row("m", ANSWER, 95.0), row("n", ANSWER, 5.0)]
    assert await told(state, "pets") == {"traffic": {"hours": 24, "variants": variants}}


async def test_a_mirrored_model_tells_itself_and_its_mirror(state: State) -> None:
    variants = [row("m", ANSWER), row("n", MIRROR)]
    assert await told(state, "m") == {"traffic": {"hours": 24, "variants": variants}}


async def test_another_model_tells_nothing(state: State) -> None:
    assert await told(state, "n") == {}


async def test_the_figures_are_those_of_the_last_day(state: State) -> None:
    now = [0.0]
    traffic = Traffic(clock=lambda: now[0])
    state = dataclasses.replace(state, traffic=traffic)
    traffic.count("pets", "m", ANSWER, 1, 200, 0.01)
    now[0] = 24 * 3_600.0
    traffic.count("pets", "m", ANSWER, 1, 200, 0.1)
    traffic.count("pets", "m", ANSWER, 2, 500, None)
    traffic.compare("pets", "n", 2, 1.0)
    traffic.skip("pets", "n")
    old, new, mirrored = (await told(state, "pets"))["traffic"]["variants"]
    about = pytest.approx(100.0, rel=0.05)
    assert old == row("m", ANSWER, 95.0, requests=2, errors=1, p50_ms=about, p95_ms=about)
    assert new == row("n", ANSWER, 5.0)
    agreement = {"mean": 1.0, "low": 0.025, "high": 1.0, "compared": 1}
    assert mirrored == row("n", MIRROR, agreement=agreement, skipped=1)


async def test_a_file_that_cant_be_read_hides_nothing_else(
    state: State, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "traffic.db").write_bytes(b"no traffic" * 1_000)
    state = dataclasses.replace(state, traffic=Traffic(tmp_path / "traffic.db"))
    state.traffic.count("pets", "m", ANSWER, 0, 200, 0.1)
    old, _ = (await told(state, "pets"))["traffic"]["variants"]
    assert old["requests"] == 1
    lines = [json.loads(each)["message"] for each in capsys.readouterr().out.splitlines()]
    assert [each[:24].partition("/")[0] for each in lines] == [
        "traffic can't be written",
        "traffic can't be read: ",
    ]


async def test_it_is_of_one_model_and_not_of_the_list(state: State) -> None:
    gateway = app.make_app(state, made.table())
    headers = {"X-API-Key": made.KEY_TEXT}
    one = (await asgi.ask(gateway, "GET", "/models/m", headers=headers)).json
    assert [each["model"] for each in one["traffic"]["variants"]] == ["m", "n"]
    every = (await asgi.ask(gateway, "GET", "/models", headers=headers)).json["models"]
    assert "traffic" not in every[0]
