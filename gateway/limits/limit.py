"""A limit that a request is held against, and how it stands after it."""

from typing import Literal, NamedTuple, Protocol

# A rate is a bucket: `amount` at once after a pause, and from then on as many as `seconds` bring.
# A quota is a window: `amount` in each whole hour or day of UTC.
Kind = Literal["rate", "quota"]


class Limit(NamedTuple):
    """So many requests of somebody, or for some model, in so many seconds."""

    policy: str  # its name in headers and problems
    subject: str  # the id of the caller, or of the model
    kind: Kind
    amount: int
    seconds: int

    @property
    def key(self) -> str:
        """Under which it is counted: what is used of a quota stays used when the quota changes."""
        amount = f"{self.amount}/" if self.kind == "rate" else ""
        return f"{self.policy}:{amount}{self.seconds}:{self.subject}"


class Standing(NamedTuple):
    """What is left of a limit."""

    left: int  # requests that may follow at once
    seconds: float  # until a request is let through, if none is left; of a quota, to its end


class Outcome(NamedTuple):
    """What became of a request: it is charged to all of its limits, or to none."""

    is_admitted: bool
    standings: tuple[Standing, ...]  # of each limit


Limits = tuple[Limit, ...]  # of one request


class Unavailable(Exception):  # noqa: N818  # it is named by what happened
    """There is no outcome, since the counts can't be had now; the text holds no secret."""


class Store(Protocol):
    """Whatever counts requests."""

    async def take(self, limits: Limits) -> Outcome:
        """Charge one request to all of these limits, if each has room for it.

        Raises:
            Unavailable
        """

    async def close(self) -> None:
        """Hold no connection any more."""
