"""What many bytes take doesn't hold up the event loop."""

import threading

import pytest

from gateway import large_work


@pytest.mark.parametrize("size", [0, large_work.LARGE])
async def test_little_work_is_done_at_once(size: int) -> None:
    assert await large_work.run(size, threading.current_thread) is threading.main_thread()


@pytest.mark.parametrize("size", [large_work.LARGE + 1, float("inf")])
async def test_much_is_done_in_another_thread(size: float) -> None:
    assert await large_work.run(size, threading.current_thread) is not threading.main_thread()


async def test_it_is_given_its_arguments_and_fails_as_it_does() -> None:
    assert await large_work.run(1, int, "10", base=2) == 2
    with pytest.raises(ValueError, match="invalid literal"):
        await large_work.run(large_work.LARGE + 1, int, "ten")
