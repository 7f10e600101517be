"""What all requests of the page share. Per process."""

import dataclasses
from typing import cast

import flask

from services.frontend.client import Gateway
from services.frontend.rate_limit import RateLimiter
from services.frontend.settings import Settings


@dataclasses.dataclass(frozen=True)
class State:
    """Made once, by `app.create_app`."""

    options: Settings
    gateway: Gateway
    rate_limiter: RateLimiter


def current() -> State:
    """The state of the application that answers the current request."""
    return cast("State", flask.current_app.extensions["passerelle"])
