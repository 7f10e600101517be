"""What can run an artifact: one file an engine, imported when an artifact needs it."""

from pathlib import Path

from services.model.engines.engine import Engine


def load(name: str, folder: Path, threads: int, precision: str = "fp32") -> Engine:
    """Load an artifact's folder with the engine of that name.

    `threads` is how many processor threads the model may use.
    """
    return _LOADERS[name](folder, threads, precision)


def _load_openvino(folder: Path, threads: int, precision: str) -> Engine:
    from services.model.engines import openvino

    return openvino.load(folder, threads, precision)


def _load_torch(folder: Path, threads: int, precision: str) -> Engine:  # noqa: ARG001  # as in _LOADERS
    from services.model.engines import torch

    return torch.load(folder, threads)


_LOADERS = {"openvino": _load_openvino, "torch": _load_torch}
