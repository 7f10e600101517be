"""The pictures of a request, each with its answer."""

import base64
import json
from typing import Any

import pytest

from gateway.capturing import sent_pictures
from gateway.capturing.sent_pictures import SentPicture
from gateway.exchange import AsSent
from gateway.transport import Response
from tests.unit.gateway import made as others
from tests.unit.gateway.capturing import made
from tests.unit.gateway.capturing.made import CAT, JPEG, PNG

JSON = "application/json"


def of(payload: bytes, content_type: str, answer: Response | None = None) -> list[SentPicture]:
    answer = answer or made.response()
    exchange = others.exchange({"content-type": content_type}, {}, payload)
    return sent_pictures.of(exchange, answer, sent_pictures.document(answer))


def as_json(**members: Any) -> bytes:
    return json.dumps(members).encode()


def in_base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


FORM = (
    b'--x\r\nContent-Disposition: form-data; name="image"; filename="me.jpg"\r\n\r\n%b\r\n--x--\r\n'
)
BOX = {"xmin": 0, "ymin": 0, "xmax": 9, "ymax": 9}


@pytest.mark.parametrize(
    ("payload", "content_type"),
    [
        (JPEG, "image/jpeg"),
        (JPEG, ""),
        (FORM % JPEG, "multipart/form-data; boundary=x"),
        (as_json(image=in_base64(JPEG)), JSON),
        (as_json(image=in_base64(JPEG), boxes=[BOX]), JSON),
    ],
)
def test_the_picture_is_what_was_sent_whatever_form_it_had(
    payload: bytes, content_type: str
) -> None:
    (found,) = of(payload, content_type)
    assert found.content == JPEG
    assert json.loads(found.answer) == {
        "model": "m", "task": "classification", "predictions": [CAT],
    }  # fmt: skip


def test_of_several_pictures_each_has_its_own_answer_and_a_refused_one_isnt_kept() -> None:
    results = [{"predictions": [1]}, {"problem": {"status": 415}}, {"predictions": [3]}]
    answer = made.response({"model": "m", "task": "t", "results": results, "request_id": "mine"})
    images = [in_base64(each) for each in (JPEG, b"broken", PNG)]
    found = of(as_json(images=images), JSON, answer)
    assert [each.content for each in found] == [JPEG, PNG]
    assert json.loads(found[1].answer) == {"model": "m", "task": "t", "predictions": [3]}


def test_a_mask_is_kept_as_it_is() -> None:
    (found,) = of(JPEG, "", made.response(PNG, "image/png"))
    assert (found.answer, found.ending) == (PNG, "png")


def test_a_large_answer_is_kept_without_the_clients_id(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sent_pictures, "LARGE", 10)
    ours = made.response(b'{"model": "m", "segments": [], "request_id": "mine"}\n')
    assert of(JPEG, "", ours)[0].answer == b'{"model": "m", "segments": []}\n'
    other = made.response(b'{"request_id": "mine", "model": "m"}')
    assert of(JPEG, "", other) == [SentPicture(JPEG, b"")]


def test_of_a_large_answer_to_several_pictures_they_are_kept_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sent_pictures, "LARGE", 10)
    images = [in_base64(each) for each in (JPEG, PNG)]
    answer = made.response({"results": [made.document(), made.document()]})
    found = of(as_json(images=images), JSON, answer)
    assert found == [SentPicture(JPEG, b""), SentPicture(PNG, b"")]


@pytest.mark.parametrize(
    ("payload", "content_type"),
    [(b"{", JSON), (as_json(url="http://x"), JSON), (as_json(image="?"), JSON)],
)
def test_what_holds_no_picture_is_not_kept(payload: bytes, content_type: str) -> None:
    assert of(payload, content_type) == []


def test_an_answer_with_what_json_has_not_is_left_out() -> None:
    (found,) = of(JPEG, "", made.response(b'{"embedding": [NaN]}'))
    assert found.answer == b""


def test_tensors_and_requests_that_went_through_have_no_picture() -> None:
    exchange = others.exchange()
    exchange.operation = "infer"
    assert sent_pictures.of(exchange, made.response(), {}) == []
    exchange = others.exchange()
    exchange.as_sent = AsSent("POST", "")
    assert sent_pictures.of(exchange, made.response(), {}) == []


@pytest.mark.parametrize("body", [b"{", b"[" * 100_000, b"[1]", b"3"])
def test_an_answer_that_says_nothing_has_no_answers(body: bytes) -> None:
    assert sent_pictures.answers(sent_pictures.document(made.response(body))) == []
