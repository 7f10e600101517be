"""What is sent of pictures: one as it is, several as one body, or an address.

Several are a multipart form (RFC 7578), which holds them as they are. A form with one picture would
be answered as that picture alone: a list of one is JSON.
"""

import base64
import hashlib
import json
from collections.abc import Sequence

from passerelle.client import errors, pictures
from passerelle.client.pictures import Picture

FIELD, LIST, URL = "image", "images", "url"
BYTES, JSON = "application/octet-stream", "application/json"
# The file's own name stays here; without any, an empty file would be no file.
_HEAD = f'Content-Disposition: form-data; name="{FIELD}"; filename="picture"'.encode()


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
