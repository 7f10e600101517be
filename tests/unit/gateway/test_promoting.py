"""gateway/promoting.py: what promotions see of the gateway, and who may change them."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from gateway import app, promoting
from gateway.history import History
from gateway.keys import api_keys
from gateway.keys.api_keys import Key, Keys
from gateway.persistence.database import DatabaseError
from gateway.promotion.ledger import Ledger, Memory
from gateway.promotion.promotions import Promotions
from gateway.split_route import SplitRoute
from gateway.traffic.counts import ANSWER, MIRROR
from gateway.traffic.traffic import Traffic
from passerelle.manifest.model import Promote, Split
from passerelle.protocol import problems
from tests.support import asgi, scraped
from tests.support.asgi import Answer
from tests.unit.gateway import made
from tests.unit.gateway.made import Replies

PROMOTE = Promote(agreement=0.9, requests=20, steps=(5, 50, 100))
SPLIT = Split(
    id="pets", title="Pets", timeout=10.0, weights={"m": 95.0, "n": 5.0}, compare=0.1,
    promote=PROMOTE,
)  # fmt: skip
PATH = "/model/pets/promotion"


def key(*verbs: Any) -> tuple[str, Key]:
    return api_keys.like(Key("alice", "", "", ("*",), verbs=verbs))


TEXT, KEY = key("read", "promote")
USUAL_TEXT, USUAL = key("read", "predict")
METRICS_TEXT, METRICS = key("metrics")


class Gateway:
    """A gateway with the split `pets` of the models `m` and `n`."""

    def __init__(self) -> None:
        state = made.state(Replies())
        state.keys.current = Keys({each.prefix: each for each in (KEY, USUAL, METRICS)})
        routes = state.routes.current
        self.table = made.table()
        self.traffic = Traffic()
        self.promotions = promoting.of(made.OPTIONS, self.table, self.traffic)
        for each in routes.by_id["m"].upstream.replicas.values():
            each.statuses["n"] = each.statuses["m"]
        self.table.splits = {
            "pets": SplitRoute(SPLIT, routes.by_id, History(), self.table.in_force)
        }
        state.routes.current = dataclasses.replace(routes, splits=self.table.splits)
        self.state = dataclasses.replace(state, traffic=self.traffic, promotions=self.promotions)
        self.app = app.make_app(self.state, self.table)

    def count(self, agreement: float, revision: int = 1) -> None:
        for _ in range(40):
            self.traffic.count("pets", "m", ANSWER, revision, 200, 0.01)
            self.traffic.count("pets", "n", MIRROR, revision, 200, 0.01)
            self.traffic.compare("pets", "n", revision, agreement)

    async def ask(self, body: bytes = b"", text: str = TEXT, path: str = PATH) -> Answer:
        headers = {"X-API-Key": text} if text else {}
        return await asgi.ask(self.app, "POST", path, headers=headers, body=body)


@pytest.fixture
async def gateway() -> Gateway:
    found = Gateway()
    await found.promotions.look()
    return found


async def test_the_routes_have_the_weights_in_force(gateway: Gateway) -> None:
    gateway.count(1.0)
    await gateway.promotions.look()
    route = gateway.table.splits["pets"]
    assert route.in_force(route.model) == ({"m": 50.0, "n": 50.0}, 2)


async def test_who_has_the_right_gets_the_next_step_if_all_holds(gateway: Gateway) -> None:
    refused = await gateway.ask()
    assert (refused.status, refused.json["title"]) == (409, "Conflict")
    assert refused.json["promotion"]["measures"][0]["verdict"] == "unknown"
    gateway.count(1.0)
    done = await gateway.ask(b"{}")
    assert (done.status, done.json["weights"]) == (200, {"m": 50.0, "n": 50.0})
    assert done.json["events"][0]["why"].startswith(
        "Somebody asked for 50 %; at 5 %, the agreement"
    )
    back = await gateway.ask(b'{"to": 0}')
    assert (back.json["state"], back.json["weights"]) == ("paused", {"m": 100.0, "n": 0.0})
    forced = await gateway.ask(b'{"to": 33.5, "force": true}')
    assert forced.json["weights"] == {"m": 66.5, "n": 33.5}


@pytest.mark.parametrize(
    ("text", "status"),
    [("", 401), ("psl_wrong", 401), (USUAL_TEXT, 403)],
    ids=["none", "wrong", "usual"],
)
async def test_who_has_no_right_to_promote_changes_nothing(
    gateway: Gateway, text: str, status: int
) -> None:
    answer = await gateway.ask(b'{"to": 0}', text)
    assert (answer.status, answer.media_type) == (status, "application/problem+json")
    assert gateway.promotions.weights(SPLIT)[1] == 1


async def test_what_is_no_promoted_split_says_what_to_write(gateway: Gateway) -> None:
    assert (await gateway.ask(path="/model/none/promotion")).status == 404
    answer = await gateway.ask(path="/model/m/promotion")
    assert (answer.status, answer.json["detail"][:14]) == (409, "m is no split.")
    with pytest.raises(problems.Conflict, match="pets has no promote"):
        promoting.split_of(SPLIT.model_copy(update={"promote": None}))


@pytest.mark.parametrize(
    "body",
    [b"next", b"[]", b'"5"', b"5", b"{", b'{"too": 5}', b'{"to": "5"}', b'{"to": -1}',
     b'{"to": 101}',
     b'{"to": NaN}', b'{"to": Infinity}', b'{"to": 1e999}', b'{"to": true}', b'{"to": [5]}',
     b'{"force": 1}', b'{"to": 5, "force": null}', b"\xff\xfe", b"[" * 9_000],
)  # fmt: skip
async def test_what_is_no_weight_is_refused(gateway: Gateway, body: bytes) -> None:
    answer = await gateway.ask(body)
    assert answer.status == 400
    assert answer.json["detail"].endswith("or nothing for the next step.")


async def test_a_body_without_end_is_refused(gateway: Gateway) -> None:
    assert (await gateway.ask(b" " * 10_001)).status == 413


def test_a_weight_may_be_left_out() -> None:
    assert promoting.parse(b"") == promoting.parse(b'{"to": null}') == (None, False)
    assert promoting.parse(b'{"to": 5, "force": true}') == (5.0, True)


async def test_a_ledger_that_cannot_be_used_is_no_ones_fault(
    gateway: Gateway, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Memory) -> None:
        raise DatabaseError("traffic.db: there is no space left")

    monkeypatch.setattr(Memory, "standings", fail)
    assert (await gateway.ask()).status == 503
    assert "traffic.db: there is no space left" in capsys.readouterr().out


async def test_back_is_done_without_the_ledger_and_says_where(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise DatabaseError("traffic.db: there is no space left")

    monkeypatch.setattr(Memory, "change", fail)
    found = await gateway.ask(b'{"to": 0}')
    assert (found.status, found.json["detail"][:45]) == (
        503,
        "m answers everything, but of one worker of th",
    )
    assert gateway.promotions.weights(SPLIT)[0] == {"m": 100.0, "n": 0.0}


async def test_what_is_in_use_is_not_forgotten(gateway: Gateway) -> None:
    gateway.count(1.0)
    assert gateway.traffic.in_use() == {("pets", 1), ("pets", 0)}
    around = promoting.Around(gateway.table, gateway.traffic)
    assert around.own_rows("pets", 1) == await around.rows("pets", 1) != {}


async def test_a_variant_that_isnt_ready_says_why(gateway: Gateway) -> None:
    around = promoting.Around(gateway.table, gateway.traffic)
    assert around.not_ready("pets", "n") == ""
    for each in gateway.state.routes.current.by_id["m"].upstream.replicas.values():
        each.statuses.clear()
    assert around.not_ready("pets", "n").startswith(("unavailable", "starting"))


async def test_the_weights_and_the_state_are_metrics(gateway: Gateway) -> None:
    headers = {"X-API-Key": METRICS_TEXT}
    text = (await asgi.ask(gateway.app, "GET", "/metrics", headers=headers)).body.decode()
    weight = "passerelle_split_weight"
    assert scraped.total(text, weight, model="pets", variant="n") == 0.05
    state = "passerelle_promotion_state"
    assert scraped.total(text, state, model="pets") == 1
    assert scraped.total(text, state, model="pets", state="waiting") == 1


def test_with_a_file_it_is_the_ledger(tmp_path: Path) -> None:
    options = made.OPTIONS.model_copy(update={"traffic": tmp_path / "traffic.db"})
    found = promoting.of(options, made.table(), Traffic())
    assert isinstance(found._ledger, Ledger)


def test_a_state_has_promotions_of_its_own() -> None:
    state = made.state(Replies())
    assert isinstance(state.promotions, Promotions)
    assert state.promotions.known == []
