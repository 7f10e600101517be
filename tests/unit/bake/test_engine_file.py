"""A network as an engine's file, or why there is none, and whether the other engine can."""

from pathlib import Path
from typing import Any

import pytest
import torch

from services.bake import convert, engine_file, forward
from services.bake.errors import EngineError
from services.model import engines
from services.model.engines.engine import Engine
from tests.unit.bake import nets

pytestmark = pytest.mark.torch


class Bright(nets.Tiny):
    """Multiplies by a number of the picture, which no engine follows."""

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        """(N, 3, H, W) -> (N, classes)."""
        return super().forward(batch) * float(batch.mean())


def make(module: torch.nn.Module, folder: Path, steps: list[str], **fields: Any) -> Engine:
    recipe = nets.recipe(**fields)
    network = forward.run(recipe, nets.built(module))
    return engine_file.make(recipe, network, folder, steps.append)[0]


def refused(module: torch.nn.Module, folder: Path, **fields: Any) -> str:
    with pytest.raises(EngineError) as raised:
        make(module, folder, [], **fields)
    return str(raised.value)


def test_a_file_is_made_loaded_and_compared(tmp_path: Path) -> None:
    steps = list[str]()
    make(nets.Tiny(), tmp_path, steps)
    assert (steps, (tmp_path / "model.xml").is_file()) == (["check"], True)


def test_the_other_engine_is_advised_only_where_it_can(tmp_path: Path) -> None:
    class Bright2(nets.Picky):
        """Its branch is the same for every picture that it is compared on."""

        def forward(self, batch: torch.Tensor) -> torch.Tensor:
            return super().forward(batch.abs() + 1)

    told = refused(Bright2(), tmp_path, engine="torch")
    assert "tiny: the network can't be converted for torch. The converter says: " in told
    assert told.endswith("Write engine: openvino; that one answers as the module does.")


def test_where_neither_can_both_are_told_and_none_is_advised(tmp_path: Path) -> None:
    for engine in ("openvino", "torch"):
        told = refused(Bright(), tmp_path, engine=engine)
        assert "artifact differs from the network itself by" in told
        assert "the network can't be converted for torch" in told
        assert "Write engine" not in told
        assert "Mend the network" in told


def test_a_lower_precision_goes_with_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(convert.CONVERTERS, "openvino")
    monkeypatch.setitem(convert.CONVERTERS, "openvino", lambda *_: 1 / 0)
    told = refused(nets.Tiny(), tmp_path, precision="int8")
    assert "The converter says: division by zero." in told
    assert "Write engine: torch and precision: fp32; that one" in told


def test_a_file_that_can_not_be_loaded_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> Engine:
        raise RuntimeError("model.xml is no XML")

    monkeypatch.setattr(engines, "load", fail)
    told = refused(nets.Tiny(), tmp_path)
    assert "can't be loaded by openvino, which says: model.xml is no XML." in told
    assert "Nor can engine: torch" in told
