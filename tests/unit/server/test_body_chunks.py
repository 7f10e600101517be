"""A body as it arrives."""

import io
from typing import Any

import pytest

from passerelle.server import body_chunks


def environ(stream: Any, length: int) -> Any:
    return {"wsgi.input": stream, "CONTENT_LENGTH": str(length)}


def test_a_body_comes_in_pieces_to_its_end() -> None:
    large = bytes(body_chunks.CHUNK + 1)
    sizes = [len(each) for each in body_chunks.chunks(environ(io.BytesIO(large), len(large)), 1.0)]
    assert sizes == [body_chunks.CHUNK, 1]


def test_a_body_that_is_shorter_than_it_says_breaks_off() -> None:
    with pytest.raises(ConnectionError):
        list(body_chunks.chunks(environ(io.BytesIO(b"short"), 10), 1.0))


def test_what_is_left_is_dropped_and_an_end_in_the_middle_does_not_matter() -> None:
    stream = io.BytesIO(b"rest")
    body_chunks.drain(environ(stream, 10))
    assert stream.read() == b""


def test_no_more_is_dropped_than_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_chunks, "DRAIN_BYTES", body_chunks.CHUNK)
    stream = io.BytesIO(bytes(3 * body_chunks.CHUNK))
    body_chunks.drain(environ(stream, 3 * body_chunks.CHUNK))
    assert len(stream.read()) == body_chunks.CHUNK
