"""What models.yaml beside this file needs and no package has."""

import efficientnet_lite_pytorch
import torch


class Features(torch.nn.Module):
    """EfficientNet-Lite0 up to its classifier: (N, 3, H, W) -> (N, 1280)."""

    def __init__(self) -> None:
        super().__init__()
        self.network = efficientnet_lite_pytorch.EfficientNet.from_name("efficientnet-lite0")

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        """The features, averaged over the picture."""
        maps: torch.Tensor = self.network.extract_features(batch)
        return maps.mean((2, 3))


def features() -> torch.nn.Module:
    """The module."""
    return Features()
