"""Which operation made a tensor."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.nn import functional

from services.bake import origin
from tests.unit.bake import nets

pytestmark = pytest.mark.torch

BATCH = torch.rand(1, 3, nets.SIZE, nets.SIZE)
Head = Callable[[torch.Tensor], torch.Tensor]


class Headed(nets.Tiny):
    """A network that ends in a function."""

    def __init__(self, head: Head) -> None:
        super().__init__()
        self.head = head

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        """(N, 3, H, W) -> what the head makes of (N, classes)."""
        return self.head(super().forward(batch))


@pytest.mark.parametrize(
    ("head", "made_by"),
    [
        (lambda x: x, "linear"),
        (lambda x: 20 * x + 1, "linear"),
        (torch.sigmoid, "sigmoid"),
        (lambda x: x.sigmoid_().view(1, 4, 1, 1).squeeze().clone(), "sigmoid"),
        (lambda x: torch.special.expit(x).clamp(1e-6, 1 - 1e-6), "sigmoid"),
        (lambda x: 1 - x.sigmoid(), "sigmoid"),
        (lambda x: torch.cat([x[:, :2].sigmoid(), x[:, 2:].sigmoid()], 1), "sigmoid"),
        (lambda x: x.softmax(1).double(), "softmax"),
        (lambda x: functional.softmin(x, 1), "softmax"),
        (lambda x: 100 * x.softmax(1), "softmax"),
        (lambda x: (x.softmax(1) + (2 * x).softmax(1)) / 2, "softmax"),
        (lambda x: x.log_softmax(1), "log_softmax"),
        (torch.tanh, "tanh"),
        (functional.relu, "relu"),
        (functional.logsigmoid, "log_sigmoid_forward"),
        (lambda x: x.clamp(0, 1), "clamp"),
        (lambda x: (x.tanh() + 1) / 2, "div"),
        (lambda x: x.sigmoid() * x, "mul"),
    ],
)
def test_the_last_operation_that_counts_is_seen(head: Head, made_by: str) -> None:
    net = Headed(head).eval()
    made, found = origin.of(lambda: net(BATCH))
    assert found == made_by
    with torch.no_grad():
        assert torch.equal(made, net(BATCH))


def traced(net: torch.nn.Module) -> Any:
    return torch.jit.trace(net, BATCH)  # type: ignore[no-untyped-call]  # torch's own


@pytest.mark.parametrize(
    "kind",
    [
        traced,
        lambda net: torch.jit.freeze(traced(net)),
        lambda net: torch.export.export(net, (BATCH,)).module(),
    ],
)
def test_it_is_seen_in_torchscript_and_exported_programs_too(
    kind: Callable[[torch.nn.Module], torch.nn.Module],
) -> None:
    net = kind(Headed(torch.sigmoid).eval())
    assert origin.of(lambda: net(BATCH))[1] == "sigmoid"


def test_what_can_not_be_watched_is_run_all_the_same() -> None:
    def unwatchable() -> torch.Tensor:
        if torch.utils._python_dispatch._get_current_dispatch_mode():
            raise RuntimeError
        return torch.ones(1)

    made, found = origin.of(unwatchable)
    assert (made.item(), found) == (1.0, origin.UNKNOWN)


def test_a_value_that_was_never_computed_has_no_origin() -> None:
    assert origin.of(lambda: BATCH)[1] == origin.UNKNOWN
