"""The pictures that are kept are shown to who may read of their model, by a key of their own."""

import dataclasses
from pathlib import Path

import pytest

from gateway import app
from gateway.access import Access
from gateway.capturing.kept import Kept
from gateway.state import State
from passerelle.manifest.model import Capture
from tests.support import asgi
from tests.support.asgi import Answer
from tests.unit.gateway import made
from tests.unit.gateway.capturing import made as captured
from tests.unit.gateway.capturing.made import NOW, STEM
from tests.unit.gateway.made import Replies

NAME = f"{STEM}.jpg"


@pytest.fixture
def state(tmp_path: Path) -> State:
    """The state of a gateway that has kept a picture of each of its two models."""
    for model_id in ("m", "n"):
        kept = Kept(tmp_path / model_id)
        with kept.locked():
            kept.add(STEM, captured.sent(), captured.SIZE, NOW)
    found = made.state(Replies())
    routes = found.routes.current
    route = dataclasses.replace(routes.by_id["m"], model=made.model(capture=Capture()))
    by_id = {**routes.by_id, "m": route}
    found.routes.current = dataclasses.replace(routes, by_id=by_id, access=Access(frozenset({"m"})))
    options = found.options.model_copy(update={"capture": tmp_path})
    return dataclasses.replace(found, options=options)


async def get(state: State, path: str, key: str = made.KEY_TEXT) -> Answer:
    gateway = app.make_app(state, made.table())
    return await asgi.ask(gateway, "GET", path, headers={"X-API-Key": key} if key else {})


async def test_a_picture_comes_as_a_picture_and_runs_nothing(state: State) -> None:
    answer = await get(state, f"/models/m/captured/{NAME}")
    assert (answer.status, answer.body) == (200, captured.sent().content)
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize(
    ("path", "key", "status"),
    [
        (f"/models/m/captured/{NAME}", "", 401),  # though the model is public
        (f"/models/m/captured/{NAME}", "psl_wrong", 401),
        (f"/models/n/captured/{NAME}", made.KEY_TEXT, 403),
        (f"/models/m/captured/{STEM}.png", made.KEY_TEXT, 404),
        ("/models/m/captured/..%2F.sums.json", made.KEY_TEXT, 404),
    ],
    ids=["no key", "wrong key", "another model", "another file", "a path"],
)
async def test_nobody_else_has_it(path: str, key: str, status: int, state: State) -> None:
    assert (await get(state, path, key)).status == status


async def test_the_model_tells_what_is_kept_and_the_list_does_not(state: State) -> None:
    assert (await get(state, "/models/m")).json["capture"]["pictures"] == 1
    assert "capture" not in (await get(state, "/models")).json["models"][0]
