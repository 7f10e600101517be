"""Who the gateway is to a private service: Google's ID tokens, from the platform it runs on.

A private Cloud Run service lets in who brings a token of an account that may invoke it, made for
the service's own address (its audience). A token lives for an hour; it is fetched again before its
end, by one thread aside, while requests go on with the old one. Without one that is good they wait
for that fetch, for a short time, and then nothing is sent.
"""

import threading
import time
from collections.abc import Callable, Mapping

import google.auth.exceptions
import google.auth.jwt
import google.auth.transport.requests
import google.oauth2.id_token

from passerelle.protocol import problems
from passerelle.server import log

SOON = 300.0  # seconds before its end that a token is fetched again
PATIENCE = 2.0  # seconds that a request without a token waits for one
REST = 1.0  # seconds between two fetches
FAILURES = (google.auth.exceptions.GoogleAuthError, ValueError, TypeError, KeyError, OSError)

Headers = Callable[[], Mapping[str, str]]


class IdentityError(ConnectionError):
    """No token can be had, so that nothing was sent; or a service lets us in by none."""


def nobody() -> Mapping[str, str]:
    """The headers for a service that lets in everyone who reaches it."""
    return {}


def of(kind: str, audience: str) -> Headers:
    """What gives the headers for a service: `google`, or none."""
    return Tokens(audience).headers if kind == "google" else nobody


def admitted(status: int) -> None:
    """Nothing, unless a service's answer says that it doesn't let us in.

    Raises:
        IdentityError
    """
    if status in (401, 403):
        raise IdentityError(
            f"its service refuses the gateway ({status}); give its account the role of an invoker"
        )


class Tokens:
    """The tokens for one audience. Per process, shared by all its threads."""

    def __init__(self, audience: str, clock: Callable[[], float] = time.time) -> None:
        self.audience, self.clock = audience, clock
        self.held = ("", 0.0)  # a token and its end, in seconds since 1970; replaced whole
        self.turn = threading.Lock()  # of the next two
        self.landed = threading.Event()  # of the last fetch
        self.landed.set()
        self.rest = 0.0  # until when no other is begun
        self.failing = False  # since the last line in the log

    def headers(self) -> Mapping[str, str]:
        """The header that a private service asks for.

        Raises:
            IdentityError
        """
        return {"Authorization": f"Bearer {self.current()}"}

    def current(self) -> str:
        """A token that is good for now.

        Raises:
            IdentityError
        """
        token, end = self.held
        if self.clock() >= end - SOON:
            landed = self.fetching()
            if self.clock() >= end:
                landed.wait(PATIENCE)
            token, end = self.held
        if self.clock() >= end:
            raise IdentityError("no identity token can be had")
        return token

    def fetching(self) -> threading.Event:
        """The end of the fetch that is on its way; it is begun if there is none."""
        with self.turn:
            now, (_, end) = self.clock(), self.held
            if self.landed.is_set() and self.rest <= now and end - SOON <= now:
                self.landed = threading.Event()
                threading.Thread(target=self.fetch, name="fetch a token", daemon=True).start()
            return self.landed

    def fetch(self) -> None:
        """Ask the platform for a token."""
        try:
            self.held = fetched(self.audience)
            self.failing = False
        except FAILURES as error:
            if not self.failing:
                self.failing = True
                message = "no identity token can be had"
                log.write("ERROR", message, audience=self.audience, reason=str(error))
        finally:
            self.rest = self.clock() + REST
            self.landed.set()


def fetched(audience: str) -> tuple[str, float]:
    """A token and its end, from the platform.

    Raises:
        FAILURES
    """
    request = google.auth.transport.requests.Request()
    token = str(google.oauth2.id_token.fetch_id_token(request, audience))  # type: ignore[no-untyped-call]  # Google's own
    return token, float(google.auth.jwt.decode(token, verify=False)["exp"])  # type: ignore[no-untyped-call]  # the same


def problem(model_id: str) -> problems.Problem:
    """What a client is told when there is no token."""
    return problems.ServiceUnavailable(
        f"The gateway can't prove who it is to the service of {model_id}. Try again shortly."
    )
