"""The pictures in a multipart form: its file fields `image`, each with one, and their `boxes`."""

import functools
from collections.abc import Sequence

from passerelle.protocol import problems
from passerelle.server.pictures import boxes, form, sending
from passerelle.server.pictures.boxes import Parts
from passerelle.server.pictures.sending import FIELD, HOW_TO_SEND, Found


def find(body: bytes, boundary: str, max_pictures: int) -> Found | Parts:
    """The file in the field `image`, or those of several such fields, in their order.

    With a field `boxes` it is these parts of the one picture.

    Raises:
        InvalidRequest
        ContentTooLarge: more than `max_pictures`.
    """
    if not boundary:
        raise problems.InvalidRequest(
            "The Content-Type multipart/form-data names no boundary. "
            "Let your HTTP client write that header itself."
        )
    try:
        parts = form.parts(body, boundary)
    except form.TooManyPartsError:
        raise problems.ContentTooLarge(
            f"The form has more than {form.MAX_PARTS:,} parts. "
            f"Send at most {max_pictures:,} pictures at once."
        ) from None
    except ValueError:
        raise problems.InvalidRequest(
            f"The multipart body is not well formed, or it breaks off. {HOW_TO_SEND}"
        ) from None
    given = [part for part in parts if part.name == boxes.FIELD]
    found = of_parts(pictures([part for part in parts if part.name != boxes.FIELD]), max_pictures)
    if not given:
        return found
    if len(given) > 1:
        raise problems.InvalidRequest(
            f'The form has {len(given)} fields "{boxes.FIELD}". Write all boxes into one list.'
        )
    return boxes.of_one(found, boxes.parse(given[0].content, max_pictures))


def of_parts(parts: Sequence[form.Part], max_pictures: int) -> Found:
    """The pictures of the parts that have one.

    Raises:
        ContentTooLarge: more than `max_pictures`.
    """
    if len(parts) == 1:
        return decoded(parts[0])
    sending.check_count(len(parts), max_pictures)
    return [functools.partial(decoded, part) for part in parts]


def pictures(parts: Sequence[form.Part]) -> list[form.Part]:
    """The parts that have the pictures.

    A field without a file, as browsers send it, has no name either and doesn't count. An empty file
    among several counts, so that each result is in its picture's place.
    """
    sending.refuse_top({part.name for part in parts}, "field")
    given = [part for part in parts if part.content or part.filename]
    named = [part for part in given if part.name == FIELD]
    if not any(part.content for part in named):
        names = {part.name for part in given if part.content}
        raise problems.InvalidRequest(
            f'The form has no file in the field "{FIELD}"{sending.told(names)}. {HOW_TO_SEND}'
        )
    others = [part for part in given if part.is_file and part.content and part.name != FIELD]
    if others:
        raise problems.InvalidRequest(
            f"The form has {len(named) + len(others)} files, and not all in a field "
            f'"{FIELD}". Send each picture in a field "{FIELD}" of its own.'
        )
    return named


def decoded(part: form.Part) -> bytes:
    """A part's content as it was before its Content-Transfer-Encoding.

    Raises:
        InvalidRequest
    """
    encoding = part.headers.get("Content-Transfer-Encoding", "binary").lower()
    if encoding == "base64":
        return sending.from_base64(part.content.decode(errors="replace"))
    if encoding not in ("7bit", "8bit", "binary"):
        raise problems.InvalidRequest(
            f'The field "{FIELD}" has the Content-Transfer-Encoding {encoding!r}. '
            "Send the picture's bytes as they are."
        )
    return sending.filled(part.content, FIELD)
