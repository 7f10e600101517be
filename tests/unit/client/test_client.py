"""passerelle/client/client.py: what is sent, and what comes of the answers."""

from collections.abc import Iterator
from pathlib import Path
from typing import assert_type

import httpx
import pytest

from passerelle.client import Client, Reply, answers, connections, errors
from passerelle.client.attempts import Timing
from tests.unit.client import fake

CAT = {"category": "cat", "predictions": [{"class_id": 3, "label": "cat", "score": 0.5}]}
BUSY = {"Retry-After": "2"}


def asking(network: fake.Network, key: str = "psl_key") -> Client:
    return Client(fake.URL, key, http=network.http())


def test_models_are_those_of_the_answer_asked_with_the_key() -> None:
    network = fake.network({"models": [{"id": "a"}]})
    assert asking(network).models() == [{"id": "a"}]
    request = network.requests[0]
    assert (request.method, str(request.url)) == ("GET", "http://gateway.test/models")
    assert request.headers["X-API-Key"] == "psl_key"
    assert "Content-Type" not in request.headers


def test_a_model_is_asked_for_by_its_id_whatever_that_holds() -> None:
    network = fake.network({"id": "a", "status": "ready"})
    assert asking(network).model("../a")["status"] == "ready"
    assert network.paths == ["/models/..%2Fa"]


def test_history_is_the_whole_document() -> None:
    network = fake.network({"slot_seconds": 5, "models": []})
    assert asking(network).history() == {"slot_seconds": 5, "models": []}
    assert network.paths == ["/history"]


def test_usage_is_the_whole_document() -> None:
    network = fake.network({"everybody": False, "usage": []})
    found = asking(network).usage("2026-11-01", by=["model"], caller="alice")
    assert found == {"everybody": False, "usage": []}
    assert network.paths == ["/usage?since=2026-11-01&caller=alice&by=model"]


def test_a_picture_is_sent_as_it_is_with_the_callers_headers(tmp_path: Path) -> None:
    (tmp_path / "cat.jpg").write_bytes(b"picture")
    network = fake.network(CAT)
    for picture in (b"picture", tmp_path / "cat.jpg"):
        reply = asking(network).predict("a", picture, top=3, headers={"traceparent": "00-1-2-01"})
        assert isinstance(reply.answer, answers.Classification)
        request = network.requests[-1]
        assert (request.method, request.content) == ("POST", b"picture")
        assert request.headers["Content-Type"] == "application/octet-stream"
        assert request.headers["traceparent"] == "00-1-2-01"
    assert network.paths == ["/model/a/predict?top=3"] * 2


def test_the_answer_is_of_the_type_that_is_expected() -> None:
    network = fake.network(CAT)
    reply = asking(network).predict("a", b"", expect=answers.Classification)
    assert_type(reply, Reply[answers.Classification])  # mypy's part of the test
    assert_type(asking(network).predict("a", b""), Reply[answers.Answer])
    assert reply.answer.category == "cat"
    with pytest.raises(errors.UnreadableAnswer):
        asking(network).predict("a", b"", expect=answers.Embedding)


def test_a_picture_may_be_somewhere_else() -> None:
    network = fake.network(CAT)
    asking(network).predict("a", url="https://example.org/cat.jpg", threshold=0.5)
    assert network.requests[0].content == b'{"url": "https://example.org/cat.jpg"}'
    assert network.paths == ["/model/a/predict?threshold=0.5"]


def test_what_cannot_be_sent_is_not(tmp_path: Path) -> None:
    network = fake.network(CAT)
    with pytest.raises(errors.InvalidRequest, match="No such file"):
        asking(network).predict("a", tmp_path / "none.jpg")
    with pytest.raises(errors.InvalidRequest, match="A timeout is in seconds"):
        asking(network).predict("a", b"", timeout=-1)
    assert not network.requests


def test_several_pictures_are_one_request_with_a_result_each() -> None:
    problem = {"status": 422, "title": "Unprocessable Content", "detail": "It is broken."}
    network = fake.network({"results": [CAT, {"problem": problem}]})
    reply = asking(network).predict_many(
        "a", [b"first", b"second"], top=3, expect=answers.Classification
    )
    assert_type(reply.answer, answers.Results[answers.Classification])
    cat, broken = reply.answer
    assert_type(cat, answers.Classification | answers.Problem)
    assert isinstance(cat, answers.Classification)
    assert isinstance(broken, answers.Problem)
    assert network.requests[0].content.count(b'name="image"') == 2
    assert network.paths == ["/model/a/predict?top=3"]


