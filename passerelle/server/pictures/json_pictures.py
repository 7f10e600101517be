"""The pictures in a JSON object, in base64: one in its member `image`, or a list, `images`.

Beside the one there may be `boxes`, whose parts of it are asked about.
"""

import functools
import json
from typing import Any

from passerelle.protocol import problems
from passerelle.server.pictures import boxes, sending
from passerelle.server.pictures.boxes import Parts
from passerelle.server.pictures.sending import FIELD, HOW_TO_SEND, LIST, Found

MAX_VALUES = 100_000  # commas and brackets of a body: each value takes memory, base64 has none
KINDS = {
    list: "a list", dict: "an object", str: "a text", bool: "true or false", type(None): "null",
}  # fmt: skip


def find(body: bytes, max_pictures: int) -> Found | Parts:
    """The picture in the member `image`, or those in the list `images`, in their order.

    With a member `boxes` it is these parts of the one picture.

    Raises:
        InvalidRequest
        ContentTooLarge: more than `max_pictures`.
    """
    document = read(body)
    given = document if isinstance(document, dict) else {}
    sending.refuse_top(given, "member")
    refuse_url(given)
    found = several(given, max_pictures) if LIST in given else one(document, given)
    if boxes.FIELD not in given:
        return found
    return boxes.of_one(found, boxes.checked(given[boxes.FIELD], max_pictures))


def read(body: bytes) -> Any:
    """What the body says, in any of the encodings that JSON may be in.

    Raises:
        InvalidRequest
    """
    if sum(body.count(each) for each in (b",", b"[", b"{")) > MAX_VALUES:
        raise problems.InvalidRequest(
            f"The JSON has more than {MAX_VALUES:,} values. {HOW_TO_SEND}"
        )
    try:
        return json.loads(body, object_pairs_hook=members)
    except (ValueError, RecursionError):
        raise problems.InvalidRequest(f"The body is not valid JSON. {HOW_TO_SEND}") from None


def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object, in which no picture hides another."""
    names = [name for name, _ in pairs]
    if names.count(boxes.FIELD) > 1:
        raise problems.InvalidRequest(
            f'The JSON has {names.count(boxes.FIELD)} members "{boxes.FIELD}". '
            "Write all boxes into one list."
        )
    for name in (FIELD, LIST):
        if names.count(name) > 1:
            raise problems.InvalidRequest(
                f'The JSON has {names.count(name)} members "{name}". '
                f'Write several pictures as {{"{LIST}": ["<base64>", …]}}.'
            )
    return dict(pairs)


def refuse_url(given: dict[str, Any]) -> None:
    """Return only if there is no picture beside another's address."""
    for name in (FIELD, LIST):
        if name in given and "url" in given:
            raise problems.InvalidRequest(
                f'The JSON has both "{name}" and "url". Send one of the two.'
            )


def one(document: Any, given: dict[str, Any]) -> bytes:
    """The picture in the member `image`."""
    content = given.get(FIELD)
    if isinstance(content, list):
        raise problems.InvalidRequest(
            f'The member "{FIELD}" is a list. Write several pictures as '
            f'{{"{LIST}": ["<base64>", …]}}.'
        )
    if not isinstance(content, str) or not content:
        raise problems.InvalidRequest(
            f'The JSON has no text in the member "{FIELD}"{in_its_place(document)}. {HOW_TO_SEND}'
        )
    return sending.from_base64(content)


def several(given: dict[str, Any], max_pictures: int) -> Found:
    """The pictures in the list `images`. What one of them is, is looked at when its turn comes."""
    texts = given[LIST]
    if FIELD in given:
        raise problems.InvalidRequest(
            f'The JSON has both "{FIELD}" and "{LIST}". Write all pictures into "{LIST}".'
        )
    if not isinstance(texts, list) or not texts:
        found = "empty" if texts == [] else kind(texts)
        raise problems.InvalidRequest(
            f'The member "{LIST}" is {found}. Write a list of pictures, each as base64 text.'
        )
    sending.check_count(len(texts), max_pictures)
    for number, each in enumerate(texts):
        if not isinstance(each, str):
            raise problems.InvalidRequest(
                f"{LIST}[{number}] is {kind(each)}. Write each picture as base64 text."
            )
    return [
        functools.partial(sending.from_base64, text, f"{LIST}[{number}]")
        for number, text in enumerate(texts)
    ]


def in_its_place(document: Any) -> str:
    """What a JSON document has where the text ought to be."""
    if not isinstance(document, dict):
        return f"; it is {kind(document)}"
    if FIELD not in document:
        return sending.told(document)
    content = document[FIELD]
    return f", which is {kind(content) if content != '' else 'empty'}"


def kind(value: Any) -> str:
    """What a value of JSON is, in words."""
    return KINDS.get(type(value), "a number")
