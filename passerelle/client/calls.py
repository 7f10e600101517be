"""What a gateway can be asked, as HTTP requests."""

import dataclasses
import datetime
import json
import math
import urllib.parse
from collections.abc import Mapping, Sequence

from passerelle.client import errors, payload
from passerelle.client.payload import Part
from passerelle.client.pictures import Picture

NO_HEADERS: Mapping[str, str] = {}
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")

Option = str | int | float | None  # of a request's address; None: it isn't said
Day = datetime.date | str | None  # the same; such as 2026-11-26


@dataclasses.dataclass(frozen=True)
class Call:
    """A request without what the client adds: its key, and the time that is left."""

    method: str
    path: str
    body: bytes | None
    headers: Mapping[str, str]
    is_repeatable: bool = False  # whether nothing is done twice where it is asked twice


def models(headers: Mapping[str, str]) -> Call:
    """All models that the key may use."""
    return request("GET", "/models", headers=headers)


def model(model_id: str, headers: Mapping[str, str]) -> Call:
    """One of them."""
    return request("GET", f"/models/{_quoted(model_id)}", headers=headers)


def history(headers: Mapping[str, str]) -> Call:
    """The models' last minutes."""
    return request("GET", "/history", headers=headers)


def usage(headers: Mapping[str, str], by: Sequence[str], **query: Day) -> Call:
    """How much was asked, by day."""
    given = {name: each for name, each in {**query, "by": ",".join(by)}.items() if each}
    return request("GET", _with(given, "/usage"), headers=headers)


def promote(
    model_id: str, to: float | None, headers: Mapping[str, str], *, force: bool = False
) -> Call:
    """Another weight of a split's new variant. To ask twice for the next step is to ask for two.

    Raises:
        errors.InvalidRequest: it is no number.
    """
    if to is not None and not math.isfinite(to):
        raise errors.InvalidRequest(f"A weight is a number of percent, and {to} is none.")
    given = {**({} if to is None else {"to": to}), **({"force": True} if force else {})}
    kind = {"Content-Type": payload.JSON}
    body = json.dumps(given, allow_nan=False).encode()
    path = f"/model/{_quoted(model_id)}/promotion"
    return Call("POST", path, body, {**kind, **headers}, is_repeatable=to is not None)


def predict(
    model_id: str,
    picture: Picture | None,
    url: str | None,
    options: Mapping[str, Option],
    headers: Mapping[str, str],
) -> Call:
    """One picture, or the address of one.

    Raises:
        errors.InvalidRequest: it can't be sent.
    """
    return _predict(model_id, payload.encode(picture, url), options, headers)


def predict_many(
    model_id: str,
    pictures: Sequence[Picture],
    options: Mapping[str, Option],
    headers: Mapping[str, str],
) -> Call:
    """Several pictures.

    Raises:
        errors.InvalidRequest: they can't be sent.
    """
    return _predict(model_id, payload.encode_many(pictures), options, headers)


def predict_boxes(
    model_id: str,
    picture: Picture,
    boxes: Sequence[Part],
    options: Mapping[str, Option],
    headers: Mapping[str, str],
) -> Call:
    """Parts of a picture.

    Raises:
        errors.InvalidRequest: they can't be sent.
    """
    return _predict(model_id, payload.encode_boxes(picture, boxes), options, headers)


def request(
    method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] = NO_HEADERS
) -> Call:
    """Any request. Who sends a body knows best whether it may be sent twice: it isn't."""
    kind = {} if body is None else {"Content-Type": payload.BYTES}
    return Call(method, path, body, {**kind, **headers}, method in SAFE_METHODS)


def _predict(
    model_id: str,
    encoded: tuple[str, bytes],
    options: Mapping[str, Option],
    headers: Mapping[str, str],
) -> Call:
    """A prediction, which changes nothing and so can be asked for again."""
    kind, body = encoded
    given = {name: value for name, value in options.items() if value is not None}
    path = _with(given, f"/model/{_quoted(model_id)}/predict")
    return Call("POST", path, body, {"Content-Type": kind, **headers}, is_repeatable=True)


def _quoted(model_id: str) -> str:
    """A model's id as a part of a path, whatever it holds."""
    return urllib.parse.quote(model_id, safe="")


def _with(query: Mapping[str, object], path: str) -> str:
    """A path with a query, where there is one."""
    return f"{path}?{urllib.parse.urlencode(query)}" if query else path
