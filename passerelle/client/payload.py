"""What is sent of pictures: one as it is, several or one with boxes as a form, or an address.

A multipart form (RFC 7578) holds them as they are. A form with one picture would be answered as
that picture alone: a list of one is JSON.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from passerelle.client import errors, pictures
from passerelle.client.answers import Box
from passerelle.client.pictures import Picture

FIELD, LIST, URL, BOXES = "image", "images", "url", "boxes"
BYTES, JSON = "application/octet-stream", "application/json"
EDGES = ("xmin", "ymin", "xmax", "ymax")  # of a box
# The file's own name stays here; without any, an empty file would be no file.
_PICTURE = f'Content-Disposition: form-data; name="{FIELD}"; filename="picture"'.encode()
_BOXES = f'Content-Disposition: form-data; name="{BOXES}"'.encode()

Part: TypeAlias = Box | Sequence[float]  # of a picture: a box, or its edges in the order of EDGES


def encode(picture: Picture | None, url: str | None) -> tuple[str, bytes]:
    """The Content-Type and the body of a request with a picture, or with the address of one.

    Raises:
        errors.InvalidRequest: it has neither or both, or the picture can't be read.
    """
    if picture is not None and url is None:
        return BYTES, pictures.content(picture)
    if picture is None and url is not None:
        return JSON, json.dumps({URL: url}, allow_nan=False).encode()
    raise errors.InvalidRequest("Give one picture, or the url of one.")


def encode_many(given: Sequence[Picture]) -> tuple[str, bytes]:
    """The Content-Type and the body of a request with several pictures.

    Raises:
        errors.InvalidRequest: there is none, or one can't be read.
    """
    contents = [pictures.content(each) for each in given]
    if not contents:
        raise errors.InvalidRequest("There is no picture to send.")
    if len(contents) == 1:
        document = {LIST: [base64.b64encode(contents[0]).decode()]}
        return JSON, json.dumps(document, allow_nan=False).encode()
    return _form([(_PICTURE, each) for each in contents])


def encode_boxes(picture: Picture, boxes: Iterable[Part]) -> tuple[str, bytes]:
    """The Content-Type and the body of a request about parts of a picture.

    Raises:
        errors.InvalidRequest: there is no part, one is no box, or the picture can't be read.
    """
    listed = [_edges(each) for each in boxes]
    if not listed:
        raise errors.InvalidRequest("There is no box to ask about.")
    try:
        text = json.dumps(listed, allow_nan=False)
    except ValueError as error:
        raise errors.InvalidRequest("A box has an edge that is NaN or infinite.") from error
    return _form([(_PICTURE, pictures.content(picture)), (_BOXES, text.encode())])


def _edges(part: Part) -> dict[str, float]:
    """A box as the gateway takes it."""
    edges: Any = [getattr(part, name) for name in EDGES] if isinstance(part, Box) else part
    try:
        return dict(zip(EDGES, map(float, edges), strict=True))
    except (TypeError, ValueError) as error:
        raise errors.InvalidRequest(
            f"A box is a Box or its four edges {', '.join(EDGES)}, not {str(part)[:80]}."
        ) from error


def _form(parts: Sequence[tuple[bytes, bytes]]) -> tuple[str, bytes]:
    """The Content-Type and the body of a form: of each part its header, and what it holds."""
    boundary = _boundary([content for _, content in parts])
    lines = list[bytes]()
    for header, content in parts:
        lines += [b"--" + boundary, header, b"", content]
    body = b"\r\n".join([*lines, b"--" + boundary + b"--", b""])
    return f"multipart/form-data; boundary={boundary.decode()}", body


def _boundary(contents: Sequence[bytes]) -> bytes:
    """What none of them has in it; the same for the same, so that a cache knows them again."""
    digest = hashlib.sha256()
    for each in contents:
        digest.update(hashlib.sha256(each).digest())
    return digest.hexdigest()[:32].encode()
