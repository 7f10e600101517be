"""What a constructor gave -> the module that is baked: unwrapped, in fp32, on the processor."""

import collections
import copy
from collections.abc import Iterator
from typing import Any

import torch

from services.bake.errors import ArchitectureError

# Each is a module around the one that was trained, and holds it under that name.
WRAPPERS = {
    "OptimizedModule": "_orig_mod",  # of torch.compile
    "DataParallel": "module",
    "DistributedDataParallel": "module",
    "AveragedModel": "module",
}
FROZEN = "which stays as it was exported, perhaps for training; give the module that it was made of"
_OWN = frozenset(vars(torch.nn.Module()))  # where a module keeps what it registers
QUANTIZED = ("torch.ao.nn.quantized", "torch.ao.nn.intrinsic.quantized", "torch.nn.quantized")


def prepare(architecture: str, made: Any) -> torch.nn.Module:
    """The module to bake, in evaluation mode. Half and double precision become fp32.

    Raises:
        ArchitectureError: it is no module, or none that can be baked.
    """
    if not isinstance(made, torch.nn.Module):
        raise ArchitectureError(f"{architecture} gave {described(made)}")
    module = unwrapped(made)
    refuse_unusable(architecture, module)
    if not is_lazy(module) and any(each.is_inference() for each in module.state_dict().values()):
        module = copy.deepcopy(module)  # of torch.inference_mode, which nothing may change
    for each in (module, *unregistered(module).values()):
        each.float().cpu().eval()
    return module


def dtype_of(made: Any) -> str:
    """The floating type of most of a module's parameters, such as `float16`; else float32."""
    parameters = made.parameters() if isinstance(made, torch.nn.Module) else ()
    kinds = collections.Counter(each.dtype for each in parameters if each.dtype.is_floating_point)
    return str(kinds.most_common(1)[0][0]).removeprefix("torch.") if kinds else "float32"


def described(made: Any) -> str:
    """What was given instead of a module, and what to do."""
    kind = type(made).__name__
    if made is None:
        return "nothing; have it return the module."
    if isinstance(made, type):
        return f"the class {made.__name__}, not an instance; write that class as the architecture."
    if isinstance(made, torch.export.ExportedProgram):
        return f"an exported program, {FROZEN}."
    if isinstance(made, dict) and any(isinstance(each, torch.Tensor) for each in made.values()):
        return "weights without a network; write a callable that gives a torch.nn.Module."
    inside = made.values() if isinstance(made, dict) else made
    if isinstance(made, (tuple, list, dict)):
        kinds = ", ".join(type(each).__name__ for each in list(inside)[:5])
        kind = f"{kind} of {kinds}"
    return (
        f"a {kind}, no torch.nn.Module; write a function beside models.yaml that returns the "
        "module alone, and name that."
    )


def unwrapped(module: torch.nn.Module) -> torch.nn.Module:
    """The module without what training put around it or around its parts."""
    while type(module).__module__.startswith("torch.") and type(module).__name__ in WRAPPERS:
        module = getattr(module, WRAPPERS[type(module).__name__])
    for name, child in list(module.named_children()):
        if (inner := unwrapped(child)) is not child:
            setattr(module, name, inner)
    return module


def refuse_unusable(architecture: str, module: torch.nn.Module) -> None:
    """Return only if the module can be run on the processor, and converted.

    Raises:
        ArchitectureError
    """
    if isinstance(module, torch.fx.GraphModule) and "eval" in vars(module):
        raise ArchitectureError(f"{architecture} gave an exported program, {FROZEN}.")
    if not has_forward(module):
        parts = ", ".join(name for name, _ in module.named_children())
        hint = f"; name the part of it that is the network ({parts})" if parts else ""
        raise ArchitectureError(f"{architecture} gave a module without a forward{hint}.")
    for name, each in module.named_modules():
        if is_quantized(type(each)):
            raise ArchitectureError(
                f"{architecture} is quantized already ({name} is a {type(each).__name__} of "
                "torch.ao), which no engine takes. Give the module as it was before, and write "
                "precision: int8."
            )
    for name, tensor in [*module.named_parameters(), *module.named_buffers()]:
        if tensor.is_meta:
            raise ArchitectureError(
                f"{architecture} has no values: {name} is on the meta device. Make it on the "
                "processor."
            )


def is_quantized(kind: type) -> bool:
    """Whether a module of that class has integers for weights. A FloatFunctional has none."""
    return kind.__module__.startswith(QUANTIZED) and "FloatFunctional" not in kind.__name__


def has_forward(module: torch.nn.Module) -> bool:
    """Whether the module computes anything, which a ModuleList doesn't."""
    kind = type(module)
    if isinstance(module, torch.jit.ScriptModule) or "forward" in vars(module):
        return True
    return (kind.forward, kind.__call__) != (torch.nn.Module.forward, torch.nn.Module.__call__)


def refuse_unregistered(architecture: str, module: torch.nn.Module) -> None:
    """Return only if a checkpoint reaches all weights of the module.

    Raises:
        ArchitectureError
    """
    for name, each in unregistered(module).items():
        if next(each.parameters(), None) is not None:
            raise ArchitectureError(
                f"{architecture}: {name} holds a {type(each).__name__} in a plain list or dict, "
                "whose weights are in no checkpoint; make it a torch.nn.ModuleList or ModuleDict."
            )


def is_lazy(module: torch.nn.Module) -> bool:
    """Whether some of its parameters have no shape before it has seen a picture."""
    return any(map(torch.nn.parameter.is_lazy, (*module.parameters(), *module.buffers())))


def unregistered(module: torch.nn.Module) -> dict[str, torch.nn.Module]:
    """The modules that lie in plain lists or dicts of a module, by where. torch knows none of them.

    They are in no state dict, and stay as they are when the module is changed.
    """
    known = set(module.modules())
    return {
        f"{owner}.{name}".lstrip("."): each
        for owner, part in module.named_modules()
        for name, value in vars(part).items()
        if name not in _OWN
        for each in _inside(value)
        if each not in known
    }


def _inside(value: Any) -> Iterator[torch.nn.Module]:
    """The modules in a list, a tuple or a dict, however deep."""
    if isinstance(value, torch.nn.Module):
        yield value
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _inside(each)
    elif isinstance(value, dict):
        for each in value.values():
            yield from _inside(each)
