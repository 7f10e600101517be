"""Answers as our services give them: what the tests of agreement share."""

import base64
import struct
import zlib
from collections.abc import Sequence
from typing import Any


def classified(*scores: tuple[int, float]) -> dict[str, Any]:
    """An answer with classes, best first."""
    rows = [{"class_id": each, "label": f"c{each}", "score": score} for each, score in scores]
    return {"task": "classification", "predictions": rows}


def detected(*rows: Sequence[float]) -> dict[str, Any]:
    """An answer with boxes: class, score, left, top, right, bottom."""
    edges = ("xmin", "ymin", "xmax", "ymax")
    found = [
        {"class_id": label, "label": f"c{label}", "score": score,
         "box": dict(zip(edges, box, strict=True))}
        for label, score, *box in rows
    ]  # fmt: skip
    return {"task": "detection", "predictions": found, "image": {"width": 100, "height": 100}}


def segmented(pixels: Sequence[Sequence[int]], depth: int = 1) -> dict[str, Any]:
    """An answer with a mask for each class of a map."""
    found = sorted({each for row in pixels for each in row})
    segments = [
        {"class_id": each, "label": f"c{each}", "share": 0.5, "mask": mask(pixels, each, depth)}
        for each in found
    ]
    size = {"width": len(pixels[0]), "height": len(pixels)}
    return {"task": "segmentation", "image": size, "segments": segments}


def mask(pixels: Sequence[Sequence[int]], label: int, depth: int = 1) -> str:
    """A class's mask: a PNG in base64."""
    high = 1 if depth == 1 else 255
    is_class = [[high if each == label else 0 for each in row] for row in pixels]
    return base64.b64encode(png(is_class, depth)).decode()


def png(pixels: Sequence[Sequence[int]], depth: int, header: bytes = b"") -> bytes:
    """A grey PNG without filters; `header` stands in for its own."""
    rows = b"".join(b"\x00" + packed(row, depth) for row in pixels)
    own = struct.pack(">IIBBBBB", len(pixels[0]), len(pixels), depth, 0, 0, 0, 0)
    return of_chunks((b"IHDR", header or own), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))


def packed(row: Sequence[int], depth: int) -> bytes:
    """A row's pixels as a PNG has them."""
    if depth == 1:
        bits = "".join(map(str, row)).ljust(-(-len(row) // 8) * 8, "1")  # what fills it is no pixel
        return int(bits, 2).to_bytes(len(bits) // 8)
    return b"".join(each.to_bytes(depth // 8) for each in row)


def of_chunks(*chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG of these parts."""
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
