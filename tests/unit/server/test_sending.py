"""What a client has yet to take, and by when."""

import asyncio
import math

import pytest

from passerelle.server.sending import GRACE, Sending
from passerelle.server.server import Server
from tests.unit.server.client import Clock, run_tasks


@pytest.fixture
async def sending(server: Server) -> Sending:
    """By the clock of the test, at 1,000 bytes a second."""
    return Sending(server)


async def test_what_was_taken_has_no_deadline(sending: Sending) -> None:
    sending.begin(5_000)
    assert sending.watch(0) == sending.deadline == math.inf


async def test_what_is_left_has_a_while_and_the_time_of_what_was_taken(
    sending: Sending, clock: Clock
) -> None:
    sending.begin(5_000)
    began = clock()
    clock.advance(3)
    assert sending.watch(5_000) == sending.deadline == began + GRACE
    sending.watch(2_000)
    assert sending.deadline == began + GRACE + 3


async def test_a_client_that_blocks_has_its_time_from_then_on(
    sending: Sending, clock: Clock
) -> None:
    sending.begin(5_000)
    clock.advance(100)
    sending.block(70_000)
    sending.watch(70_000)
    assert (sending.is_blocked, sending.deadline) == (True, clock() + GRACE)


async def test_who_waits_goes_on_once_the_client_takes_more(sending: Sending) -> None:
    sending.block(70_000)
    waiting = asyncio.ensure_future(sending.wait())
    await run_tasks()
    assert not waiting.done()
    sending.unblock()
    await waiting
    assert (sending.is_blocked, sending.deadline) == (False, math.inf)


async def test_nobody_needs_to_wait(sending: Sending) -> None:
    sending.block(70_000)
    sending.unblock()
    assert not sending.is_blocked
