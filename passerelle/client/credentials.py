"""Who asks a gateway: by an API key, or by a token of an identity provider."""

import dataclasses
from collections.abc import Callable

from passerelle.client import errors

Token = str | Callable[[], str]  # or what gives the one that is good now


@dataclasses.dataclass(frozen=True)
class Credentials:
    """A key, or a token, or neither."""

    key: str = dataclasses.field(default="", repr=False)
    token: Token = dataclasses.field(default="", repr=False)

    @property
    def may_wait(self) -> bool:
        """Whether somebody's function gives the token, which may take its time."""
        return callable(self.token)

    def headers(self) -> dict[str, str]:
        """What says so in a request.

        Raises:
            errors.InvalidRequest: there are two.
        """
        if self.key and self.token:
            raise errors.InvalidRequest("There are a key and a token. Give one of the two.")
        if self.token:
            token = self.token() if callable(self.token) else self.token
            return {"Authorization": f"Bearer {token}"}
        return {"X-API-Key": self.key} if self.key else {}
