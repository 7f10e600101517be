"""Finding the picture in a request: the raw body, a multipart field, or base64 in JSON."""

import base64
import binascii
import io
import json

from werkzeug import http
from werkzeug.formparser import FormDataParser

from passerelle.protocol import problems

FIELD = "image"
FORM_TYPE, JSON_TYPE = "multipart/form-data", "application/json"
RAW_TYPES = ("image/", "application/octet-stream", "application/x-www-form-urlencoded")
HOW_TO_SEND = (
    "Send a JPEG, PNG or WebP picture as the body with its image/… Content-Type, "
    f'as the multipart field "{FIELD}", or as JSON {{"{FIELD}": "<base64>"}}.'
)


def check_media_type(media_type: str) -> None:
    """Return only if a body of this media type can hold a picture.

    curl's --data-binary calls any body a form, so that media type counts as raw too: what a
    body is shows when it is decoded.

    Raises:
        UnsupportedMediaType
    """
    if media_type not in (FORM_TYPE, JSON_TYPE, "") and not media_type.startswith(RAW_TYPES):
        raise problems.UnsupportedMediaType(f"{media_type} is not read here. {HOW_TO_SEND}")


def find(body: bytes, content_type: str) -> bytes:
    """The picture's bytes, still encoded, of a body whose media type was checked.

    Raises:
        InvalidRequest
    """
    given, options = http.parse_options_header(content_type)
    media_type = given.lower()
    if media_type == FORM_TYPE:
        return from_form(body, media_type, options)
    return from_json(body) if media_type == JSON_TYPE else body


def from_form(body: bytes, media_type: str, options: dict[str, str]) -> bytes:
    """The file in the multipart field `image`."""
    parser = FormDataParser(stream_factory=in_memory, silent=False)
    try:
        _, _, files = parser.parse(io.BytesIO(body), media_type, len(body), options)
    except ValueError:
        raise problems.InvalidRequest(
            f"The multipart body is not well formed. {HOW_TO_SEND}"
        ) from None
    file = files.get(FIELD)
    content = file.stream.read() if file else b""
    if not content:
        raise problems.InvalidRequest(f'The form has no file in the field "{FIELD}". {HOW_TO_SEND}')
    return content


def in_memory(*_: object, **__: object) -> io.BytesIO:
    """Where a file of a form goes: never to the disk, which may be read-only."""
    return io.BytesIO()


def from_json(body: bytes) -> bytes:
    """The base64 text in the member `image`."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise problems.InvalidRequest(f"The body is not valid JSON. {HOW_TO_SEND}") from None
    text = document.get(FIELD) if isinstance(document, dict) else None
    if not isinstance(text, str) or not text:
        raise problems.InvalidRequest(
            f'The JSON has no text in the member "{FIELD}". {HOW_TO_SEND}'
        )
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise problems.InvalidRequest(
            f'"{FIELD}" is not base64. Send the picture in standard base64 (RFC 4648 section 4), '
            "without a data: prefix or line breaks."
        ) from None
