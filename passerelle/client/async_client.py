"""The SDK for programs on an event loop: as Client, with `await`.

async with AsyncClient("http://127.0.0.1:8080", key) as client:
    asked = [client.predict("efficientnet-lite0", Path(name)) for name in ("cat.jpg", "dog.jpg")]
    for reply in await asyncio.gather(*asked):
        reply.answer
"""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import Any, Self, overload

import httpx

from passerelle.client import calls, connections, control, core, errors, reply
from passerelle.client.answers import Answer, AnswerT, Results
from passerelle.client.attempts import REAL, RETRIES, Attempt, Attempts, Timing
from passerelle.client.calls import NO_HEADERS, Call, Option
from passerelle.client.credentials import Credentials, Token
from passerelle.client.payload import Part
from passerelle.client.pictures import Picture
from passerelle.client.reply import Received, Reply


class AsyncClient(control.AsyncControl):
    """One gateway, asked with one key, by any number of tasks of one event loop at once.

    What it is told is as Client has it.
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
        http: httpx.AsyncClient | None = None,
        timing: Timing = REAL,
    ) -> None:
        super().__init__(url, Credentials(key, token), timeout, retries, timing)
        self._owns_http = http is None
        self._http = http or connections.new_async(self.url, use_proxy=use_proxy)

    @overload
    async def predict(
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
    async def predict(
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

    async def predict(
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
        """What a model sees in a picture, as Client.predict. It is read in a thread.

        Raises:
            errors.ClientError
        """
        asked = {"top": top, **options}
        call = await asyncio.to_thread(calls.predict, model_id, picture, url, asked, headers)
        return reply.answered(await self._ask(call, timeout), expect)

    @overload
    async def predict_many(
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
    async def predict_many(
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

    async def predict_many(
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
        """What a model sees in several pictures, as Client.predict_many.

        Raises:
            errors.ClientError: of the request as a whole.
        """
        asked = {"top": top, **options}
        call = await asyncio.to_thread(calls.predict_many, model_id, pictures, asked, headers)
        return reply.answered_many(await self._ask(call, timeout), len(pictures), expect)

    @overload
    async def predict_boxes(
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
    async def predict_boxes(
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

    async def predict_boxes(
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
        """What a model sees in parts of a picture, as Client.predict_boxes.

        Raises:
            errors.ClientError: of the request as a whole.
        """
        asked = (model_id, picture, boxes, options, headers)
        call = await asyncio.to_thread(calls.predict_boxes, *asked)
        return reply.answered_many(await self._ask(call, timeout), len(boxes), expect)

    async def request(
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
        return reply.plain(await self._ask(calls.request(method, path, body, headers), timeout))

    async def _ask(self, call: Call, timeout: float | None = None) -> Received:
        """The answer to a call, asked for as often as may be."""
        attempts = await self._begin(call, timeout)
        while (found := attempts.read(await self._send(attempts.next()))) is None:
            await self._timing.sleep_async(attempts.pause)
        return found

    async def _begin(self, call: Call, timeout: float | None) -> Attempts:
        """The attempts of a call. A function that gives the token is called in a thread."""
        if self._credentials.may_wait:
            return await asyncio.to_thread(self._attempts, call, timeout)
        return self._attempts(call, timeout)

    async def _send(self, attempt: Attempt) -> Received:
        parts = list[bytes]()
        with errors.translating(self.url):
            response = await self._http.send(core.request(self._http, attempt), stream=True)
            async with contextlib.aclosing(response):
                async for part in response.aiter_bytes():
                    attempt.check()
                    parts.append(part)
        return core.received(attempt, response, parts)

    async def aclose(self) -> None:
        """Close the connections, where they are this client's own."""
        if self._owns_http:
            await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
