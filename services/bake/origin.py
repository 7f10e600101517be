"""Which operation made a tensor: the last that counts, seen while the network runs.

Each tensor that an operation of torch gives carries the name of what made it. An operation that
only shapes or copies hands on the name of its input, and sums and means hand on what they keep.
It is the same for modules in Python, TorchScript and exported programs: all run these operations.
"""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch.utils import _pytree as pytree
from torch.utils._python_dispatch import TorchDispatchMode

LINEAR = "linear"  # what has no bounds: matrix products, convolutions, and normalisation by batches
SIGMOID, SOFTMAX, LOG_SOFTMAX = "sigmoid", "softmax", "log_softmax"
UNKNOWN = "an unknown operation"

# Names are aten's without underscores at their ends, which tell variants of an operation apart.
MAKERS = {
    **dict.fromkeys(
        (
            *("addmm", "addmv", "baddbmm", "bmm", "dot", "linear", "matmul", "mm", "mv"),
            *("conv1d", "conv2d", "convolution", "mkldnn_convolution"),
            *("batch_norm", "native_batch_norm", "native_batch_norm_legit_no_training"),
        ),
        LINEAR,
    ),
    "sigmoid": SIGMOID,
    "special_expit": SIGMOID,
    "softmax": SOFTMAX,
    "safe_softmax": SOFTMAX,
    "log_softmax": LOG_SOFTMAX,
}
SHAPING = frozenset(
    (
        *(
            "alias",
            "as_strided",
            "cat",
            "chunk",
            "clone",
            "contiguous",
            "copy",
            "detach",
            "dropout",
            "expand",
        ),
        *("flatten", "gather", "index", "index_select", "lift_fresh", "masked_fill", "nan_to_num"),
        *("permute", "reshape", "reshape_alias", "select", "slice", "split", "squeeze", "stack"),
        *("t", "to", "to_copy", "to_dense", "transpose", "unbind", "unflatten", "unsafe_view"),
        *("unsqueeze", "view", "where"),
    )
)
CLAMPS = frozenset(("clamp", "clamp_max", "clamp_min"))  # which change no probability
ARITHMETIC = frozenset(
    (
        *("add", "div", "mean", "mul", "neg", "rsub", "sub", "sum"),
        *("adaptive_avg_pool1d", "adaptive_avg_pool2d", "avg_pool1d", "avg_pool2d"),
    )
)
BOUNDED = frozenset(  # whose results are no logits: a purpose puts them at a network's end
    (
        *("clamp", "clamp_max", "clamp_min", "exp", "hardsigmoid", "hardtanh"),
        *("log_sigmoid_forward", "log_softmax", "relu", "relu6", "sigmoid", "softmax", "softplus"),
        "tanh",
    )
)


def of(run: Callable[[], torch.Tensor]) -> tuple[torch.Tensor, str]:
    """What `run` gives, and the operation that made it; UNKNOWN where that can't be seen."""
    try:
        with torch.no_grad(), _Recorder():  # type: ignore[no-untyped-call]  # torch's own
            made = run()
    except Exception:  # such as a compiled module, which can't be watched
        return run(), UNKNOWN
    return made, _made_by(made) or UNKNOWN


class _Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch's own
    """Writes on each tensor what made it."""

    def __torch_dispatch__(
        self,
        func: Any,
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        made_before = [_made_by(each) for each in _tensors((args, kwargs))]
        made = func(*args, **(kwargs or {}))
        origin = next_origin(func.overloadpacket.__name__.strip("_"), made_before)
        for each in _tensors(made):
            each.made_by = origin  # type: ignore[attr-defined]  # ours
        return made


def next_origin(operation: str, inputs: Iterable[str | None]) -> str:
    """What made the result of an operation on inputs made so; None for parameters and constants."""
    known = {each for each in inputs if each is not None}
    origin = known.pop() if len(known) == 1 else ""
    if operation in SHAPING and origin:
        return origin
    if operation in CLAMPS and origin in {SIGMOID, SOFTMAX}:
        return origin
    if operation in ARITHMETIC and origin in {SIGMOID, SOFTMAX, LOG_SOFTMAX, LINEAR}:
        return origin
    return MAKERS.get(operation, operation)


def _tensors(values: Any) -> list[torch.Tensor]:
    return [each for each in pytree.tree_leaves(values) if isinstance(each, torch.Tensor)]


def _made_by(tensor: torch.Tensor) -> str | None:
    return getattr(tensor, "made_by", None)
