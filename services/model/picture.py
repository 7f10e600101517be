"""Finding the picture in a request: the raw body, a multipart field, or base64 in JSON."""

import json
from collections.abc import Collection
from typing import Any

from werkzeug import http

from passerelle.protocol import problems
from services.model import base64_text, form

FIELD = "image"
FORM_TYPE, JSON_TYPES = "multipart/form-data", ("application/json", "text/json")
HOW_TO_SEND = (
    "Send a picture as the body with its image/… Content-Type, "
    f'as the multipart field "{FIELD}", or as JSON {{"{FIELD}": "<base64>"}}.'
)

# What is never a picture. Everything else is looked at: storages, curl's --data-binary and much
# else give pictures all sorts of media types, and what a body is shows when it is decoded.
OTHER_TYPES = ("audio/", "font/", "message/", "model/", "multipart/", "text/", "video/")
OTHER_APPLICATIONS = {f"application/{each}" for each in ("javascript", "pdf", "xml", "zip")}
PLAIN_TEXT = "text/plain"  # storages' word for what they don't know

JSON_KINDS = {
    list: "a list", dict: "an object", str: "a text", bool: "true or false", type(None): "null",
}  # fmt: skip


def check_media_type(media_type: str) -> None:
    """Return only if a body of this media type can hold a picture.

    Raises:
        UnsupportedMediaType
    """
    if media_type in (FORM_TYPE, PLAIN_TEXT) or is_json(media_type):
        return
    if media_type.startswith(OTHER_TYPES) or media_type in OTHER_APPLICATIONS:
        raise problems.UnsupportedMediaType(f"{media_type} is not read here. {HOW_TO_SEND}")


def is_json(media_type: str) -> bool:
    """Whether a body of this media type is JSON."""
    return media_type in JSON_TYPES or media_type.endswith("+json")


def find(body: bytes, content_type: str) -> bytes:
    """The picture's bytes, still encoded, of a body whose media type was checked.

    Raises:
        InvalidRequest
    """
    given, options = http.parse_options_header(content_type)
    media_type = given.lower()
    if media_type == FORM_TYPE:
        return from_form(body, options.get("boundary", ""))
    return from_json(body) if is_json(media_type) else body


def from_form(body: bytes, boundary: str) -> bytes:
    """The file in the multipart field `image`."""
    if not boundary:
        raise problems.InvalidRequest(
            "The Content-Type multipart/form-data names no boundary. "
            "Let your HTTP client write that header itself."
        )
    try:
        parts = form.parts(body, boundary)
    except ValueError:
        raise problems.InvalidRequest(
            f"The multipart body is not well formed, or it breaks off. {HOW_TO_SEND}"
        ) from None
    part = only_picture(parts)
    return decoded(part)


def only_picture(parts: list[form.Part]) -> form.Part:
    """The one part with the picture; files that are empty, as browsers send them, don't count."""
    refuse_top({part.name for part in parts}, "field")
    filled = [part for part in parts if part.content]
    named = [part for part in filled if part.name == FIELD]
    if not named:
        names = {part.name for part in filled}
        raise problems.InvalidRequest(
            f'The form has no file in the field "{FIELD}"{told(names)}. {HOW_TO_SEND}'
        )
    pictures = named + [part for part in filled if part.is_file and part.name != FIELD]
    if len(pictures) > 1:
        raise several(f"The form has {len(pictures)} files")
    return named[0]


def decoded(part: form.Part) -> bytes:
    """A part's content as it was before its Content-Transfer-Encoding."""
    encoding = part.headers.get("Content-Transfer-Encoding", "binary").lower()
    if encoding == "base64":
        return from_base64(part.content.decode(errors="replace"))
    if encoding not in ("7bit", "8bit", "binary"):
        raise problems.InvalidRequest(
            f'The field "{FIELD}" has the Content-Transfer-Encoding {encoding!r}. '
            "Send the picture's bytes as they are."
        )
    return part.content


def from_json(body: bytes) -> bytes:
    """The base64 text in the member `image`."""
    try:
        document = json.loads(body, object_pairs_hook=members)
    except (ValueError, RecursionError):
        raise problems.InvalidRequest(f"The body is not valid JSON. {HOW_TO_SEND}") from None
    given = document if isinstance(document, dict) else {}
    refuse_top(given, "member")
    content = given.get(FIELD)
    if isinstance(content, list) and len(content) > 1:
        raise several(f'The member "{FIELD}" has {len(content)} elements')
    if not isinstance(content, str) or not content:
        raise problems.InvalidRequest(
            f'The JSON has no text in the member "{FIELD}"{in_its_place(document)}. {HOW_TO_SEND}'
        )
    if "url" in given:
        raise several(f'The JSON has both "{FIELD}" and "url"')
    return from_base64(content)


def in_its_place(document: Any) -> str:
    """What a JSON document has where the text ought to be."""
    if not isinstance(document, dict):
        return f"; it is {JSON_KINDS.get(type(document), 'a number')}"
    if FIELD not in document:
        return told(document)
    content = document[FIELD]
    return f", which is {JSON_KINDS.get(type(content), 'a number') if content != '' else 'empty'}"


def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object, which may not have two pictures."""
    pictures = [name for name, _ in pairs].count(FIELD)
    if pictures > 1:
        raise several(f'The JSON has {pictures} members "{FIELD}"')
    return dict(pairs)


def from_base64(text: str) -> bytes:
    """The bytes of a text."""
    try:
        return base64_text.decode(text)
    except base64_text.Base64Error as error:
        raise problems.InvalidRequest(
            f'"{FIELD}" is not base64: {error}. Send the picture in base64 (RFC 4648).'
        ) from None


def several(found: str) -> problems.Problem:
    """The problem of a request with more than one picture."""
    return problems.InvalidRequest(f"{found}. Send one picture a request.")


def refuse_top(names: Collection[str], what: str) -> None:
    """Return only if the number of classes isn't asked for where nobody looks for it."""
    if "top" in names:
        raise problems.InvalidRequest(
            f'"top" is not read as a {what} of the body. Write ?top=5 into the address.'
        )


def told(names: Collection[str]) -> str:
    """The names that were there in place of the right one; empty if there were none."""
    shown = ", ".join(f'"{name:.40}"' for name in sorted(names)[:5])
    return f"; it has {shown}" if shown else ""
