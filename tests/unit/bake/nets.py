"""Small torch modules, and recipes of them."""

from typing import Any

import torch

from passerelle.artifact.card import Input
from passerelle.manifest import model
from passerelle.manifest.model import Recipe
from services.bake import architecture
from services.bake.architecture import Architecture, Source
from services.bake.torch_graph import TorchGraph

SIZE = 32  # pixels a side
CLASSES = 4
SHAPE = Input((SIZE, SIZE), SIZE, "bilinear", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))


class Tiny(torch.nn.Module):
    """One convolution, averaged over the picture."""

    def __init__(self, classes: int = CLASSES) -> None:
        super().__init__()
        self.layer = torch.nn.Conv2d(3, classes, 8, stride=8)

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        """(N, 3, H, W) -> (N, classes)."""
        averaged: torch.Tensor = self.layer(batch).mean((2, 3))
        return averaged


class Picky(Tiny):
    """Branches on the data, which torch.export doesn't follow."""

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        """(N, 3, H, W) -> (N, classes)."""
        return super().forward(batch) if batch.sum().item() > 0 else batch.flatten(1)[:, :CLASSES]


def recipe(**fields: Any) -> Recipe:
    base: dict[str, Any] = {
        "id": "tiny",
        "architecture": f"{__name__}:Tiny",
        "weights": "random",
        "input": model.Input(size=(SIZE, SIZE)),
    }
    return Recipe(**base | fields)


def built(module: torch.nn.Module, **known: Any) -> Architecture:
    """A module that has its weights, as the architecture of a recipe."""
    source = Source(module=module.eval(), **{"input": SHAPE} | known)
    return architecture.of_source(recipe(), source)


def module_of(found: Architecture) -> torch.nn.Module:
    """The module of an architecture that is made of one."""
    assert isinstance(found.graph, TorchGraph)
    return found.graph.module.module
