"""What the faults happen to: a real `passerelle up` with models of ours, a mirror, and others'."""

import contextlib
import email.utils
import hashlib
import io
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from PIL import Image

from bench import redis_server
from bench.redis_server import RedisServer
from passerelle.local import local_state
from tests.chaos import fake_clock
from tests.chaos.asking import Target
from tests.chaos.fake_clock import FakeClock
from tests.conftest import shared_state
from tests.support import stack
from tests.support.stack import Stack

FIRST, SECOND, THIRD = "efficientnet-lite0", "efficientnet-lite0-int8", "efficientnet-lite1"
MIRROR = "efficientnet-lite2"  # of the third, that no client asks
THEIRS = "theirs"
GUEST = "guest"  # who asks the first model with a key of its own
SIDE = 300  # pixels of a picture
TIMEOUT = 3.0  # seconds that a model has for an answer
QUEUE = 8  # pictures that wait for one model
RATE, QUOTA = "100000/minute", "1000000/day"  # which nobody reaches
DEFAULTS = f"defaults: {{timeout: {TIMEOUT:g}s}}\nmodels:"
MIRRORED = f"  - id: {THIRD}\n    mirror: {{to: {MIRROR}, share: 20%}}\n"
LIMITED = f"  - id: {FIRST}\n    rate: {RATE}\n"
BACKEND = """
  - id: theirs
    backend:
      command: ["{python}", "{program}", "{broken}"]
      path: /predict
      health: /
"""


class Scene:
    """All that runs, and where faults can take hold of it."""

    def __init__(
        self, up: Stack, broken: Path, clock: FakeClock | None, redis: RedisServer | None
    ) -> None:
        self.up, self.broken, self.clock, self.redis = up, broken, clock, redis
        self._key_file = local_state.keys_file(up.state)
        self.new_key()
        self.targets = self._targets()

    @property
    def names(self) -> frozenset[str]:
        """The names of all targets."""
        return frozenset(each.name for each in self.targets)

    def target(self, name: str) -> Target:
        """The target of a name."""
        return next(each for each in self.targets if each.name == name)

    def new_key(self) -> None:
        """Give the guest a key, as everybody is given one."""
        limits = ("--rate", RATE, "--quota", QUOTA)
        self.guest_key = self._keys("new", "--name", GUEST, "--model", FIRST, *limits)

    def revoke_key(self) -> None:
        """Take the guest's key away."""
        _, prefix, _ = self.guest_key.split("_", 2)
        self._keys("revoke", prefix)

    def _keys(self, *words: str) -> str:
        """What `passerelle keys` prints."""
        command = [*stack.PASSERELLE, "keys", *words, "--keys", str(self._key_file)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def gateway(self) -> int:
        """The process id of the gateway."""
        return next(
            pid for pid in stack.children(self.up.process.pid)
            if "PASSERELLE_UPSTREAM=" in stack.environ(pid)
        )  # fmt: skip

    def seconds_ahead(self) -> float:
        """How far the gateway's clock is before this process's, as its answers say."""
        date = self.up.get("/health/live").headers["Date"]
        return email.utils.parsedate_to_datetime(date).timestamp() - time.time()

    def _targets(self) -> list[Target]:
        pictures = [small(each) for each in sorted(stack.PICTURES.glob("*.[jp][pn]g"))]
        sums = {each: hashlib.sha256(each).hexdigest() for each in pictures}
        labels = {model: self._labels(model, pictures) for model in (FIRST, SECOND, THIRD)}
        return [
            *(Target(model, model, lambda: self.up.key, labels[model]) for model in labels),
            Target(THEIRS, THEIRS, lambda: self.up.key, sums),
            Target(GUEST, FIRST, lambda: self.guest_key, labels[FIRST]),
        ]

    def _labels(self, model: str, pictures: list[bytes]) -> Mapping[bytes, str]:
        """What a model says of each picture while nothing is wrong; of each something else."""
        found = {each: str(self.up.predict(model, each).json()["category"]) for each in pictures}
        assert len(set(found.values())) == len(pictures), found
        return found


def small(file: Path) -> bytes:
    """A picture in few bytes, so that the clients take little of the processor."""
    out = io.BytesIO()
    with Image.open(file) as picture:
        picture.thumbnail((SIDE, SIDE))
        picture.convert("RGB").save(out, "JPEG")
    return out.getvalue()


@contextlib.contextmanager
def started(folder: Path) -> Iterator[Scene]:
    """All of it, which is gone after the block."""
    clock, redis = fake_clock.find(folder), redis_server.find(folder)
    environ = {"PASSERELLE_MAX_QUEUE": str(QUEUE)}
    environ |= clock.environ if clock else {}
    environ |= {"REDIS_URL": redis.url} if redis else {}
    manifest, broken = folder / "models.yaml", folder / "broken"
    manifest.write_text(text(broken))
    try:
        state = shared_state(folder / "state")
        with stack.running(manifest, state, "--no-page", environ=environ) as up:
            yield Scene(up, broken, clock, redis)
    finally:
        if redis:
            redis.kill()


def text(broken: Path) -> str:
    """The manifest: the models of the default one, of which one is a mirror, and a backend."""
    ours = (stack.ROOT / "models.yaml").read_text()
    program = Path(__file__).with_name("backend.py")
    backend = BACKEND.format(python=sys.executable, program=program, broken=broken)
    ours = ours.replace("models:", DEFAULTS).replace(f"  - id: {FIRST}\n", LIMITED)
    ours = ours.replace(f"  - id: {THIRD}\n", MIRRORED)
    return ours + backend
