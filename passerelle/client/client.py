"""The Python SDK: what a running gateway can be asked.

with Client("http://127.0.0.1:8080", key) as client:
    reply = client.predict("efficientnet-lite0", Path("cat.jpg"), top=3, expect=Classification)
    replies = client.predict_many("efficientnet-lite0", [Path("cat.jpg"), Path("dog.jpg")])
reply.answer.category, reply.document["category"], reply.server_timing
replies.answer.results[1]
"""

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any, Self, overload

import httpx

from passerelle.client import calls, connections, control, core, errors, reply
from passerelle.client.answers import Answer, AnswerT, Results
from passerelle.client.attempts import REAL, RETRIES, Attempt, Timing
from passerelle.client.calls import NO_HEADERS, Call, Option
from passerelle.client.credentials import Credentials, Token
from passerelle.client.payload import Part
from passerelle.client.pictures import Picture
from passerelle.client.reply import Received, Reply


class Client(control.Control):
    """One gateway, asked with one key. `headers` of a request go along, such as a traceparent.

    Threads may share a client: its connections are kept, as many as are needed at once. What is far
    is asked by the environment's proxy, unless `use_proxy` is false; what is near never is
    (connections.py). Whoever passes connections in (`http`) closes them.

    `token` is an identity provider's, in place of a key: a text, or a function that gives the one
    that is good now, which each call asks.

    `timeout` is that of each call in seconds, retries included, unless the call has its own. It
    travels: the gateway and the model give up by then, too. Without one the client waits for two
    minutes, and the model has its own time. `retries` is how often a call is repeated where the
    gateway says `Retry-After`: 0 turns that off.
    """

    def __init__(
        self,
        url: str,
        key: str = "",
        *,
        token: Token = "",
        timeout: float | None = None,
        retries: int = RETRIES,
        use_proxy: bool = True,
        http: httpx.Client | None = None,
        timing: Timing = REAL,
    ) -> None:
        super().__init__(url, Credentials(key, token), timeout, retries, timing)
        self._owns_http = http is None
        self._http = http or connections.new(self.url, use_proxy=use_proxy)

    @overload
    def predict(
        self,
        model_id: str,
        picture: Picture | None = None,
        top: int | None = None,
        headers: Mapping[str, str] = NO_HEADERS,
        *,
        url: str | None = None,
        expect: type[AnswerT],
        timeout: float | None = None,
        **options: Option,
    ) -> Reply[AnswerT]: ...

    @overload
    def predict(
        self,
        model_id: str,
        picture: Picture | None = None,
        top: int | None = None,
        headers: Mapping[str, str] = NO_HEADERS,
        *,
        url: str | None = None,
        expect: None = None,
        timeout: float | None = None,
        **options: Option,
    ) -> Reply[Answer]: ...

    def predict(
        self,
        model_id: str,
        picture: Picture | None = None,
        top: int | None = None,
        headers: Mapping[str, str] = NO_HEADERS,
        *,
        url: str | None = None,
        expect: type[Any] | None = None,
        timeout: float | None = None,
        **options: Option,
    ) -> Reply[Any]:
        """What a model sees in a picture.

        That is the bytes of a JPEG, PNG or WebP, a Path to its file, an image of Pillow's, or an
        array of uint8: (height, width) grey, (height, width, 3) RGB or (height, width, 4) RGBA.
        Or it is somewhere else, at a `url` that the gateway is allowed to fetch.

        `options` are what a task can be asked beside `top`, such as threshold=0.7. The answer is of
        the model's task; with `expect`, such as expect=Detection, it is of that type, or an error.
        With the header Accept: image/png, a model that has an answer in that form gives it.

        Raises:
            errors.ClientError
        """
        call = calls.predict(model_id, picture, url, {"top": top, **options}, headers)
        return reply.answered(self._ask(call, timeout), expect)

    @overload
    def predict_many(
        self,
        model_id: str,
        pictures: Sequence[Picture],
        top: int | None = None,
        headers: Mapping[str, str] = NO_HEADERS,
        *,
        expect: type[AnswerT],
        timeout: float | None = None,
        **options: Option,
    ) -> Reply[Results[AnswerT]]: ...

    @overload
    def predict_many(
        self,
        model_id: str,
        pictures: Sequence[Picture],
        top: int | None = None,
        headers: Mapping[str, str] = NO_HEADERS,
        *,
        expect: None = None,
        timeout: float | None = None,
        **options: Option,
    ) -> Reply[Results[Answer]]: ...

    def predict_many(
        self,
        model_id: str,
        pictures: Sequence[Picture],
        top: int | None = None,
        headers: Mapping[str, str] = NO_HEADERS,
        *,
        expect: type[Any] | None = None,
        timeout: float | None = None,
        **options: Option,
    ) -> Reply[Results[Any]]:
        """What a model sees in several pictures, in one request.

        The answer's `results` are in the pictures' order: each is an answer, or a Problem with its
        `status`, `title` and `detail`. How many a gateway takes at once, and how many bytes, is set
        there: 64 and 20,000,000 unless said otherwise.

        Raises:
            errors.ClientError: of the request as a whole.
        """
        call = calls.predict_many(model_id, pictures, {"top": top, **options}, headers)
        return reply.answered_many(self._ask(call, timeout), len(pictures), expect)

    @overload
    def predict_boxes(
        self,
        model_id: str,
        picture: Picture,
        boxes: Sequence[Part],
        headers: Mapping[str, str] = NO_HEADERS,
        *,
        expect: type[AnswerT],
        timeout: float | None = None,
        **options: Option,
    ) -> Reply[Results[AnswerT]]: ...

    @overload
    def predict_boxes(
        self,
        model_id: str,
        picture: Picture,
        boxes: Sequence[Part],
        headers: Mapping[str, str] = NO_HEADERS,
        *,
        expect: None = None,
        timeout: float | None = None,
        **options: Option,
    ) -> Reply[Results[Answer]]: ...

    def predict_boxes(
        self,
        model_id: str,
        picture: Picture,
        boxes: Sequence[Part],
        headers: Mapping[str, str] = NO_HEADERS,
        *,
        expect: type[Any] | None = None,
        timeout: float | None = None,
        **options: Option,
    ) -> Reply[Results[Any]]:
        """What a model sees in parts of a picture, each as if it were cut out and sent by itself.

        A part is a Box, as a detection answers it, or its edges (xmin, ymin, xmax, ymax) in pixels
        of the picture turned upright. The answer's `results` are in the boxes' order.

        Raises:
            errors.ClientError: of the request as a whole.
        """
        call = calls.predict_boxes(model_id, picture, boxes, options, headers)
        return reply.answered_many(self._ask(call, timeout), len(boxes), expect)

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] = NO_HEADERS,
        timeout: float | None = None,
    ) -> Reply[dict[str, Any]]:
        """Any request that is answered with a JSON object. One with a body isn't repeated.

        Raises:
            errors.ClientError
        """
        return reply.plain(self._ask(calls.request(method, path, body, headers), timeout))

    def _ask(self, call: Call, timeout: float | None = None) -> Received:
        """The answer to a call, asked for as often as may be."""
        attempts = self._attempts(call, timeout)
        while (found := attempts.read(self._send(attempts.next()))) is None:
            self._timing.sleep(attempts.pause)
        return found

    def _send(self, attempt: Attempt) -> Received:
        parts = list[bytes]()
        with errors.translating(self.url):
            response = self._http.send(core.request(self._http, attempt), stream=True)
            with contextlib.closing(response):
                for part in response.iter_bytes():
                    attempt.check()
                    parts.append(part)
        return core.received(attempt, response, parts)

    def close(self) -> None:
        """Close the connections, where they are this client's own."""
        if self._owns_http:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
