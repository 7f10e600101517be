"""How our own model services are asked, and which of their responses are answers."""

import json

import pytest

from gateway.adapters import passerelle
from gateway.adapters.passerelle import Passerelle, mismatch
from gateway.exchange import Exchange
from gateway.status import Status
from gateway.transport import Response
from passerelle.protocol import problems
from tests.unit.gateway import made


def checked(response: Response, preferred: str = "application/json") -> Response:
    """The response as the adapter passes it on to who prefers a media type."""
    return Passerelle().check(response, made.exchange({"accept": preferred}), made.model())


def test_the_address_is_of_the_manifests_id_and_what_tasks_may_be_asked_alone() -> None:
    exchange = made.exchange(query={"key": "secret", "threshold": "0.3&x", "top": "3"})
    request = Passerelle().request(exchange, made.model())
    assert (request.method, request.target) == ("POST", "/model/m/predict?top=3&threshold=0.3%26x")
    assert request.body == b"picture"


def test_the_trace_goes_along_and_of_the_clients_headers_only_the_content_type() -> None:
    exchange = made.exchange({"content-type": "image/png", "cookie": "x", "authorization": "y"})
    request = Passerelle().request(exchange, made.model())
    assert set(request.headers) == {"Content-Type", "X-Request-ID", "traceparent"}
    assert request.headers["X-Request-ID"] == "mine"


def test_a_header_that_connection_names_ends_at_the_gateway() -> None:
    exchange = made.exchange({"content-type": "image/png", "connection": "close, Content-Type"})
    assert passerelle.forwarded_headers(exchange) == {}


@pytest.mark.parametrize("given", ["image/png", "image/*;q=0.5", "IMAGE/PNG, */*;q=0.1"])
def test_who_prefers_a_png_is_forwarded_as_that_alone(given: str) -> None:
    assert passerelle.forwarded_headers(made.exchange({"accept": given})) == {"Accept": "image/png"}
    ended = {"accept": given, "connection": "Accept"}
    assert passerelle.forwarded_headers(made.exchange(ended)) == {}


@pytest.mark.parametrize("given", ["*/*", "application/json", "text/html, image/webp", ""])
def test_whatever_else_a_client_accepts_it_is_json(given: str) -> None:
    assert passerelle.forwarded_headers(made.exchange({"accept": given})) == {}


PROBLEM = {"content-type": "application/Problem+json; charset=utf-8"}


@pytest.mark.parametrize("status", [400, 422, 429, 500, 503, 504])
def test_an_answer_of_the_model_and_a_problem_are_passed_on(status: int) -> None:
    body = b'{"detail": "broken", "request_id": "mine"}'
    for response in (made.answer(), Response(status, PROBLEM, body)):
        assert checked(response) is response


def test_a_png_of_the_model_is_an_answer_to_who_prefers_it() -> None:
    response = made.png(b"NaN")
    assert checked(response, "image/png") is response
    assert checked(made.answer(), "image/png").status == 200


@pytest.mark.parametrize(
    ("response", "preferred"),
    [
        (made.png(), "application/json"),
        (made.png(model_id="another"), "image/png"),
        (made.png(model_id=""), "image/png"),
        (Response(200, made.png().headers, b"<html>"), "image/png"),
        (Response(200, made.png().headers, made.png().body[:-1]), "image/png"),
        (Response(404, made.png().headers, made.png().body), "image/png"),
        (Response(200, {"content-type": "image/jpeg", "model": "m"}, made.png().body), "image/png"),
        (Response(200, {"model": "m"}, made.png().body), "image/png"),
    ],
)
def test_another_picture_is_a_bad_gateway(response: Response, preferred: str) -> None:
    with pytest.raises(problems.BadGateway, match="makes no sense"):
        checked(response, preferred)


LENGTH = "inference-header-content-length"
OUTPUTS = b'{"model_name": "m", "outputs": []}'


def outputs(body: bytes = OUTPUTS, status: int = 200, length: str = "", by: str = "m") -> Response:
    """A response of the model's outputs."""
    return Response(status, {"model": by} | ({LENGTH: length} if length else {}), body)


def infer() -> Exchange:
    exchange = made.exchange({LENGTH: "7", "content-type": "x/y"})
    exchange.operation = "infer"
    return exchange


def test_tensors_go_to_an_address_of_their_own_and_say_where_their_json_ends() -> None:
    request = Passerelle().request(infer(), made.model())
    assert (request.target, request.body) == ("/model/m/infer", b"picture")
    assert request.headers["Inference-Header-Content-Length"] == "7"


@pytest.mark.parametrize(
    "response",
    [
        outputs(),
        outputs(OUTPUTS + b"NaN", length=str(len(OUTPUTS))),
        Response(422, PROBLEM, b'{"detail": "broken", "request_id": "mine"}'),
    ],
)
def test_outputs_of_the_model_and_a_problem_are_passed_on(response: Response) -> None:
    assert Passerelle().check(response, infer(), made.model()) is response


