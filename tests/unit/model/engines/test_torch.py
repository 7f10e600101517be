"""PyTorch as an engine."""

from pathlib import Path

import numpy as np
import pytest
import torch

from services.model import engines
from services.model.engines import torch as torch_engine
from services.model.engines.engine import SLOTS_PER_CPU

pytestmark = pytest.mark.torch
SIZE = 4


class Means(torch.nn.Module):
    """Gives each channel's mean."""

    def forward(self, batch: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """(N, H, W, 3) -> (N, 3)."""
        return (batch.float().mean((1, 2)),)


def test_a_program_answers_for_every_slot(tmp_path: Path) -> None:
    example = torch.zeros(1, SIZE, SIZE, 3, dtype=torch.uint8)
    program = torch.export.export(Means(), (example,))
    names = {torch_engine.NAMES: '[["pixels"], ["means"]]'}
    torch.export.save(program, tmp_path / torch_engine.FILE, extra_files=names)
    engine = engines.load("torch", tmp_path, threads=2)
    assert len(engine.infers) == 2 * SLOTS_PER_CPU
    answer = engine.infer({"pixels": np.full((1, SIZE, SIZE, 3), 7, np.uint8)})
    assert answer["means"].tolist() == [[7, 7, 7]]
