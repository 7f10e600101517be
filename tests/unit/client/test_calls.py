"""passerelle/client/calls.py: what a gateway is asked, as it goes over the wire."""

import datetime

import pytest

from passerelle.client import calls, errors

TRACE = {"traceparent": "00-1-2-01"}


@pytest.mark.parametrize(
    ("call", "path"),
    [
        (calls.models(TRACE), "/models"),
        (calls.model("a", TRACE), "/models/a"),
        (calls.history(TRACE), "/history"),
        (calls.usage(TRACE, (), since=None, caller=""), "/usage"),
        (
            calls.usage(TRACE, ["day", "model"], since=datetime.date(2026, 11, 1), model="a b"),
            "/usage?since=2026-11-01&model=a+b&by=day%2Cmodel",
        ),
    ],
)
def test_what_is_only_looked_at_has_no_body_and_may_be_asked_again(
    call: calls.Call, path: str
) -> None:
    assert (call.method, call.path, call.body) == ("GET", path, None)
    assert call.headers == TRACE
    assert call.is_repeatable


def test_a_weight_may_be_asked_for_again_and_the_next_step_may_not() -> None:
    call = calls.promote("a", 25, TRACE)
    assert (call.method, call.path, call.body) == ("POST", "/model/a/promotion", b'{"to": 25}')
    assert call.headers == {"Content-Type": "application/json", **TRACE}
    assert call.is_repeatable
    again = calls.promote("a", None, {}, force=True)
    assert (again.body, again.is_repeatable) == (b'{"force": true}', False)


@pytest.mark.parametrize("weight", [float("nan"), float("inf")])
def test_a_weight_is_a_number(weight: float) -> None:
    with pytest.raises(errors.InvalidRequest, match="a number of percent"):
        calls.promote("a", weight, {})


def test_a_picture_goes_to_its_model_with_what_is_asked_of_it() -> None:
    options = {"threshold": 0.5, "top": None, "encoding_format": "base64"}
    call = calls.predict("a", b"picture", None, options, TRACE)
    assert (call.method, call.body) == ("POST", b"picture")
    assert call.path == "/model/a/predict?threshold=0.5&encoding_format=base64"
    assert call.headers == {"Content-Type": "application/octet-stream", **TRACE}
    assert call.is_repeatable


def test_an_id_with_a_slash_stays_one_part_of_the_path() -> None:
    call = calls.predict("../models?x", b"", None, {}, {})
    assert call.path == "/model/..%2Fmodels%3Fx/predict"
    assert calls.model("a/b", {}).path == "/models/a%2Fb"


def test_a_pictures_address_is_json() -> None:
    call = calls.predict("a", None, "https://example.org/cat.jpg", {}, {})
    assert call.body == b'{"url": "https://example.org/cat.jpg"}'
    assert call.headers["Content-Type"] == "application/json"


def test_several_pictures_are_one_call() -> None:
    call = calls.predict_many("a", [b"first", b"second"], {"top": 3}, {})
    assert (call.method, call.path) == ("POST", "/model/a/predict?top=3")
    assert call.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    assert call.body
    assert call.body.count(b'name="image"') == 2
    assert call.is_repeatable


def test_parts_of_a_picture_are_one_call() -> None:
    call = calls.predict_boxes("a", b"picture", [(1, 2, 3, 4)], {"top": 3}, {})
    assert (call.method, call.path) == ("POST", "/model/a/predict?top=3")
    assert call.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    assert call.is_repeatable


def test_a_caller_may_say_what_a_body_is() -> None:
    call = calls.predict("a", b"{}", None, {}, {"Content-Type": "application/json"})
    assert call.headers["Content-Type"] == "application/json"


def test_what_cannot_be_sent_makes_no_call() -> None:
    with pytest.raises(errors.InvalidRequest):
        calls.predict("a", None, None, {}, {})
    with pytest.raises(errors.InvalidRequest):
        calls.predict_many("a", [], {}, {})


@pytest.mark.parametrize(("method", "may"), [("GET", True), ("POST", False), ("DELETE", False)])
def test_any_other_request_is_repeated_only_where_it_changes_nothing(
    method: str, *, may: bool
) -> None:
    assert calls.request(method, "/anything").is_repeatable is may
