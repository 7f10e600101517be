"""What the command line asks a running gateway."""

from pathlib import Path
from typing import Any

import requests

TIMEOUT = 60.0  # seconds


class ClientError(Exception):
    """No answer, or an error; the text says what to do."""


def models(url: str, key: str) -> list[dict[str, Any]]:
    """`GET /models`.

    Raises:
        ClientError
    """
    found: list[dict[str, Any]] = ask("GET", f"{url}/models", key)["models"]
    return found


def first(url: str, key: str) -> str:
    """The id of the first model that the key may use.

    Raises:
        ClientError
    """
    found = models(url, key)
    if not found:
        raise ClientError("This key may use no model. Ask for one that may.")
    return str(found[0]["id"])


def predict(url: str, key: str, model: str, image: Path, top: int | None) -> dict[str, Any]:
    """`POST /model/<id>/predict` with a picture's file.

    Raises:
        ClientError
    """
    query = {} if top is None else {"top": str(top)}
    return ask("POST", f"{url}/model/{model}/predict", key, image.read_bytes(), query)


def ask(
    method: str, url: str, key: str, data: bytes | None = None, query: dict[str, str] | None = None
) -> dict[str, Any]:
    """The JSON object that a request is answered with.

    Raises:
        ClientError: with the problem's own sentence, where there is one.
    """
    headers = {"X-API-Key": key, "Content-Type": "application/octet-stream"}
    try:
        answer = requests.request(
            method, url, headers=headers, data=data, params=query, timeout=TIMEOUT
        )
        document: dict[str, Any] = answer.json()
    except requests.ConnectionError:
        raise ClientError(f"Nothing answers at {url}. Is `passerelle up` running?") from None
    except (requests.RequestException, ValueError) as error:
        raise ClientError(f"{url} gave no answer that can be read: {error}") from None
    if not answer.ok:
        raise ClientError(f"{document['detail']} (request {document['request_id']})")
    return document
