"""Several pictures as the body of one request.

That is a multipart form (RFC 7578), which holds them as they are. A form with one picture would be
answered as that picture alone: a list of one is JSON.
"""

import base64
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from passerelle.client import errors

FIELD, LIST = "image", "images"
# The file's own name stays here; without any, an empty file would be no file.
_HEAD = f'Content-Disposition: form-data; name="{FIELD}"; filename="picture"'.encode()


def encode(pictures: Sequence[bytes | Path]) -> tuple[str, bytes]:
    """The Content-Type and the body of a request with these pictures.

    Raises:
        errors.InvalidRequest: there is none, or one can't be read.
    """
    if not pictures:
        raise errors.InvalidRequest("There is no picture to send.")
    if len(pictures) == 1:
        document = {LIST: [base64.b64encode(content(pictures[0])).decode()]}
        return "application/json", json.dumps(document, allow_nan=False).encode()
    contents = [content(each) for each in pictures]
    boundary = _boundary(contents)
    lines = list[bytes]()
    for each in contents:
        lines += [b"--" + boundary, _HEAD, b"", each]
    body = b"\r\n".join([*lines, b"--" + boundary + b"--", b""])
    return f"multipart/form-data; boundary={boundary.decode()}", body


def _boundary(contents: Sequence[bytes]) -> bytes:
    """What none of them has in it; the same for the same, so that a cache knows them again."""
    digest = hashlib.sha256()
    for each in contents:
        digest.update(hashlib.sha256(each).digest())
    return digest.hexdigest()[:32].encode()


def content(picture: bytes | Path) -> bytes:
    """The bytes of a picture, or of its file.

    Raises:
        errors.InvalidRequest
    """
    if isinstance(picture, bytes):
        return picture
    try:
        return picture.read_bytes()
    except OSError as error:
        raise errors.InvalidRequest(f"{picture} can't be read: {error.strerror}.") from error
