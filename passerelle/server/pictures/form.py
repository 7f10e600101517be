"""A multipart form's parts, each with its bytes as they were sent (RFC 7578)."""

import dataclasses
from collections.abc import Iterator

from werkzeug.datastructures import Headers
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.sansio import multipart

MAX_PARTS = 1000
CHUNK = 1 << 16  # bytes that are looked at in one go, while no other thread runs


class TooManyPartsError(ValueError):
    """A form has more than MAX_PARTS."""


@dataclasses.dataclass(frozen=True)
class Part:
    """A field, or a file."""

    name: str
    filename: str | None  # empty where a browser's field has no file, None where it isn't one
    headers: Headers
    content: bytes

    @property
    def is_file(self) -> bool:
        """Whether it has a filename, which may be empty."""
        return self.filename is not None


class _Decoder(multipart.MultipartDecoder):
    """werkzeug's, for headers in any encoding: old clients write a file's name as they like."""

    def _parse_headers(self, data: bytes | bytearray) -> Headers:
        return super()._parse_headers(data.decode(errors="replace").encode())


def parts(body: bytes, boundary: str) -> list[Part]:
    """The form's parts, in their order.

    Raises:
        TooManyPartsError
        ValueError: not a form with this boundary, or one that breaks off.
    """
    found, begun, content = list[Part](), None, list[bytes]()
    try:
        for event in _events(body, boundary.encode()):
            if isinstance(event, multipart.Field | multipart.File):
                begun, content = event, []
            elif isinstance(event, multipart.Data) and begun:
                content.append(event.data)
                if not event.more_data:
                    found.append(_part(begun, b"".join(content)))
    except RequestEntityTooLarge:
        raise TooManyPartsError from None
    return found


def _events(body: bytes, boundary: bytes) -> Iterator[multipart.Event]:
    """What the decoder finds in the body, until its end."""
    decoder = _Decoder(boundary, max_parts=MAX_PARTS)
    for begin in range(0, len(body), CHUNK):
        decoder.receive_data(body[begin : begin + CHUNK])
        while not isinstance(event := decoder.next_event(), multipart.NeedData):
            yield event
    decoder.receive_data(None)
    while not isinstance(event := decoder.next_event(), multipart.Epilogue):
        yield event


def _part(begun: multipart.Field | multipart.File, content: bytes) -> Part:
    filename = begun.filename or "" if isinstance(begun, multipart.File) else None
    return Part(begun.name or "", filename, begun.headers, content)
