"""A stack with a small network of each task, as clients of the Open Inference Protocol ask it."""

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.support import small_net, stack, task_nets

CLASSIFIER = (
    (stack.ROOT / "models.yaml").read_text().split("\n\n")[1].strip("\n")
)  # `models:` and the first
MODELS = """\
  - {id: first, architecture: "small_net:Net", weights: random, input: {size: 32}}
  - {id: kept, like: colours, cache: {size: 9, ttl: 60s}}
  - {id: similar, like: colours}
  - {id: people, like: boxes}
"""
SIDE = 64  # of the networks' input, and of `small`
PICTURE = task_nets.picture()  # of 200 x 100 pixels


@contextlib.contextmanager
def running(folder: Path) -> Iterator[stack.Stack]:
    """The stack, without its page."""
    from tests.conftest import shared_state

    task_nets.write(folder)
    networks = task_nets.MANIFEST.partition("models:\n")[2]
    manifest = small_net.write(folder, f"version: 1\n{CLASSIFIER}\n{networks}{MODELS}")
    with stack.running(manifest, shared_state(folder / "state"), "--no-page") as started:
        yield started


def small(seed: int = 0) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """A picture of the input's own size, of which a tensor and a PNG are the same pixels."""
    return np.random.default_rng(seed).integers(0, 256, (SIDE, SIDE, 3), np.uint8)


def png(pixels: np.ndarray[Any, np.dtype[np.uint8]]) -> bytes:
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG")
    return content.getvalue()


def own(up: stack.Stack, model: str, query: str = "", body: bytes = PICTURE) -> Any:
    """Our own API's answer."""
    answer = up.predict(model, body, query)
    assert answer.ok, answer.text
    return answer.json()
