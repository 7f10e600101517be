"""A request and its response, as handlers see them."""

import pytest

from passerelle.server.messages import Response
from tests.unit.server import made


@pytest.mark.parametrize(
    ("query", "values"),
    [
        (b"", {}),
        (b"top=3&lang=de", {"top": "3", "lang": "de"}),
        (b"top=1&top=2", {"top": "1"}),
        (b"key=", {"key": ""}),
        (b"name=M%C3%BCller+Co", {"name": "Müller Co"}),
        (b"name=%ff&other=\xff", {"name": "\ufffd", "other": "\ufffd"}),
    ],
)
def test_the_first_value_of_each_name_of_the_query_counts(
    query: bytes, values: dict[str, str]
) -> None:
    assert made.request(query=query).values == values


@pytest.mark.parametrize(
    ("header", "media_type"),
    [("Image/JPEG; q=1", "image/jpeg"), (" image/png ", "image/png"), ("", "")],
)
def test_the_media_type_has_neither_parameters_nor_capitals(header: str, media_type: str) -> None:
    assert made.request(headers={"content-type": header}).media_type == media_type


def test_a_request_without_a_content_type_has_no_media_type() -> None:
    assert made.request().media_type == ""


def test_responses_do_not_share_their_headers() -> None:
    Response(200).headers.append(("Allow", "GET"))
    assert Response(200).headers == []


def test_the_client_is_the_first_of_the_addresses_that_are_known() -> None:
    request = made.request()
    assert request.client == ""
    request.addresses = ("203.0.113.9", "10.0.0.1")
    assert request.client == "203.0.113.9"
