"""A service's problem, read."""

from gateway.front_ends import service_problems
from gateway.transport import Response


def test_it_has_the_services_status_sentence_and_time_to_wait() -> None:
    found = service_problems.read(Response(503, {"retry-after": "7"}, b'{"detail": "Busy."}'))
    assert (found.status, found.detail, found.headers) == (503, "Busy.", {"Retry-After": "7"})
    assert service_problems.read(Response(422, {}, b'{"detail": "Broken."}')).headers == {}
