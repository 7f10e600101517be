"""What a request's pictures are called, however they are sent, and what is said where they aren't.

A picture is taken out of what was sent for it, base64 or a form's part, when its turn comes: so no
two of a request are held twice at once.
"""

from collections.abc import Callable, Collection

from passerelle.protocol import problems
from passerelle.server.pictures import base64_text

FIELD, LIST = "image", "images"
HOW_TO_SEND = (
    "Send a picture as the body with its image/… Content-Type, "
    f'as the multipart field "{FIELD}", or as JSON {{"{FIELD}": "<base64>"}}.'
)
MAX_PICTURES = 64  # of one request, unless the settings say otherwise

Encoded = Callable[[], bytes]  # a picture's file; raises InvalidRequest where it can't be had
Found = bytes | list[Encoded]  # one picture's file, or those of a request that is made for several


def from_base64(text: str, name: str = FIELD) -> bytes:
    """The bytes of a text, which the request calls `name`.

    Raises:
        InvalidRequest
    """
    try:
        content = base64_text.decode(text)
    except base64_text.Base64Error as error:
        raise problems.InvalidRequest(
            f'"{name}" is not base64: {error}. Send the picture in base64 (RFC 4648).'
        ) from None
    return filled(content, name)


def filled(content: bytes, name: str) -> bytes:
    """A picture's file, if it isn't empty.

    Raises:
        InvalidRequest
    """
    if not content:
        raise problems.InvalidRequest(f'"{name}" is empty. Send the whole picture.')
    return content


def check_count(count: int, limit: int) -> None:
    """Return only if a request may have so many pictures.

    Raises:
        ContentTooLarge
    """
    if count > limit:
        raise problems.ContentTooLarge(
            f"The request has {count:,} pictures, more than {limit:,}. Send fewer at once."
        )


def refuse_top(names: Collection[str], what: str) -> None:
    """Return only if the number of classes isn't asked for where nobody looks for it.

    Raises:
        InvalidRequest
    """
    if "top" in names:
        raise problems.InvalidRequest(
            f'"top" is not read as a {what} of the body. Write ?top=5 into the address.'
        )


def told(names: Collection[str]) -> str:
    """The names that were there in place of the right one; empty if there were none."""
    shown = ", ".join(f'"{name:.40}"' for name in sorted(names)[:5])
    return f"; it has {shown}" if shown else ""
