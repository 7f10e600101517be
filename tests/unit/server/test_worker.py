"""A process's life: it serves, drains and stops. Clock, loop and signals are the test's own."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import types
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
import uvloop
from gunicorn.config import Config

from passerelle.server import drain, memory, worker
from passerelle.server.application import Application
from passerelle.server.server import Server
from passerelle.server.settings import ServerSettings
from tests.unit.server import client
from tests.unit.server.client import Client, Clock

OPTIONS = ServerSettings.read({})


class Worker(worker.Worker):
    """A worker without gunicorn, which counts how often it says that it lives."""

    events: list[str]

    def __init__(self, *sockets: Any) -> None:
        self.sockets, self.alive, self.ppid, self.notified = list(sockets), True, os.getppid(), 0
        self.cfg, self.events = Config(), []
        self.cfg.set("backlog", 7)
        gunicorn: Any = self  # whose types know no application but WSGI's
        gunicorn.log = types.SimpleNamespace(reopen_files=lambda: self.events.append("log opened"))
        gunicorn.wsgi = Application("test", OPTIONS, lifespan=self.lifespan)

    def notify(self) -> None:
        self.notified += 1

    @contextlib.asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        self.events.append("began")
        yield
        self.events.append("ended")


class Listener:
    """A listening socket as gunicorn has it (`sock`) and as the loop has it."""

    def __init__(self, family: int = socket.AF_INET) -> None:
        self.family, self.sock = family, self
        self.events: list[str] = []

    def listen(self, backlog: int) -> None:
        self.events.append(f"listen({backlog})")

    def close(self) -> None:
        self.events.append("close()")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """Time passes by the worker's sleeps alone."""
    made, yield_to_others = Clock(), asyncio.sleep

    async def sleep(seconds: float) -> None:
        made.advance(seconds)
        await yield_to_others(0)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    yield made
    drain.stopping.clear()


