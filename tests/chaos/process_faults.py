"""Faults of processes: killed, frozen, slow, with too much to do, breaking off, restarted."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Iterator

from tests.chaos import scene as scenes
from tests.chaos.asking import Asking
from tests.chaos.scene import Scene
from tests.support import stack

STOPPED, RUNNING = 0.3, 0.03  # seconds in turn, of a backend that is slow
DRAIN = 20.0  # seconds that a gateway has to end
FLOOD = 30  # requests at once, of which most don't get into the queue


async def kill(scene: Scene, _: Asking, __: float) -> None:
    """Kill all processes of a model's service."""
    os.killpg(os.getpgid(scene.up.service(scenes.SECOND)), signal.SIGKILL)


async def kill_mirror(scene: Scene, _: Asking, seconds: float) -> None:
    """Kill all processes of a mirror, and look on for a while."""
    os.killpg(os.getpgid(scene.up.service(scenes.MIRROR)), signal.SIGKILL)
    await asyncio.sleep(seconds)


@contextlib.contextmanager
def stopped(pid: int) -> Iterator[None]:
    """Have a process stand still as long as the block runs."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


async def freeze(scene: Scene, _: Asking, seconds: float) -> None:
    """Have a model's service stand still, its connections open, until that is noticed."""
    with stopped(scene.up.service(scenes.SECOND)):
        await asyncio.sleep(2 * seconds)


async def freeze_mirror(scene: Scene, _: Asking, seconds: float) -> None:
    """Have a mirror stand still, its connections open."""
    with stopped(scene.up.service(scenes.MIRROR)):
        await asyncio.sleep(seconds)


async def slow_down(scene: Scene, _: Asking, seconds: float) -> None:
    """Give a model's service a tenth of the time."""
    pid, end = scene.up.service(scenes.THIRD), asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < end:
        with stopped(pid):
            await asyncio.sleep(STOPPED)
        await asyncio.sleep(RUNNING)


async def break_off(scene: Scene, _: Asking, seconds: float) -> None:
    """Have the backend hang up in the middle of each answer."""
    scene.broken.touch()
    try:
        await asyncio.sleep(seconds)
    finally:
        scene.broken.unlink()


async def fill_queue(scene: Scene, asked: Asking, seconds: float) -> None:
    """Ask a model for more at once than may wait for it, again and again."""
    target, end = scene.target(scenes.THIRD), asked.clock() + seconds
    picture = next(iter(target.labels))

    async def keep_asking() -> None:
        while asked.clock() < end:
            await asked.ask(target, picture)

    async with asyncio.TaskGroup() as group:
        for _ in range(FLOOD):
            group.create_task(keep_asking())


async def restart_gateway(scene: Scene, asked: Asking, _: float) -> None:
    """Have the gateway end in peace; `passerelle up` starts another."""
    pid, end = scene.gateway(), asked.clock() + DRAIN
    os.kill(pid, signal.SIGTERM)
    while stack.alive(pid):
        assert asked.clock() < end, f"the gateway did not end within {DRAIN:g} s"
        await asyncio.sleep(0.05)
