"""What every graph is."""

from pathlib import Path

import pytest

from services.bake import origin
from services.bake.graph import Graph
from services.model.tensors import Array, Tensors

pytestmark = pytest.mark.torch


class Nothing(Graph):
    """Gives nothing."""

    def run(self, inputs: Tensors) -> dict[str, Array]:  # noqa: ARG002  # none is looked at
        return {}

    def convert(self, engine: str, chosen: dict[str, str], inputs: Tensors, folder: Path) -> None:
        raise NotImplementedError


def test_what_made_an_output_is_unknown_unless_a_graph_knows() -> None:
    assert Nothing().made_by({}, "logits") == origin.UNKNOWN
