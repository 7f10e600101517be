"""What a baked model costs."""

from pathlib import Path

import numpy as np

from services.bake import measurement
from services.model.engines.engine import Engine
from services.model.tensors import Array, Tensors


def test_an_engine_is_run_on_one_picture_and_the_folder_is_weighed(tmp_path: Path) -> None:
    seen = []

    def infer(inputs: Tensors) -> dict[str, Array]:
        seen.append(inputs["pixels"].shape)
        return {}

    (tmp_path / "model.bin").write_bytes(b"0" * 150_000)
    (tmp_path / "model.xml").write_bytes(b"0" * 100_000)
    inputs = {"pixels": np.zeros((1, 24, 24, 1), np.uint8)}
    measured = measurement.measure(Engine((infer,)), inputs, tmp_path)
    assert seen == [(1, 24, 24, 1)] * measurement.RUNS
    assert measured["size_mb"] == 0.2
    assert 0 <= measured["latency_ms"] < 1000
