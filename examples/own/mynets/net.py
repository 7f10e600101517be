"""The network: a picture's mean colour, and how near it is to each colour of the palette."""

import torch

from mynets import palette


class ColourNet(torch.nn.Module):
    """Pixels of 0..1 (N, 3, height, width) -> a logit for each colour (N, colours)."""

    def __init__(self) -> None:
        super().__init__()
        self.pool = torch.nn.AdaptiveAvgPool2d(1)
        self.nearness = torch.nn.Linear(3, len(palette.names()))

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """The logits."""
        return self.nearness(self.pool(pixels).flatten(1))