@pytest.fixture
async def signals(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> dict[signal.Signals, Callable[[], None]]:
    """What the worker's loop does at each signal; it opens no listener."""
    loop, handlers = asyncio.get_running_loop(), {}

    def add_signal_handler(sig: signal.Signals, callback: Callable[..., None], *args: Any) -> None:
        handlers[sig] = lambda: callback(*args)

    async def create_server(*_: object, **__: object) -> Listener:
        return Listener()

    monkeypatch.setattr(loop, "add_signal_handler", add_signal_handler)
    monkeypatch.setattr(loop, "create_server", create_server)
    monkeypatch.setattr(loop, "time", clock)
    return handlers


def serve(clock: Clock) -> Server:
    async def app(*_: object) -> None:
        await asyncio.get_running_loop().create_future()

    server = Server(app, OPTIONS, asyncio.get_running_loop(), 10)
    server.now = clock
    return server


async def test_it_serves_within_its_applications_lifespan_until_it_is_told_to_stop(
    signals: dict[signal.Signals, Callable[[], None]],
) -> None:
    found = Worker(Listener())
    serving = asyncio.ensure_future(found._serve())
    await client.run_tasks()
    assert (found.events, found.alive) == (["began"], True)
    signals[signal.SIGTERM]()
    await serving
    assert (found.events, found.alive) == (["began", "ended"], False)


@pytest.mark.parametrize(
    ("sig", "drains"), [(signal.SIGTERM, True), (signal.SIGINT, False), (signal.SIGQUIT, False)]
)
async def test_only_sigterm_gives_it_time_to_drain(
    sig: signal.Signals, signals: dict[signal.Signals, Callable[[], None]], *, drains: bool
) -> None:
    serving = asyncio.ensure_future(Worker(Listener())._serve())
    await client.run_tasks()
    signals[sig]()
    await serving
    assert drain.stopping.is_set() is drains


async def test_gunicorns_log_is_opened_again_at_its_signal(
    signals: dict[signal.Signals, Callable[[], None]],
) -> None:
    found = Worker()
    serving = asyncio.ensure_future(found._serve())
    await client.run_tasks()
    signals[signal.SIGUSR1]()
    signals[signal.SIGQUIT]()
    await serving
    assert found.events == ["began", "log opened", "ended"]


async def test_it_stops_once_gunicorn_is_gone(
    signals: dict[signal.Signals, Callable[[], None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert signals == {}
    monkeypatch.setattr(os, "getppid", lambda: 1)
    found = Worker()
    found.ppid = 2
    await found._serve()
    assert not found.alive
    assert not drain.stopping.is_set()


@pytest.mark.parametrize("kind", ["bodies", "answers", "none"])
async def test_memory_goes_back_once_a_load_is_over(
    kind: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, trimmed = serve(clock), []
    app = Application("test", OPTIONS)
    monkeypatch.setattr(memory, "trim", lambda: trimmed.append(clock.now))
    budgets = {"bodies": app.bodies, "answers": server.unsent}
    for budget in budgets.values():
        budget.take(memory.LOAD if budget is budgets.get(kind) else memory.LOAD - 1)
    ticking = asyncio.ensure_future(Worker()._tick(app, server, asyncio.Queue()))
    await client.run_tasks()
    assert trimmed == []
    for budget in budgets.values():
        budget.give_back(budget.held)
    await client.run_tasks()
    assert len(trimmed) == (kind in budgets)
    ticking.cancel()


@pytest.mark.parametrize(
    ("family", "method"),
    [(socket.AF_UNIX, "create_unix_server"), (socket.AF_INET, "create_server")],
)
async def test_it_listens_on_sockets_of_both_kinds(
    family: int, method: str, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    loop, server, made = asyncio.get_running_loop(), serve(clock), []

    async def create(factory: Any, *, sock: Any, backlog: int) -> Listener:
        made.append((factory, sock, backlog))
        return Listener()

    monkeypatch.setattr(loop, method, create)
    found = Listener(family)
    await Worker()._listen(loop, server, found)
    assert made == [(server.connect, found.sock, 7)]


async def test_it_drains_for_no_longer_than_somebody_is_connected(clock: Clock) -> None:
    server, began = serve(clock), clock.now
    await Worker()._drain(server)
    assert drain.stopping.is_set()
    assert server.draining
    assert clock.now - began == pytest.approx(worker.QUIET_SECONDS, abs=worker.POLL_INTERVAL)


async def test_it_drains_until_the_last_client_has_left(clock: Clock) -> None:
    server, began = serve(clock), clock.now
    first, second = Client(server), Client(server)
    clock.call_later(1, first.transport.abort)
    clock.call_later(2, second.transport.abort)
    await Worker()._drain(server)
    expected = 2 + worker.QUIET_SECONDS
    assert clock.now - began == pytest.approx(expected, abs=2 * worker.POLL_INTERVAL)


async def test_it_drains_no_longer_than_its_limit(clock: Clock) -> None:
    server, began = serve(clock), clock.now
    Client(server)
    await Worker()._drain(server)
    longest = worker.MAX_DRAIN_SECONDS + worker.POLL_INTERVAL
    assert worker.MAX_DRAIN_SECONDS <= clock.now - began < longest + 0.001


async def test_what_is_being_answered_is_given_time_and_nothing_more_accepted(
    clock: Clock,
) -> None:
    server, began, listening = serve(clock), clock.now, Listener()
    idle, busy = Client(server), Client(server)
    busy.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    listeners: list[Any] = [listening]
    clock.call_later(1, busy.transport.abort)
    await Worker(listening)._finish(server, listeners)
    assert listening.events == ["listen(0)", "close()"]
    assert idle.transport.ended
    assert 1 <= clock.now - began < worker.FINISH_SECONDS


async def test_an_answer_that_takes_too_long_is_not_waited_for(clock: Clock) -> None:
    server, began = serve(clock), clock.now
    busy = Client(server)
    busy.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    await Worker()._finish(server, [])
    longest = worker.POLL_INTERVAL + worker.QUIET_SECONDS + worker.FINISH_SECONDS
    assert clock.now - began == pytest.approx(longest, abs=2 * worker.POLL_INTERVAL)


async def test_who_came_last_has_the_time_to_send_a_request(clock: Clock) -> None:
    server = serve(clock)
    last = Client(server)
    clock.call_later(worker.QUIET_SECONDS / 2, lambda: last.send(client.GET))
    clock.call_later(1, last.transport.abort)
    await Worker()._finish(server, [])
    assert not last.transport.ended  # which its client would see in place of an answer
    assert last.transport.aborted


def test_it_runs_on_uvloop(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[Any] = []
    monkeypatch.setattr(sys, "setswitchinterval", ran.append)
    monkeypatch.setattr(uvloop, "run", ran.append)
    Worker().run()
    interval, main = ran
    assert interval == worker.SWITCH_INTERVAL
    assert main.cr_code is worker.Worker._serve.__code__
    main.close()


def test_until_its_loop_runs_signals_do_what_they_do_by_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    handlers: dict[signal.Signals, Any] = {}
    monkeypatch.setattr(signal, "signal", handlers.__setitem__)
    Worker().init_signals()
    assert signal.SIGTERM in handlers
    assert set(handlers.values()) == {signal.SIG_DFL}
