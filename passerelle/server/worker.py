"""gunicorn's worker on an event loop: it serves an `Application`, and drains before it stops.

A worker that stops at once resets the connections that it hasn't accepted yet, whose requests
nobody may send again. So at SIGTERM it says that it is being stopped, in its health and by closing
each connection with its answer, and goes on serving until nobody asks any more: then nothing is on
its way, and it stops.
"""

import asyncio
import contextlib
import os
import resource
import signal
import socket
import sys
from typing import Any, cast

import uvloop
from gunicorn.workers import base

from passerelle.server import drain, log, memory
from passerelle.server.server import Server

SWEEP_INTERVAL = 0.25  # seconds between two looks at the clients' deadlines
MAX_DRAIN_SECONDS = 3.0  # more than the gateway takes to ask again
QUIET_SECONDS = 0.15  # without a connection, after which nobody asks any more
FINISH_SECONDS = 4.0  # for answers, then; with the drain's it is less than graceful_timeout
SWITCH_INTERVAL = 0.0005  # seconds that a thread, such as Flask's, may keep the loop waiting
POLL_INTERVAL = 0.01  # seconds, while it drains
OTHER_FILES = 512  # that the process may have open beside its clients' connections


class Worker(base.Worker):
    """Runs the event loop of one process."""

    def init_signals(self) -> None:
        """Take the defaults until the loop runs, which then has handlers of its own."""
        for each in self.SIGNALS:
            signal.signal(each, signal.SIG_DFL)

    def run(self) -> None:
        """Serve until told to stop."""
        sys.setswitchinterval(SWITCH_INTERVAL)
        uvloop.run(self._serve())

    async def _serve(self) -> None:
        """Serve, drain, stop."""
        loop = asyncio.get_running_loop()
        stop: asyncio.Queue[bool] = asyncio.Queue()  # whether there is time to drain
        loop.add_signal_handler(signal.SIGTERM, stop.put_nowait, True)  # noqa: FBT003  # the handler's argument
        for each in (signal.SIGINT, signal.SIGQUIT):
            loop.add_signal_handler(each, stop.put_nowait, False)  # noqa: FBT003  # the same
        loop.add_signal_handler(signal.SIGUSR1, self.log.reopen_files)
        app: Any = self.wsgi
        async with app.lifespan():
            server = app.server = Server(
                app, app.options, loop, allowed_connections(app.options.max_connections)
            )
            listeners = [await self._listen(loop, server, each) for each in self.sockets]
            ticking = loop.create_task(self._tick(app, server, stop))
            if await stop.get():
                await self._drain(server)
                await self._finish(server, listeners)
            ticking.cancel()
        self.alive = False

    async def _listen(
        self, loop: asyncio.AbstractEventLoop, server: Server, listener: Any
    ) -> asyncio.AbstractServer:
        """Accept the connections of one of gunicorn's sockets."""
        sock = listener.sock
        create = loop.create_unix_server if sock.family == socket.AF_UNIX else loop.create_server
        return await create(server.connect, sock=sock, backlog=self.cfg.backlog)

    async def _tick(self, app: Any, server: Server, stop: "asyncio.Queue[bool]") -> None:
        """Tell gunicorn that the loop isn't stuck, and look after clients and memory."""
        while True:
            self.notify()
            server.sweep()
            if app.bodies.is_over(memory.LOAD) or server.unsent.is_over(memory.LOAD):
                memory.trim()
            if self.ppid != os.getppid():  # gunicorn itself is gone
                stop.put_nowait(False)  # noqa: FBT003  # as above
            await asyncio.sleep(SWEEP_INTERVAL)

    async def _drain(self, server: Server) -> None:
        """Serve on until no connection was open for QUIET_SECONDS, or MAX_DRAIN_SECONDS."""
        drain.stopping.set()
        server.draining = True
        now = busy = server.now()
        end = now + MAX_DRAIN_SECONDS
        while now < end and now - busy < QUIET_SECONDS:
            await asyncio.sleep(POLL_INTERVAL)
            now = server.now()
            busy = now if server.connections else busy

    async def _finish(self, server: Server, listeners: list[asyncio.AbstractServer]) -> None:
        """Accept nothing more, and give what is being answered the time until gunicorn kills.

        A listener that is closed resets what it hasn't accepted. So first its queue is made as
        short as can be and emptied, and who came last gets the time to send a request.
        """
        for each in cast("list[Any]", self.sockets):
            each.sock.listen(0)
        await asyncio.sleep(POLL_INTERVAL)
        for listener in listeners:
            listener.close()
        await asyncio.sleep(QUIET_SECONDS)
        server.close_idle()
        end = server.now() + FINISH_SECONDS
        while server.is_answering and server.now() < end:  # noqa: ASYNC110  # ends at a time, too
            await asyncio.sleep(POLL_INTERVAL)


def allowed_connections(wanted: int) -> int:
    """As many connections as wanted, or as the system lets this process have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + OTHER_FILES
    if hard != resource.RLIM_INFINITY:
        needed = min(needed, hard)
    if soft != resource.RLIM_INFINITY and soft < needed:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
            soft = needed
    allowed = wanted if soft == resource.RLIM_INFINITY else min(wanted, max(soft - OTHER_FILES, 1))
    if allowed < wanted:
        log.write("WARNING", f"only {allowed} connections fit the limit of open files", limit=soft)
    return allowed
