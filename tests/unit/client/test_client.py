"""passerelle/client/client.py: what is sent, and what comes of the answers."""

from pathlib import Path

import pytest
import requests

from passerelle.client import Client, client, errors
from tests.unit.client import fake


def asking(network: fake.Adapter, key: str = "psl_key") -> Client:
    return Client(fake.URL, key, fake.mounted(network))


def test_models_are_those_of_the_answer_asked_with_the_key() -> None:
    network = fake.adapter({"models": [{"id": "a"}]})
    assert asking(network).models() == [{"id": "a"}]
    request = network.requests[0]
    assert (request.method, request.url) == ("GET", "http://gateway.test/models")
    assert request.headers["X-API-Key"] == "psl_key"
    assert "Content-Type" not in request.headers


def test_no_key_sends_no_header() -> None:
    network = fake.adapter({"models": []})
    asking(network, key="").models()
    assert "X-API-Key" not in network.requests[0].headers


def test_a_model_is_asked_for_by_its_id() -> None:
    network = fake.adapter({"id": "a", "status": "ready"})
    assert asking(network).model("a")["status"] == "ready"
    assert network.requests[0].path_url == "/models/a"


def test_an_id_with_a_slash_stays_one_part_of_the_path() -> None:
    network = fake.adapter({})
    asking(network).predict("../models?x", b"")
    assert network.requests[0].path_url == "/model/..%2Fmodels%3Fx/predict"


def test_history_is_the_whole_document() -> None:
    network = fake.adapter({"slot_seconds": 5, "models": []})
    assert asking(network).history() == {"slot_seconds": 5, "models": []}
    assert network.requests[0].path_url == "/history"


def test_a_picture_is_sent_as_it_is_with_the_callers_headers() -> None:
    network = fake.adapter({"category": "cat"})
    asking(network).predict("a", b"picture", top=3, headers={"traceparent": "00-1-2-01"})
    request = network.requests[0]
    assert (request.method, request.path_url) == ("POST", "/model/a/predict?top=3")
    assert request.body == b"picture"
    assert request.headers["Content-Type"] == "application/octet-stream"
    assert request.headers["traceparent"] == "00-1-2-01"


def test_a_pictures_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "cat.jpg").write_bytes(b"a file")
    network = fake.adapter({})
    asking(network).predict("a", tmp_path / "cat.jpg")
    assert network.requests[0].body == b"a file"
    assert network.requests[0].path_url == "/model/a/predict"


def test_a_file_that_is_not_there_is_named_and_nothing_is_sent(tmp_path: Path) -> None:
    network = fake.adapter({})
    with pytest.raises(errors.InvalidRequest, match=r"none\.jpg can't be read: No such file"):
        asking(network).predict("a", tmp_path / "none.jpg")
    assert not network.requests


def test_a_reply_has_its_request_id_and_timing_whatever_the_case_of_the_headers() -> None:
    headers = {"x-request-id": "abc", "server-timing": "total;dur=3"}
    reply = asking(fake.adapter({"category": "cat"}, headers=headers)).predict("a", b"")
    assert reply.document == {"category": "cat"}
    assert (reply.request_id, reply.server_timing) == ("abc", "total;dur=3")
    assert reply.seconds >= 0


def test_a_task_is_asked_with_its_own_options() -> None:
    network = fake.adapter({})
    asking(network).predict("a", b"", threshold=0.5, top=None, encoding_format="base64")
    asked = "/model/a/predict?threshold=0.5&encoding_format=base64"
    assert network.requests[0].path_url == asked


def test_several_pictures_are_one_request() -> None:
    network = fake.adapter({"results": [{"category": "cat"}, {"problem": {"status": 422}}]})
    reply = asking(network).predict_many("a", [b"first", b"second"], top=3, threshold=0.5)
    (request,) = network.requests
    assert (request.method, request.path_url) == ("POST", "/model/a/predict?top=3&threshold=0.5")
    assert request.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    assert isinstance(request.body, bytes)
    assert request.body.count(b'name="image"') == 2
    assert [*reply.document["results"][1]] == ["problem"]


