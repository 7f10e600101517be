"""The Python SDK: what a running gateway can be asked.

with Client("http://127.0.0.1:8080", key) as client:
    reply = client.predict("efficientnet-lite0", Path("cat.jpg"), top=3)
    replies = client.predict_many("efficientnet-lite0", [Path("cat.jpg"), Path("dog.jpg")])
reply.document["category"], reply.server_timing
replies.document["results"][1]["category"]
"""

import dataclasses
import time
import urllib.parse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import requests

from passerelle.client import errors, payload, proxies

CONNECT_TIMEOUT, ANSWER_TIMEOUT = 3.0, 120.0  # seconds; the gateway's own limits are shorter
NO_HEADERS: Mapping[str, str] = {}
PNG = b"\x89PNG\r\n\x1a\n"  # how one begins

Option = str | int | float | None  # of a request's address; None: it isn't said


@dataclasses.dataclass(frozen=True)
class Reply:
    """The gateway's answer to one request."""

    document: dict[str, Any]  # empty where the answer is no JSON
    headers: Mapping[str, str]  # found in any case
    seconds: float  # until it was read
    content: bytes = b""  # of the body, as it came

    @property
    def media_type(self) -> str:
        """What the body is, such as `application/json` or `image/png`."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    @property
    def request_id(self) -> str:
        """By which the logs of the gateway and of the model name the request."""
        return self.headers.get("X-Request-ID", "")

    @property
    def server_timing(self) -> str:
        """Where the milliseconds went, as `Server-Timing` has it."""
        return self.headers.get("Server-Timing", "")


def new_session() -> requests.Session:
    """Connections that use no proxy and no credentials of the environment."""
    session = requests.Session()
    session.trust_env = False
    return session


class Client:
    """One gateway, asked with one key. `headers` of a request go along, such as a traceparent.

    It costs nothing beside its session, which keeps the connections. A session is for one thread
    at a time; whoever passes one in closes it. What is far is asked by the environment's proxy,
    unless `use_proxy` is false; what is near never is (proxies.py).
    """

    def __init__(
        self,
        url: str,
        key: str = "",
        session: requests.Session | None = None,
        timeout: tuple[float, float] = (CONNECT_TIMEOUT, ANSWER_TIMEOUT),
        *,
        use_proxy: bool = True,
    ) -> None:
        self.url, self._key = url.rstrip("/"), key
        self._owns_session = session is None
        self._session = session or new_session()
        if session is None and use_proxy:
            proxies.apply(self._session, self.url)
        self._timeout = timeout

    def models(self, headers: Mapping[str, str] = NO_HEADERS) -> list[dict[str, Any]]:
        """The models that the key may use, as `GET /models` has them.

        Raises:
            errors.ClientError
        """
        reply = self.request("GET", "/models", headers=headers)
        found = reply.document.get("models")
        if not isinstance(found, list):
            raise errors.UnreadableAnswer(f"{self.url}/models lists no models. Is it a gateway?")
        return found

    def model(self, model_id: str, headers: Mapping[str, str] = NO_HEADERS) -> dict[str, Any]:
        """One model: its card and its status, as `GET /models/<id>` has them.

        Raises:
            errors.ClientError
        """
        return self.request("GET", f"/models/{_quoted(model_id)}", headers=headers).document

    def history(self, headers: Mapping[str, str] = NO_HEADERS) -> dict[str, Any]:
        """The models' last minutes, as `GET /history` has them.

        Raises:
            errors.ClientError
        """
        return self.request("GET", "/history", headers=headers).document

    def predict(
        self,
        model_id: str,
        picture: bytes | Path,
        top: int | None = None,
        headers: Mapping[str, str] = NO_HEADERS,
        **options: Option,
    ) -> Reply:
        """What a model sees in a picture: the bytes of a JPEG, PNG or WebP, or its file.

        A service may be set to read other formats as well. `options` are what a task can be asked
        beside `top`, such as threshold=0.7. With the header Accept: image/png, a model that has an
        answer in that form gives it as the reply's `content`.

        Raises:
            errors.ClientError
        """
        path = _predict_path(model_id, {"top": top, **options})
        return self.request("POST", path, payload.content(picture), headers)

    def predict_many(
        self,
        model_id: str,
        pictures: Sequence[bytes | Path],
        top: int | None = None,
        headers: Mapping[str, str] = NO_HEADERS,
        **options: Option,
    ) -> Reply:
        """What a model sees in several pictures, bytes or files, in one request.

        The document's `results` are in the pictures' order: each is an answer's members, or has a
        `problem` with its `status`, `title` and `detail`. How many a gateway takes at once, and how
        many bytes, is set there: 64 and 20,000,000 unless said otherwise.

        Raises:
            errors.ClientError: of the request as a whole.
        """
        path = _predict_path(model_id, {"top": top, **options})
        kind, body = payload.encode(pictures)
        return self.request("POST", path, body, {"Content-Type": kind, **headers})

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> Reply:
        """One request, and what it is answered with: a JSON object, or a PNG if that was asked for.

        Raises:
            errors.ClientError
        """
        began = time.perf_counter()
        url = self.url + path
        try:
            response = self._session.request(
                method, url, headers=self._headers(body, headers), data=body,
                timeout=self._timeout, allow_redirects=False,
            )  # fmt: skip
            if response.is_redirect:
                raise errors.UnreadableAnswer(_moved(url, response.headers["Location"]))
            document = {} if _is_png(response) else response.json()
        except (OSError, UnicodeError) as error:  # those of requests are OSErrors
            raise errors.translated(error, self.url) from error
        if not isinstance(document, dict):
            raise errors.UnreadableAnswer(f"{url} answered no JSON object. Is it a gateway?")
        if response.status_code != 200:
            raise errors.Refused(response.status_code, document, response.headers)
        seconds = time.perf_counter() - began
        return Reply(document, response.headers, seconds, response.content)

    def _headers(self, body: bytes | None, added: Mapping[str, str]) -> dict[str, str]:
        """The key, what the body is, and what the caller adds."""
        key = {"X-API-Key": self._key} if self._key else {}
        kind = {} if body is None else {"Content-Type": "application/octet-stream"}
        return {**key, **kind, **added}

    def close(self) -> None:
        """Close the connections, where they are this client's own."""
        if self._owns_session:
            self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _predict_path(model_id: str, options: Mapping[str, Option]) -> str:
    """Where a model is asked, with those options that are given."""
    given = {name: value for name, value in options.items() if value is not None}
    query = f"?{urllib.parse.urlencode(given)}" if given else ""
    return f"/model/{_quoted(model_id)}/predict{query}"


def _is_png(response: requests.Response) -> bool:
    """Whether a response is an answer in that form."""
    kind = response.headers.get("Content-Type", "")
    return response.status_code == 200 and kind == "image/png" and response.content[:8] == PNG


def _quoted(model_id: str) -> str:
    """A model's id as a part of a path, whatever it holds."""
    return urllib.parse.quote(model_id, safe="")


def _moved(url: str, target: str) -> str:
    """What to do about a redirect, which isn't followed: the key is for the address given."""
    return f"{url} answers that it moved to {target}; use the address of that."
