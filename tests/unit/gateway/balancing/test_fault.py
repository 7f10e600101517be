"""What counts against a service, and what doesn't."""

import asyncio

import pytest

from gateway import transport
from gateway.balancing import fault


@pytest.mark.parametrize(
    ("status", "failed"),
    [
        *[(each, False) for each in (200, 204, 302, 400, 404, 413, 415, 422)],
        *[(each, True) for each in (500, 502, 503, 507)],
        *[(each, None) for each in (401, 403, 408, 429, 499, 501, 505, 508)],
    ],
)
def test_a_service_fails_by_what_it_got_wrong_itself(status: int, *, failed: bool | None) -> None:
    assert fault.of_answer(status, {}, 1.0, 10.0) is failed


def test_a_full_queue_that_names_a_time_is_no_failure() -> None:
    assert fault.of_answer(503, {"retry-after": "1"}, 0.0, 10.0) is None


@pytest.mark.parametrize(("seconds", "failed"), [(2.0, None), (9.9, True)])
def test_whose_time_was_over_is_told_by_how_long_the_model_had(
    seconds: float, *, failed: bool | None
) -> None:
    assert fault.of_answer(504, {}, seconds, 10.0) is failed
    for error in (TimeoutError(), asyncio.CancelledError()):
        assert fault.of_error(error, seconds, 10.0) is failed


def test_a_broken_connection_is_the_services_own_and_credentials_are_the_gateways() -> None:
    assert fault.of_error(transport.BrokenError(), 0.1, 10.0) is True
    assert fault.of_error(transport.UnreachableError(), 0.1, 10.0) is True
    assert fault.of_error(transport.CredentialsError("none"), 0.1, 10.0) is None
    assert fault.of_error(transport.TooLargeError("large"), 0.1, 10.0) is None
    assert fault.of_error(ValueError(), 0.1, 10.0) is None


@pytest.mark.parametrize(("status", "alone"), [(503, True), (500, False), (502, False)])
def test_who_is_only_unavailable_says_nothing_of_the_model(status: int, *, alone: bool) -> None:
    assert fault.is_replicas_alone(status) is alone
