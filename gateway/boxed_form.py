"""A picture and boxes in it as a multipart form, of the same bytes each time."""

import hashlib
import json
from typing import Any

from passerelle.server.pictures import boxes, sending

HEAD = b'--%b\r\nContent-Disposition: form-data; name="%b"%b\r\n\r\n'
FILE = b'; filename="picture"'


def encode(picture: bytes, found: Any) -> tuple[str, bytes]:
    """The form's media type and its bytes: what is found as JSON, and the picture as it is.

    Nobody can send a picture that has its own digest in it, so that this is where no part ends.
    """
    boundary = f"passerelle-{hashlib.sha256(picture).hexdigest()[:32]}"
    mark = boundary.encode()
    body = b"".join(
        (
            HEAD % (mark, boxes.FIELD.encode(), b""),
            json.dumps(found, allow_nan=False).encode(),
            b"\r\n" + HEAD % (mark, sending.FIELD.encode(), FILE),
            picture,
            b"\r\n--%b--\r\n" % mark,
        )
    )
    return f"multipart/form-data; boundary={boundary}", body
