"""A function that blocks, beside the event loop."""

import asyncio
import functools
import threading

import pytest

from passerelle.protocol import trace
from passerelle.server import daemon_thread, log


async def test_it_gives_what_the_function_returns() -> None:
    assert await daemon_thread.run(int, "12", base=8) == 10
    assert await daemon_thread.run(functools.partial(int, "12", base=8)) == 10


async def test_it_raises_what_the_function_raises() -> None:
    with pytest.raises(ValueError, match="twelve"):
        await daemon_thread.run(int, "twelve")


async def test_the_function_has_a_thread_of_its_own_that_holds_up_no_end() -> None:
    thread = await daemon_thread.run(threading.current_thread)
    assert thread is not threading.current_thread()
    assert thread.daemon


async def test_nobody_needs_to_wait_for_a_function_that_hangs() -> None:
    begun, proceed = threading.Event(), threading.Event()

    def hang() -> threading.Thread:
        begun.set()
        proceed.wait(10)
        return threading.current_thread()

    running = asyncio.ensure_future(daemon_thread.run(hang))
    while not begun.is_set():  # noqa: ASYNC110  # another thread sets it
        await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    proceed.set()


def test_a_function_that_ends_after_its_loop_troubles_nobody() -> None:
    threads: list[threading.Thread] = []
    proceed = threading.Event()

    def hang() -> None:
        threads.append(threading.current_thread())
        proceed.wait(10)

    async def give_up() -> None:
        running = asyncio.ensure_future(daemon_thread.run(hang))
        while not threads:  # noqa: ASYNC110  # another thread fills it
            await asyncio.sleep(0)
        running.cancel()

    asyncio.run(give_up())
    proceed.set()
    threads[0].join(10)
    assert not threads[0].is_alive()


async def test_the_function_works_for_the_same_request() -> None:
    found = trace.read({})
    log.current.set(found)
    assert await daemon_thread.run(log.current.get) is found
