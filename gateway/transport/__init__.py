"""The way to a service and back: HTTP/1.1 over kept connections, bodies whole or as they come."""

from gateway.transport.messages import (
    BrokenError,
    Credentials,
    CredentialsError,
    Parts,
    Request,
    Response,
    StreamedRequest,
    StreamedResponse,
    TooLargeError,
    UnreachableError,
    remaining,
)
from gateway.transport.pool import FOREIGN_IDLE_SECONDS, MAX_IDLE_SECONDS, Pool

__all__ = [
    "FOREIGN_IDLE_SECONDS",
    "MAX_IDLE_SECONDS",
    "BrokenError",
    "Credentials",
    "CredentialsError",
    "Parts",
    "Pool",
    "Request",
    "Response",
    "StreamedRequest",
    "StreamedResponse",
    "TooLargeError",
    "UnreachableError",
    "remaining",
]
