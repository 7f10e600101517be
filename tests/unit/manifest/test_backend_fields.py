"""Which texts the fields of a backend take."""

import re

import pydantic
import pytest

from passerelle.manifest import backend_fields
from passerelle.manifest.backend_fields import Backend, Fetch


def test_what_is_not_given_is_none_but_the_protocol() -> None:
    assert Backend.model_validate({}).model_dump(exclude_none=True) == {"protocol": "raw"}


@pytest.mark.parametrize("host", ["*", "*.example.com", "example.com", "10.0.0.1", "a"])
def test_a_host_is_a_name_or_stands_for_many(host: str) -> None:
    assert Fetch(hosts=[host]).hosts == [host]


@pytest.mark.parametrize("host", ["", "**", "a.*", "http://a", "a/b", "a:80", "-a", "a b", "*a"])
def test_a_host_is_nothing_else(host: str) -> None:
    with pytest.raises(pydantic.ValidationError):
        Fetch(hosts=[host])


@pytest.mark.parametrize("text", ["a\r\nX-Other: b", "a\n", " a", "a ", "", "é", "a\x00b"])
def test_a_header_is_one_line_of_ascii(text: str) -> None:
    assert not re.search(backend_fields.HEADER_TEXT.replace("$", r"\Z"), text)
    with pytest.raises(pydantic.ValidationError):
        Backend.model_validate({"headers": {"X-Name": text}})


@pytest.mark.parametrize("name", ["X Name", "X:", "", "Xé", "X\n"])
def test_a_header_has_a_name_as_http_has_it(name: str) -> None:
    with pytest.raises(pydantic.ValidationError):
        Backend.model_validate({"headers": {name: "a"}})


@pytest.mark.parametrize("path", ["predict", "/a b", "", "http://a/b"])
def test_a_path_begins_with_a_slash_and_has_no_spaces(path: str) -> None:
    with pytest.raises(pydantic.ValidationError):
        Backend.model_validate({"path": path})
