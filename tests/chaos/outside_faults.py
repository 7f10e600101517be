"""Faults of what processes rely on: files, the clock, Redis."""

import asyncio

from bench import redis_server
from tests.chaos import fake_clock
from tests.chaos import scene as scenes
from tests.chaos.asking import Asking
from tests.chaos.scene import Scene

HOUR, SLACK = 3600, 10  # seconds
FOLLOWED = 6.0  # seconds within which a key that was taken away is good no more
REFUSED = "401"


async def break_manifest(scene: Scene, _: Asking, seconds: float) -> None:
    """Write a manifest that can't be read, and mend it."""
    good = scene.up.manifest.read_text()
    scene.up.manifest.write_text("models: [")
    try:
        await asyncio.sleep(seconds)
    finally:
        scene.up.manifest.write_text(good)


async def revoke_key(scene: Scene, asked: Asking, seconds: float) -> None:
    """Take a key away, see that it is good no more, and hand out another."""
    await asyncio.to_thread(scene.revoke_key)
    guest, end = scene.target(scenes.GUEST), asked.clock() + FOLLOWED
    picture = next(iter(guest.labels))
    while (await asked.ask(guest, picture)).kind != REFUSED:
        assert asked.clock() < end, f"the key was good for {FOLLOWED:g} s more"
        await asyncio.sleep(0.1)
    await asyncio.sleep(seconds)
    await asyncio.to_thread(scene.new_key)


async def jump(scene: Scene, _: Asking, seconds: float) -> None:
    """Have the clock jump an hour on, two hours back, and to where it was."""
    assert scene.clock
    try:
        for offset in (HOUR, -HOUR):
            scene.clock.jump(offset)
            await asyncio.sleep(seconds / 2)
            ahead = await asyncio.to_thread(scene.seconds_ahead)
            assert abs(ahead - offset) < SLACK, f"the gateway's clock is {ahead:g} s ahead"
    finally:
        scene.clock.jump(0)


def lack_of_clock(scene: Scene) -> str:
    """What a jump needs and isn't there."""
    return "" if scene.clock else fake_clock.LACK


async def kill_redis(scene: Scene, _: Asking, seconds: float) -> None:
    """Have Redis gone for a while."""
    assert scene.redis
    scene.redis.kill()
    try:
        await asyncio.sleep(seconds)
    finally:
        await asyncio.to_thread(scene.redis.start)


def lack_of_redis(scene: Scene) -> str:
    """What it needs that Redis goes and isn't there."""
    return "" if scene.redis else redis_server.LACK
