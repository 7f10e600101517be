"""Whose fault an answer is: what counts against a replica and its model, and what says nothing.

True    the service's own: 5xx of its making, a connection that breaks, no answer in all the
        time that the model has by the manifest. A 503 without Retry-After is the replica's
        alone (`is_replicas_alone`): another may be well, and the model may be asked on
False   it answered as it should, also where the client's request is refused (4xx)
None    nothing can be said: a full queue that names a time (503 with Retry-After), a method
        or version that nobody has there (501, 505), a loop (508), credentials, limits of its
        own, and a client that is in more of a hurry than the model may be, or is gone
"""

from collections.abc import Mapping

from gateway import transport

NEITHER = frozenset({401, 403, 407, 408, 429, 499, 501, 505, 508, 511})  # statuses
WHOLE_TIME = 0.95  # of the model's timeout; after that it was the model's to answer in time


def of_answer(
    status: int, headers: Mapping[str, str], seconds: float, timeout: float
) -> bool | None:
    """Of an answer that came after so many seconds, where the model's own timeout is given."""
    if status < 400:
        return False
    if status in NEITHER or (status == 503 and "retry-after" in headers):
        return None
    if status == 504 and seconds < WHOLE_TIME * timeout:
        return None
    return status >= 500


def is_replicas_alone(status: int) -> bool:
    """Whether an answer that fails counts against its replica, and not against the model."""
    return status == 503


def of_error(error: BaseException, seconds: float, timeout: float) -> bool | None:
    """Of what came in the answer's place. A request that is given up has had its time, or hasn't.

    A client's deadline ends a request as a TimeoutError or by cancelling it.
    """
    if isinstance(error, transport.CredentialsError | transport.TooLargeError):
        return None
    if isinstance(error, transport.UnreachableError | transport.BrokenError):
        return True
    return True if seconds >= WHOLE_TIME * timeout else None
