"""A small network of one's own for each task, whose answers to a picture are known beforehand."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

SOURCE = """\
import torch

SIDE = 64

class Boxes(torch.nn.Module):
    '''The box around what is bright, and a poor one in the corner.'''
    def __init__(self, score=0.75):
        super().__init__()
        self.score = score

    def forward(self, batch):
        bright = (batch.amax(1) > 0.5).float()
        columns, rows, at = bright.amax(1), bright.amax(2), torch.arange(float(SIDE))
        low = [SIDE - (each * (SIDE - at)).amax(1) for each in (columns, rows)]
        high = [(each * (at + 1)).amax(1) for each in (columns, rows)]
        found = torch.stack([*low, *high], 1)
        boxes = torch.cat([found, found * 0 + torch.tensor([0.0, 0.0, 8.0, 8.0])])
        scores = boxes[:, 0] * 0 + torch.tensor([self.score, 0.25])
        labels = (boxes[:, 0] * 0).long() + torch.tensor([1, 0])
        return [{"boxes": boxes, "scores": scores, "labels": labels}]

class Bands(torch.nn.Module):
    '''Bright or dark, pixel by pixel.'''
    def __init__(self, least=0.5):
        super().__init__()
        self.least = least

    def forward(self, batch):
        bright = batch.amax(1, keepdim=True)
        return torch.cat([bright * 0 + self.least, bright], 1)

class Colours(torch.nn.Module):
    '''The mean colours of 16 parts of the picture.'''
    def forward(self, batch):
        return torch.nn.functional.avg_pool2d(batch - 0.5, SIDE // 4).flatten(1)

class Means(torch.nn.Module):
    '''Two outputs as they are.'''
    def forward(self, batch):
        return {"colour": batch.mean((2, 3)), "least": batch.amin((1, 2, 3))}
"""
HANDLER = """\
class Words:
    def postprocess(self, outputs):
        least = float(outputs["least"][0])
        return {"says": "<b>dark</b>" if least < 0.5 else "bright", "least": least}
"""
_NETS = {  # by their models' ids
    "boxes": 'task: detection, architecture: "task_nets:Boxes", labels: [poor, bright]',
    "sure": "like: boxes, keywords: {score: 0.9}",
    "bands": 'task: segmentation, architecture: "task_nets:Bands", labels: [background, bright]',
    "strict": "like: bands, keywords: {least: 0.8}",
    "colours": 'task: embedding, architecture: "task_nets:Colours"',
    "means": 'task: tensor, architecture: "task_nets:Means"',
    "words": 'like: means, handler: "task_words:Words"',
}
_REST = "weights: architecture, input: {size: 64, fit: squash, mean: 0, std: 1}"
MANIFEST = "version: 1\nmodels:\n" + "".join(
    f"  - {{id: {name}, {fields}, {_REST}}}\n" for name, fields in _NETS.items()
)
SIZE = (200, 100)  # width and height of `picture`, in pixels
BOX = (50, 20, 100, 60)  # xmin, ymin, xmax, ymax of what is white on it


def write(folder: Path) -> Path:
    """The networks, a handler and their manifest in a folder; the manifest's path."""
    (folder / "task_nets.py").write_text(SOURCE)
    (folder / "task_words.py").write_text(HANDLER)
    path = folder / "models.yaml"
    path.write_text(MANIFEST)
    return path


def picture(red: int = 0) -> bytes:
    """A PNG: a white box, and beside it black or a dark red."""
    pixels = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    pixels[..., 0] = red
    xmin, ymin, xmax, ymax = BOX
    pixels[ymin:ymax, xmin:xmax] = 255
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG")
    return content.getvalue()
