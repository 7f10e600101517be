"""What is known of an answered request that may go to another model as well."""

from collections.abc import Callable, Mapping
from typing import Protocol

from gateway.exchange import Exchange
from gateway.route import Route
from gateway.transport import Response


class Answered(Protocol):
    """A request whose answer was sent."""

    @property
    def public_id(self) -> str:
        """The id that was asked: the model's own, or that of a split."""

    @property
    def route(self) -> Route:
        """Who answered."""

    @property
    def exchange(self) -> Exchange:
        """The request, with its payload."""

    @property
    def response(self) -> Response:
        """The whole answer, in the service's own form."""

    @property
    def revision(self) -> int:
        """Of the split's weights when it was routed; 0 elsewhere."""


class Traffic(Protocol):
    """Where mirrored requests are counted, in the rows of a model that was asked.

    `variant` is the one that the figure is about.
    """

    def count(  # noqa: PLR0913, PLR0917  # a row's four, and its two figures
        self,
        model: str,
        variant: str,
        kind: str,
        revision: int,
        status: int,
        seconds: float | None,
    ) -> None:
        """Count one that was answered, or failed."""

    def compare(self, model: str, variant: str, revision: int, agreement: float | None) -> None:
        """Count a comparison of two answers to a picture; None: they can't be compared."""

    def skip(self, model: str, variant: str) -> None:
        """Count one that was left out."""


# Told of two answers that differ: the request, the other model's id, how far they agree (0..1), and
# the other's answer.
Differ = Callable[[Answered, str, float, Response], object]

Routes = Mapping[str, Route]  # of the models that have a service, by their ids
