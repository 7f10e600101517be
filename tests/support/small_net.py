"""A manifest of a small network of one's own, which is baked in a moment."""

from pathlib import Path

SOURCE = """\
import torch

class Net(torch.nn.Module):
    '''Four classes; the mean of a convolution.'''
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Conv2d(3, 4, 8, stride=8)

    def forward(self, batch):
        return self.layer(batch).mean((2, 3))
"""
MANIFEST = """\
version: 1
models:
  - id: first
    architecture: small_net:Net
    weights: random
    input: {size: 32}
"""


def write(folder: Path, manifest: str = MANIFEST) -> Path:
    """The network and its manifest in a folder; the manifest's path."""
    (folder / "small_net.py").write_text(SOURCE)
    path = folder / "models.yaml"
    path.write_text(manifest)
    return path
