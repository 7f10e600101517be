"""How many channels of a picture a network takes, and of which size, found by trying."""

import torch

from passerelle.artifact.card import Input
from services.bake.errors import ArchitectureError

CHANNELS = (1, 3, 4)  # that a picture can have: grey, RGB, RGB and alpha


def require(architecture: str, module: torch.nn.Module, shape: Input) -> None:
    """Return unless the network is known to take pictures of other channels than the input has.

    Or of its sides the other way round.

    A network that takes none of them fails for another reason, which running it tells.

    Raises:
        ArchitectureError: says how many, and what to write.
    """
    if takes(module, shape.channels, shape.size):
        return
    width, height = shape.size  # if they were written in that order
    if width != height and takes(module, shape.channels, (height, width)):
        raise ArchitectureError(
            f"{architecture} takes pictures that are {height} high and {width} wide; "
            f"write input: {{size: [{height}, {width}]}}."
        )
    fitting = [count for count in CHANNELS if takes(module, count, shape.size)]
    if len(fitting) == 1:
        named = f"{fitting[0]} channel{'s' if fitting[0] > 1 else ''}"
        raise ArchitectureError(
            f"{architecture} takes pictures of {named}, not of {shape.channels}; "
            f"write input: {{channels: {fitting[0]}}}."
        )
    count = of_first_convolution(module)
    if count and not fitting and takes(module, count, shape.size):
        raise ArchitectureError(
            f"{architecture} takes {count} channels, which no picture has. Write a module around "
            "it that makes them of 1, 3 or 4, and name that."
        )


def takes(module: torch.nn.Module, channels: int, size: tuple[int, int]) -> bool:
    """Whether the module runs on a black picture of so many channels, of that height and width."""
    try:
        with torch.no_grad():
            module(torch.zeros(1, channels, *size))
    except Exception:
        return False
    return True


def of_first_convolution(module: torch.nn.Module) -> int | None:
    """The channels that the module's first convolution takes; None where there is none."""
    convolutions = (each for each in module.modules() if isinstance(each, torch.nn.Conv2d))
    first = next(convolutions, None)
    return first.in_channels if first else None
