"""Who the gateway is to a private service: Google's ID tokens, from the platform it runs on.

A private Cloud Run service lets in who brings a token of an account that may invoke it, made for
the service's own address (its audience). A token lives for an hour; it is fetched again before its
end, by one request while the others go on with the old one.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Mapping

import google.auth.exceptions
import google.auth.jwt
import google.auth.transport.requests
import google.oauth2.id_token
from google.auth.compute_engine import _metadata as metadata

from wire import environment, problems

SOON = 300.0  # seconds before its end that a token is fetched again
PLACEHOLDER = "{project_number}"
FAILURES = (google.auth.exceptions.GoogleAuthError, ValueError, TypeError, KeyError, OSError)

Headers = Callable[[], Mapping[str, str]]


class IdentityError(ConnectionError):
    """No token can be had, so that nothing was sent."""


def nobody() -> Mapping[str, str]:
    """The headers for a service that lets in everyone who reaches it."""
    return {}


def of(kind: str, audience: str) -> Headers:
    """What gives the headers for a service: `google`, or none."""
    return Tokens(audience).headers if kind == "google" else nobody


class Tokens:
    """The tokens for one audience. Per process, shared by all its threads."""

    def __init__(self, audience: str, clock: Callable[[], float] = time.time) -> None:
        self.audience, self.clock = audience, clock
        self.fetching = threading.Lock()
        self.token, self.end = "", 0.0  # seconds since 1970

    def headers(self) -> Mapping[str, str]:
        """The header that a private service asks for.

        Raises:
            IdentityError
        """
        return {"Authorization": f"Bearer {self.current()}"}

    def current(self) -> str:
        """A token that is good for now, fetched if it must be.

        Raises:
            IdentityError
        """
        if self.clock() < self.end - SOON:
            return self.token
        good = self.clock() < self.end
        if self.fetching.acquire(blocking=not good):
            try:
                if self.clock() >= self.end - SOON:  # nobody else did meanwhile
                    self.fetch()
            except FAILURES as error:
                if not good:
                    raise IdentityError("no identity token can be had") from error
            finally:
                self.fetching.release()
        return self.token

    def fetch(self) -> None:
        """Ask the platform for a token.

        Raises:
            FAILURES
        """
        request = google.auth.transport.requests.Request()
        token = str(google.oauth2.id_token.fetch_id_token(request, self.audience))  # type: ignore[no-untyped-call]  # Google's own
        end = float(google.auth.jwt.decode(token, verify=False)["exp"])  # type: ignore[no-untyped-call]  # the same
        self.token, self.end = token, end


def filled(setting: str) -> str:
    """An address template with the project's number, which the platform knows.

    Raises:
        environment.SettingError: this is no such platform.
    """
    if PLACEHOLDER not in setting:
        return setting
    number = ""
    with contextlib.suppress(*FAILURES):
        request = google.auth.transport.requests.Request()
        number = str(metadata.get(request, "project/numeric-project-id", retry_count=2))  # type: ignore[no-untyped-call]  # the same
    if not number.isdecimal():
        raise environment.SettingError(
            f"PASSERELLE_UPSTREAM has {PLACEHOLDER}, which Google Cloud's metadata server fills "
            "in, and none answers here. Write the project's number."
        )
    return setting.replace(PLACEHOLDER, number)


def problem(model_id: str) -> problems.Problem:
    """What a client is told when there is no token."""
    return problems.ServiceUnavailable(
        f"The gateway can't prove who it is to the service of {model_id}. Try again shortly."
    )
