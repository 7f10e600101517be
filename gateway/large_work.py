"""Work that takes longer the more bytes there are: of many, it runs beside the event loop."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

LARGE = 200_000  # bytes, from where on a thread costs less than the wait of everybody else

P = ParamSpec("P")
Made = TypeVar("Made")


async def run(size: float, work: Callable[P, Made], *given: P.args, **named: P.kwargs) -> Made:
    """What some work makes of so many bytes; of many, without holding up the event loop."""
    if size > LARGE:
        return await asyncio.to_thread(work, *given, **named)
    return work(*given, **named)