def test_an_answer_may_be_a_png() -> None:
    png = client.PNG + b"pixels"
    network = fake.adapter(png, headers={"Content-Type": "image/png"})
    reply = asking(network).predict("a", b"", headers={"Accept": "image/png"})
    assert (reply.content, reply.media_type, reply.document) == (png, "image/png", {})
    assert network.requests[0].headers["Accept"] == "image/png"


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"<html>", "image/png", 200),
        (client.PNG, "image/png", 404),
        (client.PNG, "application/json", 200),
    ],
)
def test_a_png_that_is_none_is_told(body: bytes, kind: str, status: int) -> None:
    network = fake.adapter(body, status, headers={"Content-Type": kind})
    with pytest.raises(errors.UnreadableAnswer, match="gave no answer"):
        asking(network).predict("a", b"", headers={"Accept": "image/png"})


def test_a_problem_is_refused_with_its_sentence_and_request_id() -> None:
    problem = {"title": "Not Found", "status": 404, "detail": "There is none.", "request_id": "r1"}
    network = fake.adapter(problem, status=404, headers={"Retry-After": "2"})
    with pytest.raises(errors.Refused, match=r"^There is none\. \(request r1\)$") as caught:
        asking(network).models()
    assert (caught.value.status, caught.value.members) == (404, problem)
    assert caught.value.headers["retry-after"] == "2"


@pytest.mark.parametrize("body", [b"<html>", b"", b"\xff\xfe", b"[" * 3])
def test_an_answer_that_is_no_json_is_told(body: bytes) -> None:
    with pytest.raises(errors.UnreadableAnswer, match=r"http://gateway\.test gave no answer"):
        asking(fake.adapter(body)).models()


@pytest.mark.parametrize("answer", [[], 3, None, {"models": 3}, {}])
def test_json_that_lists_no_models_is_told(answer: object) -> None:
    with pytest.raises(errors.UnreadableAnswer, match="Is it a gateway"):
        asking(fake.adapter(answer)).models()


def test_a_redirect_is_told_and_not_followed_with_the_key() -> None:
    network = fake.adapter({}, status=302, headers={"Location": "https://other.test/models"})
    with pytest.raises(errors.UnreadableAnswer, match=r"moved to https://other\.test/models"):
        asking(network).models()
    assert len(network.requests) == 1


@pytest.mark.parametrize("key", ["psl_\u20ac", "psl_\n"])
def test_a_key_that_no_header_can_hold_is_told(key: str) -> None:
    network = fake.adapter({})
    network.error = UnicodeEncodeError("latin-1", key, 4, 5, "ordinal not in range(256)")
    with pytest.raises(errors.InvalidRequest, match="can't be sent"):
        asking(network, key).models()


def test_a_broken_connection_is_translated() -> None:
    network = fake.adapter({})
    network.error = requests.exceptions.ReadTimeout()
    with pytest.raises(errors.TimedOut, match="did not answer in time"):
        asking(network).models()


def test_the_environment_adds_no_proxy_and_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.test")
    network = fake.adapter({})
    Client(fake.URL, "", fake.mounted(network, client.new_session())).history()
    assert not network.options["proxies"]
    assert network.options["timeout"] == (client.CONNECT_TIMEOUT, client.ANSWER_TIMEOUT)


@pytest.mark.parametrize(("use_proxy", "expected"), [(True, True), (False, False)])
def test_a_far_gateway_is_asked_by_the_proxy_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch, *, use_proxy: bool, expected: bool
) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.test")
    network = fake.adapter({})
    session = fake.mounted(network, client.new_session())
    monkeypatch.setattr(client, "new_session", lambda: session)
    with Client("http://models.example.org", use_proxy=use_proxy) as asking_far:
        asking_far.history()
    assert bool(network.options["proxies"]) is expected


def test_certificates_that_are_not_there_are_told() -> None:
    network = fake.adapter({})
    network.error = OSError("Could not find a suitable TLS CA certificate bundle: /none")
    with pytest.raises(errors.ConnectionFailed, match="can't be trusted: Could not find"):
        asking(network).models()


def test_a_client_closes_its_own_session_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    own, given = fake.adapter({}), fake.adapter({})
    monkeypatch.setattr(client, "new_session", lambda: fake.mounted(own))
    with Client(fake.URL), Client(fake.URL, "", fake.mounted(given)):
        pass
    assert (own.closed, given.closed) == (True, False)
