"""Finding the pictures in a request: the raw body, a form's fields, or base64 in JSON."""

from werkzeug import http

from passerelle.protocol import problems
from passerelle.server.pictures import form_pictures, json_pictures, sending
from passerelle.server.pictures.boxes import Parts
from passerelle.server.pictures.sending import HOW_TO_SEND, Found

FORM_TYPE, JSON_TYPES = "multipart/form-data", ("application/json", "text/json")

# What is never a picture. Everything else is looked at: storages, curl's --data-binary and much
# else give pictures all sorts of media types, and what a body is shows when it is decoded.
OTHER_TYPES = ("audio/", "font/", "message/", "model/", "multipart/", "text/", "video/")
OTHER_APPLICATIONS = {f"application/{each}" for each in ("javascript", "pdf", "xml", "zip")}
PLAIN_TEXT = "text/plain"  # storages' word for what they don't know


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


def find(body: bytes, content_type: str, max_pictures: int = sending.MAX_PICTURES) -> Found | Parts:
    """The picture, still encoded, of a body whose media type was checked.

    A list, even if of one, where the body is made for several: its answer is a list, too. So is
    that to the parts of one.

    Raises:
        InvalidRequest
        ContentTooLarge: more than `max_pictures`.
    """
    given, options = http.parse_options_header(content_type)
    media_type = given.lower()
    if media_type == FORM_TYPE:
        return form_pictures.find(body, options.get("boundary", ""), max_pictures)
    return json_pictures.find(body, max_pictures) if is_json(media_type) else body
