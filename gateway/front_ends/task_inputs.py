"""A body as Hugging Face's clients send it -> the picture in it, and the parameters beside it.

It is an encoded picture, or JSON `{"inputs": "<base64>", "parameters": {…}}`, whatever media type
it has. `inputs` may be a data: URI, the address of a picture, or a list of pictures.
"""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from passerelle.protocol import problems
from passerelle.server.pictures import json_pictures, picture, sending

INPUTS, PARAMETERS = "inputs", "parameters"
OPTIONS = "options"  # of older clients, about Hugging Face's own servers: left alone
HOW_TO_SEND = 'Send a picture as the body, or as JSON {"inputs": "<base64>", "parameters": {}}.'
PICTURE, JSON = "application/octet-stream", "application/json"
SCHEMES = ("http://", "https://")  # of an address to fetch a picture from


@dataclasses.dataclass(frozen=True)
class Inputs:
    """What a body holds, as our own API would be sent it."""

    payload: bytes
    content_type: str
    parameters: Mapping[str, Any] = dataclasses.field(default_factory=dict)


def find(body: bytes, content_type: str) -> Inputs:
    """The picture or pictures of a body.

    Raises:
        InvalidRequest
    """
    if is_json(body, content_type):
        return of_document(read(body))
    is_form = content_type.lower().startswith(picture.FORM_TYPE)
    return Inputs(body, content_type if is_form else PICTURE)


def is_json(body: bytes, content_type: str) -> bool:
    """Whether a body is JSON, by its media type or its start: no picture begins with a brace."""
    media_type = content_type.partition(";")[0].strip().lower()
    return picture.is_json(media_type) or body[:64].lstrip().startswith(b"{")


def read(body: bytes) -> dict[str, Any]:
    """The JSON object that a body holds.

    Raises:
        InvalidRequest
    """
    if sum(body.count(each) for each in (b",", b"[", b"{")) > json_pictures.MAX_VALUES:
        raise problems.InvalidRequest(
            f"The JSON has more than {json_pictures.MAX_VALUES:,} values. {HOW_TO_SEND}"
        )
    try:
        document = json.loads(body, object_pairs_hook=members)
    except (ValueError, RecursionError):
        raise problems.InvalidRequest(f"The body is not valid JSON. {HOW_TO_SEND}") from None
    if not isinstance(document, dict) or INPUTS not in document:
        found = sending.told(document) if isinstance(document, dict) else ""
        raise problems.InvalidRequest(f'The JSON has no member "{INPUTS}"{found}. {HOW_TO_SEND}')
    return document


def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object, in which no picture hides another."""
    if [name for name, _ in pairs].count(INPUTS) > 1:
        raise problems.InvalidRequest(
            f'The JSON has several members "{INPUTS}". Write several pictures as a list.'
        )
    return dict(pairs)


def of_document(document: Mapping[str, Any]) -> Inputs:
    """What a JSON object holds. Parameters may stand beside `inputs`, as those of features do.

    Raises:
        InvalidRequest
    """
    beside = {
        name: value for name, value in document.items() if name not in (INPUTS, PARAMETERS, OPTIONS)
    }
    parameters = beside | obj(document, PARAMETERS)
    inputs = document[INPUTS]
    if isinstance(inputs, list):
        return Inputs(several(inputs), JSON, parameters)
    if not isinstance(inputs, str):
        what = json_pictures.kind(inputs)
        raise problems.InvalidRequest(
            f'"{INPUTS}" is {what}, not a picture as base64 text. No question and no labels are '
            "taken beside a picture."
        )
    if inputs.startswith(SCHEMES):
        return Inputs(json.dumps({"url": inputs}, allow_nan=False).encode(), JSON, parameters)
    return Inputs(sending.from_base64(inputs, INPUTS), PICTURE, parameters)


def obj(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    """An object within a JSON object; empty where there is none.

    Raises:
        InvalidRequest
    """
    found = document.get(name)
    if found is not None and not isinstance(found, dict):
        what = json_pictures.kind(found)
        raise problems.InvalidRequest(f'"{name}" is {what}. Write an object, or leave it away.')
    return found or {}


def several(inputs: list[Any]) -> bytes:
    """The body that our own API takes for several pictures.

    Raises:
        InvalidRequest
    """
    for number, each in enumerate(inputs):
        if not isinstance(each, str) or each.startswith(SCHEMES):
            raise problems.InvalidRequest(
                f"{INPUTS}[{number}] is no base64 text. Write each picture of a list as that."
            )
    if not inputs:
        raise problems.InvalidRequest(f'"{INPUTS}" is empty. {HOW_TO_SEND}')
    return json.dumps({sending.LIST: inputs}, allow_nan=False).encode()
