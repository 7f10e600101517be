"""A function that blocks, run beside the event loop in a thread of its own.

Unlike asyncio.to_thread's, the thread is a daemon: one that hangs, such as a look-up of a name,
holds up nobody, not even the end of the process.
"""

import asyncio
import contextlib
import contextvars
import threading
from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")


async def run(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What the function returns or raises."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: Exception | None) -> None:
        if done.done():  # nobody waits any more
            return
        if error:
            done.set_exception(error)
        else:
            done.set_result(cast("T", result))

    def work() -> None:
        result, error = None, None
        try:
            result = function(*args, **kwargs)
        except Exception as raised:
            error = raised
        with contextlib.suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(settle, result, error)

    context = contextvars.copy_context()
    name = getattr(function, "__name__", None)  # which one of functools.partial hasn't
    threading.Thread(target=context.run, args=(work,), name=name, daemon=True).start()
    return await done