@pytest.mark.parametrize(
    "response",
    [
        made.answer(),
        made.png(),
        outputs(by="another"),
        outputs(b'{"model_name": "another", "outputs": []}'),
        outputs(b'{"outputs": []}'),
        outputs(status=500),
        outputs(length="999"),
        outputs(length="x"),
        Response(200, {}, OUTPUTS),
    ],
)
def test_other_outputs_are_a_bad_gateway(response: Response) -> None:
    with pytest.raises(problems.BadGateway, match="makes no sense"):
        Passerelle().check(response, infer(), made.model())


def test_outputs_are_no_answer_to_a_picture() -> None:
    with pytest.raises(problems.BadGateway, match="makes no sense"):
        checked(outputs())


def test_the_fields_of_an_answer_may_come_in_any_order() -> None:
    response = Response(200, {}, b'{"category":"cat","model":"m"}')
    assert checked(response) is response


def test_a_label_may_be_called_nan() -> None:
    response = Response(200, {}, b'{"model": "m", "category": "NaN Infinity"}')
    assert checked(response) is response


@pytest.mark.parametrize(
    "response",
    [
        Response(200, {}, b"not json"),
        Response(200, {}, b"[" * 100_000),
        Response(200, {}, json.dumps({"model": "another"}).encode()),
        Response(200, {}, b'{"model": "mm", "category": "cat"}'),
        Response(200, {}, b'{"model": "m", "predictions": [{"score": NaN}]}'),
        Response(200, {}, b'{"model": "m", "predictions": [{"score": -Infinity}]}'),
        Response(200, {}, b"[]"),
        Response(500, {"content-type": "text/html"}, b"{}"),
        Response(500, PROBLEM, b"{}"),
        Response(422, PROBLEM, b"[]"),
        Response(302, {"content-type": "application/problem+json"}, b"{}"),
    ],
)
def test_anything_else_is_a_bad_gateway(response: Response) -> None:
    with pytest.raises(problems.BadGateway, match="makes no sense"):
        checked(response)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"content-type": "text/plain"}, b"no instance is free"),
        ({"content-type": "text/html"}, b"<html>Rate exceeded.</html>"),
        ({"content-type": "application/json"}, b'{"error": "busy"}'),
        (PROBLEM, b'{"title": "another platform\'s"}'),
        ({}, b""),
    ],
)
def test_a_platform_that_has_no_instance_now_is_a_reason_to_try_again(
    status: int, headers: dict[str, str], body: bytes
) -> None:
    with pytest.raises(
        problems.ServiceUnavailable, match=r"service of m is .* Try again"
    ) as raised:
        checked(Response(status, headers, body))
    assert raised.value.headers == {"Retry-After": "1"}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", "7"), ("3600", "3600"),
        ("3601", "1"), ("0", "1"), ("-5", "1"), ("1.5", "1"), ("7, 8", "1"), ("9" * 5000, "1"),
        ("", "1"), ("soon", "1"), ("\N{SUPERSCRIPT TWO}", "1"),
        ("Wed, 21 Oct 2037 07:28:00 GMT", "1"),
    ],
)  # fmt: skip
def test_a_platforms_own_retry_after_is_kept_where_it_is_a_sane_number(
    text: str, seconds: str
) -> None:
    with pytest.raises(problems.ServiceUnavailable) as raised:
        checked(Response(503, {"retry-after": text}, b""))
    assert raised.value.headers == {"Retry-After": seconds}


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("headers", [{"content-type": "text/html"}, PROBLEM, {}])
def test_a_platform_that_refuses_the_gateway_is_no_matter_of_the_clients_key(
    status: int, headers: dict[str, str]
) -> None:
    body = b'{"detail": "Forbidden", "request_id": "mine"}'
    with pytest.raises(problems.ServiceUnavailable, match="role of an invoker") as raised:
        checked(Response(status, headers, body))
    assert f"refuses the gateway ({status})" in raised.value.detail


def test_a_card_of_another_model_is_a_mismatch_that_names_the_field() -> None:
    expected = made.model(precision="int8")
    held = {"architecture": "torchvision:resnet18", "engine": "openvino", "precision": "fp32"}
    assert mismatch(expected, held) == (
        "its service holds precision fp32, the manifest says int8; build and deploy it again"
    )
    assert "holds activation softmax, the manifest says sigmoid" in mismatch(
        made.model(activation="sigmoid"), {"activation": "softmax"}
    )
    assert mismatch(made.model(), {"activation": "sigmoid"}) == ""  # the bake found it
    assert "holds task classification, the manifest says embedding" in mismatch(
        made.model(task="embedding"), {"task": "classification"}
    )
    assert mismatch(made.model(), {"task": "detection"}) == ""  # torchvision's registry told it
    assert mismatch(made.model(), {}) == ""  # what a card doesn't state isn't compared


def test_a_file_of_weights_is_compared_by_its_name() -> None:
    expected = made.model(weights="file:/here/net.pth")
    assert mismatch(expected, {"weights": {"source": "file:net.pth"}}) == ""
    assert "file:other.pth" in mismatch(expected, {"weights": {"source": "file:other.pth"}})


def test_answers_are_kept_by_the_artifact_that_made_them() -> None:
    adapter = Passerelle()
    assert adapter.digest(Status("ready", card={"digest": made.DIGEST})) == made.DIGEST
    assert adapter.digest(Status("starting")) is None
    assert adapter.is_by(made.answer(), made.DIGEST)
    assert not adapter.is_by(made.answer(), "e" * 64)
