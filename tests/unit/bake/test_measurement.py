"""What a baked model costs."""

from pathlib import Path

import numpy as np

from passerelle.artifact.card import Input
from services.bake import measurement
from services.model.decode import Pixels
from services.model.engines.engine import Engine, Logits

GREY = Input(24, 24, "bilinear", (0.5,), (0.5,), channels=1)


def test_an_engine_is_run_on_its_own_size_and_the_folder_is_weighed(tmp_path: Path) -> None:
    seen = []

    def infer(pixels: Pixels) -> Logits:
        seen.append(pixels.shape)
        return np.zeros(3, np.float32)

    (tmp_path / "model.bin").write_bytes(b"0" * 150_000)
    (tmp_path / "model.xml").write_bytes(b"0" * 100_000)
    measured = measurement.measure(Engine((infer,)), GREY, tmp_path)
    assert seen == [(24, 24, 1)] * measurement.RUNS
    assert measured["size_mb"] == 0.2
    assert 0 <= measured["latency_ms"] < 1000
