"""The colours, from the file beside this module, and the checkpoint that they make.

python -m mynets.palette writes it: in place of a training, each colour is its own example.
"""

from pathlib import Path

import safetensors.torch
import torch
import webcolors

from mynets import net

FILE = Path(__file__).with_name("colours.txt")
SHARPNESS = 40.0  # how fast a logit falls with the squared distance from its colour


def names() -> list[str]:
    """The names of the colours, as CSS has them."""
    return FILE.read_text().split()


def state() -> dict[str, torch.Tensor]:
    """The state dict of a `net.ColourNet`.

    A logit is -SHARPNESS * |pixel - colour|², but for the pixel's own square, which all have alike.
    """
    colours = torch.tensor([webcolors.name_to_rgb(name) for name in names()]) / 255
    module = net.ColourNet()
    module.nearness.weight.data = 2 * SHARPNESS * colours
    module.nearness.bias.data = -SHARPNESS * colours.square().sum(1)
    return module.state_dict()


if __name__ == "__main__":
    safetensors.torch.save_file(state(), "colours.safetensors")
