"""What a gateway is asked beside predictions: both clients have it from here."""

import abc
from collections.abc import Mapping, Sequence
from typing import Any

from passerelle.client import calls, core, reply
from passerelle.client.calls import NO_HEADERS, Call, Day
from passerelle.client.reply import Received


class Control(core.Core):
    """Of a client that waits."""

    @abc.abstractmethod
    def _ask(self, call: Call, timeout: float | None = None) -> Received:
        """The answer to a call."""

    def models(self, headers: Mapping[str, str] = NO_HEADERS) -> list[dict[str, Any]]:
        """The models that the key may use, as `GET /models` has them.

        Raises:
            errors.ClientError
        """
        return reply.listed(self._ask(calls.models(headers)), "models")

    def model(self, model_id: str, headers: Mapping[str, str] = NO_HEADERS) -> dict[str, Any]:
        """One model: its card and its status, as `GET /models/<id>` has them.

        Raises:
            errors.ClientError
        """
        return self._ask(calls.model(model_id, headers)).document

    def history(self, headers: Mapping[str, str] = NO_HEADERS) -> dict[str, Any]:
        """The models' last minutes, as `GET /history` has them.

        Raises:
            errors.ClientError
        """
        return self._ask(calls.history(headers)).document

    def usage(
        self,
        since: Day = None,
        until: Day = None,
        *,
        by: Sequence[str] = (),
        caller: str | None = None,
        model: str | None = None,
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> dict[str, Any]:
        """How much was asked of which model, by day, as `GET /usage` has it.

        Raises:
            errors.ClientError
        """
        call = calls.usage(headers, by, since=since, until=until, caller=caller, model=model)
        return self._ask(call).document

    def promote(
        self,
        model_id: str,
        to: float | None = None,
        *,
        force: bool = False,
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> dict[str, Any]:
        """Give the new variant of a split the weight of the next step, or `to` percent.

        More than it has it gets only if all holds that the manifest wants of it, or with `force`.
        What is returned is how the promotion is then.

        Raises:
            errors.ClientError: Refused, with the figures among its members (`promotion`).
        """
        call = calls.promote(model_id, to, headers, force=force)
        return self._ask(call).document


class AsyncControl(core.Core):
    """The same with `await`."""

    @abc.abstractmethod
    async def _ask(self, call: Call, timeout: float | None = None) -> Received:
        """The answer to a call."""

    async def models(self, headers: Mapping[str, str] = NO_HEADERS) -> list[dict[str, Any]]:
        """The models that the key may use, as `GET /models` has them.

        Raises:
            errors.ClientError
        """
        return reply.listed(await self._ask(calls.models(headers)), "models")

    async def model(self, model_id: str, headers: Mapping[str, str] = NO_HEADERS) -> dict[str, Any]:
        """One model: its card and its status, as `GET /models/<id>` has them.

        Raises:
            errors.ClientError
        """
        return (await self._ask(calls.model(model_id, headers))).document

    async def history(self, headers: Mapping[str, str] = NO_HEADERS) -> dict[str, Any]:
        """The models' last minutes, as `GET /history` has them.

        Raises:
            errors.ClientError
        """
        return (await self._ask(calls.history(headers))).document

    async def usage(
        self,
        since: Day = None,
        until: Day = None,
        *,
        by: Sequence[str] = (),
        caller: str | None = None,
        model: str | None = None,
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> dict[str, Any]:
        """How much was asked of which model, by day, as `GET /usage` has it.

        Raises:
            errors.ClientError
        """
        call = calls.usage(headers, by, since=since, until=until, caller=caller, model=model)
        return (await self._ask(call)).document

    async def promote(
        self,
        model_id: str,
        to: float | None = None,
        *,
        force: bool = False,
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> dict[str, Any]:
        """Give the new variant of a split the weight of the next step, or `to` percent.

        More than it has it gets only if all holds that the manifest wants of it, or with `force`.
        What is returned is how the promotion is then.

        Raises:
            errors.ClientError: Refused, with the figures among its members (`promotion`).
        """
        call = calls.promote(model_id, to, headers, force=force)
        return (await self._ask(call)).document
