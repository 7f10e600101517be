"""Who the gateway is to a private service: Google's ID tokens, from the platform it runs on.

A private Cloud Run service lets in who brings a token of an account that may invoke it, made for
the service's own address (its audience). A token lives for an hour; it is fetched again before its
end, aside, while requests go on with the old one. Without one that is good they wait
for that fetch, for a short time, and then nothing is sent.
"""

import asyncio
import time
import urllib.parse
from collections.abc import Callable, Mapping
from typing import Any

import google.auth.exceptions
import google.auth.jwt
import google.auth.transport.requests
import google.oauth2.id_token
import requests

from gateway.transport import Credentials, CredentialsError
from passerelle.protocol import addresses
from passerelle.server import daemon_thread, log

REFRESH_BEFORE = 300.0  # seconds before its end that a token is fetched again
FETCH_WAIT = 2.0  # seconds that a request without a token waits for one
MIN_FETCH_INTERVAL = 1.0  # seconds
DENIED = (401, 403)  # statuses by which a service, or a proxy before it, refuses the gateway
FAILURES = (google.auth.exceptions.GoogleAuthError, ValueError, TypeError, KeyError, OSError)


class IdTokenError(CredentialsError):
    """No token can be had, so that nothing was sent; or a service lets us in by none."""


def credentials_for(auth: str, audience: str, header: str = "Authorization") -> Credentials | None:
    """A function that gives the headers for a service: Google's token if `auth` is `google`."""
    return IdTokens(audience, header=header).headers if auth == "google" else None


def raise_if_denied(status: int, advice: str = "give its account the role of an invoker") -> None:
    """Return only if a service's status doesn't say that it refuses the gateway.

    Raises:
        IdTokenError
    """
    if status in DENIED:
        raise IdTokenError(f"its service refuses the gateway ({status}); {advice}")


class IdTokens:
    """The tokens for one audience. Per process, of its event loop alone."""

    def __init__(
        self,
        audience: str,
        clock: Callable[[], float] = time.time,
        header: str = "Authorization",
    ) -> None:
        self.audience, self.clock, self.header = audience, clock, header
        self.token = ("", 0.0)  # and its end, in seconds since 1970
        self._fetching: asyncio.Task[None] | None = None
        self._next_fetch = 0.0  # when the next may begin; seconds of the clock
        self._is_failing = False  # and the log says so

    async def headers(self) -> Mapping[str, str]:
        """The header that a private service asks for.

        Raises:
            IdTokenError
        """
        return {self.header: f"Bearer {await self.current()}"}

    async def current(self) -> str:
        """A token that is good for now.

        Raises:
            IdTokenError
        """
        if self.clock() >= self.token[1] - REFRESH_BEFORE:
            self._begin_fetch()
            if self._fetching and self.clock() >= self.token[1]:
                await asyncio.wait([self._fetching], timeout=FETCH_WAIT)
        token, end = self.token
        if self.clock() >= end:
            raise IdTokenError("no identity token can be had")
        return token

    def _begin_fetch(self) -> None:
        """Begin to fetch a token, unless that is on its way or has just failed."""
        is_fetching = self._fetching is not None and not self._fetching.done()
        if not is_fetching and self._next_fetch <= self.clock():
            self._fetching = asyncio.get_running_loop().create_task(self._fetch())

    async def _fetch(self) -> None:
        """Ask the platform for a token."""
        try:
            self.token = await daemon_thread.run(fetch, self.audience)
            self._is_failing = False
        except FAILURES as error:
            if not self._is_failing:
                self._is_failing = True
                message = "no identity token can be had"
                log.write("ERROR", message, audience=self.audience, reason=str(error))
        finally:
            self._next_fetch = self.clock() + MIN_FETCH_INTERVAL


class _Session(requests.Session):
    """Connections to the metadata server by no proxy, and to Google as the environment says."""

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Send a request, whatever the environment says of what is near."""
        host = urllib.parse.urlsplit(request.url or "").hostname or ""
        direct: dict[str, Any] = {"proxies": {}} if addresses.is_near(host) else {}
        return super().send(request, **(options | direct))


def fetch(audience: str) -> tuple[str, float]:
    """A token and its end, from the platform.

    Raises:
        FAILURES
    """
    request = google.auth.transport.requests.Request(_Session())
    token = str(google.oauth2.id_token.fetch_id_token(request, audience))  # type: ignore[no-untyped-call]  # Google's own
    return token, float(google.auth.jwt.decode(token, verify=False)["exp"])  # type: ignore[no-untyped-call]  # the same
