"""What a replica reports, and what becomes of it."""

import json
from typing import Any

import pytest

from gateway import id_tokens, transport
from gateway.replica import Replica, Status, mismatch
from gateway.transport import Response
from tests.unit.gateway import made
from tests.unit.gateway.made import Replies

CARD = {"id": "m", "digest": "d", "architecture": "torchvision:resnet18"}


def document(content: Any, status: int = 200) -> Response:
    return Response(status, {}, json.dumps(content).encode())


def report(status: str = "ready", contract: str = "1.1") -> Response:
    """An answer of /health/ready."""
    model = {"status": status, "reason": "", "digest": "d"}
    return document({"contract": contract, "models": {"m": model}})


def replica(*replies: Response | Exception) -> Replica:
    found = Replica("http://127.0.0.1:1")
    given: Any = Replies(*replies)
    found.pool = given
    return found


def test_a_ready_model_has_its_card() -> None:
    found = replica(report(), document(CARD | {"status": "ready", "reason": ""}))
    assert found.probe() == {"m": Status("ready", "", CARD)}


def test_a_card_is_fetched_once_for_a_digest() -> None:
    found = replica(report(), document(CARD), report())
    found.statuses = found.probe()
    assert found.probe()["m"].card == CARD  # there was no third reply to fetch


def test_a_replica_that_drains_is_asked_again_on_a_new_connection() -> None:
    found = replica(report("draining"), report(), document(CARD))
    assert found.probe()["m"].status == "ready"


def test_an_incompatible_contract_is_unavailable_and_says_why() -> None:
    status = replica(report(contract="2.0")).probe()["m"]
    assert status.status == "unavailable"
    assert "speaks contract 2.0, this gateway 1." in status.reason


def test_a_status_that_a_newer_service_invented_is_unavailable() -> None:
    status = replica(report("warming"), document(CARD)).probe()["m"]
    assert (status.status, status.reason) == ("unavailable", "its service says: warming")


@pytest.mark.parametrize(
    "reply",
    [
        OSError(),
        transport.UnreachableError(),
        Response(200, {}, b"not json"),
        document([]),
        document({"models": 3}),
        document({"models": {"m": {}}}),
    ],
)
def test_nonsense_and_silence_make_what_was_known_unavailable(reply: Response | OSError) -> None:
    found = replica(reply, document(CARD))
    found.statuses = {"m": Status("ready", "", CARD)}
    status = found.probe()["m"]
    assert (status.status, status.reason) == ("unavailable", "its service doesn't answer")
    assert status.card == CARD


def test_a_service_that_refuses_the_gateway_is_said_for_all_that_it_should_hold() -> None:
    found = replica(document({}, 403))
    found.expected = {"m": made.model()}
    assert "refuses the gateway (403)" in found.probe()["m"].reason


def test_a_request_that_cannot_connect_marks_it_down_at_once() -> None:
    found = replica(transport.UnreachableError())
    found.statuses = {"m": Status("ready")}
    with pytest.raises(transport.UnreachableError):
        found.send(transport.Request("GET", "/"), 1.0, lambda: None)
    assert not found.is_ready("m")


def test_a_broken_answer_leaves_it_ready_until_the_next_probe() -> None:
    found = replica(transport.BrokenError())
    found.statuses = {"m": Status("ready")}
    with pytest.raises(transport.BrokenError):
        found.send(transport.Request("GET", "/"), 1.0, lambda: None)
    assert found.is_ready("m")


def test_a_card_of_another_model_is_a_mismatch_that_names_the_field() -> None:
    expected = made.model(precision="int8")
    held = {"architecture": "torchvision:resnet18", "engine": "openvino", "precision": "fp32"}
    assert mismatch(expected, held) == (
        "its service holds precision fp32, the manifest says int8; build and deploy it again"
    )
    assert mismatch(made.model(), {}) == ""  # what a card doesn't state isn't compared


def test_a_file_of_weights_is_compared_by_its_name() -> None:
    expected = made.model(weights="file:/here/net.pth")
    assert mismatch(expected, {"weights": {"source": "file:net.pth"}}) == ""
    assert "file:other.pth" in mismatch(expected, {"weights": {"source": "file:other.pth"}})


def test_a_missing_token_is_not_a_missing_service() -> None:
    found = replica(id_tokens.IdTokenError("no identity token can be had"))
    found.expected = {"m": made.model()}
    assert found.probe()["m"].reason == "no identity token can be had"
