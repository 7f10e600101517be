"""A large picture's memory is given back when it was answered."""

import concurrent.futures
import io

import numpy as np
from PIL import Image

from tests.support import stack
from tests.support.shell import resident

MODEL = "efficientnet-lite1"


def test_large_pictures_leave_no_memory_behind(up: stack.Stack) -> None:
    """Decoded, each takes 64 MB, twice."""
    out = io.BytesIO()
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (400, 400, 4), np.uint8))
    noise.resize((4000, 4000), Image.Resampling.NEAREST).save(out, "PNG", compress_level=1)
    worker = up.service(MODEL)
    before = resident(worker)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: up.predict(MODEL, out.getvalue()), range(8)))
    assert [answer.status_code for answer in answers] == [200] * 8
    stack.wait_for(lambda: resident(worker) < before + 120, 10)
