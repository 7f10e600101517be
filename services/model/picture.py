"""Finding the picture in a request: the raw body, a multipart field, or base64 in JSON."""

import base64
import binascii
import io
import json

import flask
from werkzeug.formparser import FormDataParser

from passerelle.protocol import problems

FIELD = "image"
RAW_TYPES = ("image/", "application/octet-stream", "application/x-www-form-urlencoded")
HOW_TO_SEND = (
    "Send a JPEG, PNG or WebP picture as the body with its image/… Content-Type, "
    f'as the multipart field "{FIELD}", or as JSON {{"{FIELD}": "<base64>"}}.'
)


def find(body: bytes, request: flask.Request) -> bytes:
    """The picture's bytes, still encoded.

    curl's --data-binary calls any body a form, so that media type counts as raw too: what a
    body is shows when it is decoded.

    Raises:
        UnsupportedMediaType, InvalidRequest.
    """
    media_type = request.mimetype
    if media_type == "multipart/form-data":
        return from_form(body, request)
    if media_type == "application/json":
        return from_json(body)
    if not media_type or media_type.startswith(RAW_TYPES):
        return body
    raise problems.UnsupportedMediaType(f"{media_type} is not read here. {HOW_TO_SEND}")


def from_form(body: bytes, request: flask.Request) -> bytes:
    """The file in the multipart field `image`."""
    parser = FormDataParser(stream_factory=in_memory, silent=False)
    try:
        _, _, files = parser.parse(
            io.BytesIO(body), request.mimetype, len(body), request.mimetype_params
        )
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