def test_each_part_of_a_picture_has_a_result() -> None:
    network = fake.network({"results": [CAT, CAT]})
    parts = [answers.Box(xmin=each, ymin=2, xmax=9, ymax=8) for each in (1, 5)]
    reply = asking(network).predict_boxes("a", b"picture", parts, expect=answers.Classification)
    assert_type(reply, Reply[answers.Results[answers.Classification]])
    assert len(reply.answer) == 2
    assert b'"xmin": 5.0' in network.requests[0].content
    with pytest.raises(errors.UnreadableAnswer, match="did not answer each"):
        asking(network).predict_boxes("a", b"picture", parts[:1])


def test_any_request_has_its_document() -> None:
    network = fake.network({"status": "live"})
    assert asking(network).request("GET", "/health/live").answer == {"status": "live"}


def test_a_timeout_travels_and_bounds_the_clients_own_wait() -> None:
    network = fake.network(CAT)
    asking(network).predict("a", b"", timeout=2.5)
    request = network.requests[0]
    said = float(request.headers["X-Request-Timeout"])
    assert 2.4 < said <= 2.5
    assert said < request.extensions["timeout"]["read"] < said + 1.5


def test_who_is_told_to_come_back_sleeps_until_then_and_asks_again() -> None:
    network = fake.network({}, 503, BUSY).then({}, 429, BUSY).then(CAT)
    slept = list[float]()
    timing = Timing(random=lambda: 0.0, sleep=slept.append)
    client = Client(fake.URL, http=network.http(), timing=timing)
    assert client.predict("a", b"picture").document == CAT
    assert slept == [2.0, 2.0]
    assert [each.content for each in network.requests] == [b"picture"] * 3


def test_repeating_can_be_turned_off() -> None:
    network = fake.network({"detail": "Busy."}, 503, BUSY)
    with pytest.raises(errors.Refused, match=r"Busy\."):
        Client(fake.URL, http=network.http(), retries=0).predict("a", b"")
    assert len(network.requests) == 1


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (httpx.ReadTimeout("slow"), errors.TimedOut),
        (httpx.ConnectError("refused"), errors.ConnectionFailed),
        (httpx.LocalProtocolError("Illegal header value"), errors.InvalidRequest),
    ],
)
def test_an_error_of_the_library_is_translated(
    error: Exception, kind: type[errors.ClientError]
) -> None:
    network = fake.network({})
    network.error = error
    with pytest.raises(kind, match=r"http://gateway\.test"):
        asking(network).models()


@pytest.mark.parametrize(
    "url", ["http://[::1", "http://[", "gateway.test", "ftp://gateway.test", "", "http://a:99999"]
)
def test_an_address_that_is_none_is_told(url: str) -> None:
    with Client(url, "psl_key") as client, pytest.raises(errors.InvalidRequest, match="no address"):
        client.models()


def test_a_key_that_no_header_can_hold_is_told_without_the_key() -> None:
    with pytest.raises(errors.InvalidRequest, match="can't be sent") as caught:
        asking(fake.network({}), "psl_\u20ac").models()
    assert "psl_" not in str(caught.value)


class Trickle(httpx.SyncByteStream):
    """A body that comes in parts, each in time; the clock goes on with each."""

    def __init__(self, clock: list[float]) -> None:
        self.clock, self.closed = clock, False

    def __iter__(self) -> Iterator[bytes]:
        for _ in range(100):
            self.clock[0] += 1
            yield b" "

    def close(self) -> None:
        self.closed = True


def test_an_answer_that_trickles_is_given_up_and_its_connection_closed() -> None:
    clock = [0.0]
    body = Trickle(clock)
    http = httpx.Client(
        transport=httpx.MockTransport(lambda _: httpx.Response(200, stream=body)), trust_env=False
    )
    client = Client(fake.URL, http=http, timing=Timing(clock=lambda: clock[0]))
    with pytest.raises(errors.TimedOut):
        client.predict("a", b"", timeout=5)
    assert body.closed
    assert clock[0] < 10


def test_a_client_closes_its_own_connections_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    own, given = fake.network({}), fake.network({})
    monkeypatch.setattr(connections, "new", lambda *_, **__: own.http())
    with Client(fake.URL), Client(fake.URL, http=given.http()):
        pass
    assert (own.closed, given.closed) == (True, False)


def test_a_far_gateway_is_asked_by_the_proxy_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = list[tuple[str, bool]]()

    def new(url: str, *, use_proxy: bool) -> httpx.Client:
        asked.append((url, use_proxy))
        return fake.network({}).http()

    monkeypatch.setattr(connections, "new", new)
    Client("http://models.example.org/")
    Client("http://models.example.org", use_proxy=False)
    assert asked == [("http://models.example.org", True), ("http://models.example.org", False)]
