"""The memory that decoding takes is what was reckoned, and stays within a container's."""

import concurrent.futures
import dataclasses
import functools
import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests
from PIL import Image

from passerelle.artifact.card import Input
from services.model import formats
from tests.support import processes, stack

LIMIT = 1 << 30  # bytes of a model's container, unless the manifest gives others
DECODE_MEMORY = LIMIT // 2  # as a service in such a container has it
SIDE = 7000  # 49 megapixels, of the 50 that are allowed
AT_ONCE = 4  # as many as two processors have slots

# What takes most: mode, format, how it is saved.
KINDS: list[tuple[str, str, dict[str, Any]]] = [
    ("RGBA", "PNG", {}),
    ("LA", "PNG", {}),
    ("P", "PNG", {"transparency": 0}),
    ("I;16", "PNG", {}),
    ("RGB", "PNG", {}),
    ("CMYK", "JPEG", {"progressive": True, "subsampling": "4:4:4"}),
    ("RGBA", "WEBP", {"lossless": True, "method": 0, "quality": 0}),
]
# Of the formats that are read where a setting says so.
MORE_KINDS: list[tuple[str, str, dict[str, Any]]] = [
    ("RGB", "TIFF", {"compression": "tiff_lzw"}),
    ("RGB", "TIFF", {"compression": "tiff_lzw", "strip_size": 1 << 30}),
    ("I;16", "TIFF", {"compression": "tiff_adobe_deflate"}),
    ("RGB", "BMP", {}),
    ("P", "GIF", {}),
    ("RGBA", "AVIF", {"speed": 10}),
    ("RGB", "AVIF", {"speed": 10, "subsampling": "4:4:4"}),
]
BY_KIND = pytest.mark.parametrize(
    ("mode", "form", "options"),
    KINDS + MORE_KINDS,
    ids=[f"{mode}-{form}" for mode, form, _ in KINDS + MORE_KINDS],
)

# Prints the bytes that decoding was reckoned to take, and those that the process grew by.
MEASURE = """
import json, pathlib, re, sys
from passerelle.artifact.card import Input
from passerelle.server import memory
from services.model import decode, decode_memory, formats

def status(name):
    found = re.search(name + r":\\s+(\\d+) kB", pathlib.Path("/proc/self/status").read_text())
    return int(found[1]) * 1024

memory.return_freed_memory()
shape = Input(**json.loads(sys.argv[2]))
encoded = pathlib.Path(sys.argv[1]).read_bytes()
readable = tuple(formats.NAMES)
image = decode.open_image(encoded, 50_000_000, readable)
decode.draft(image, shape)
needed = decode_memory.needed(image, encoded, shape)
image.close()
del image
pathlib.Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
before = status("VmRSS")
decode.prepare(encoded, shape, 50_000_000, readable=readable)
print(json.dumps([needed, status("VmHWM") - before]))
"""


# The same of parts of a picture, one as large as all of it and one that is small.
MEASURE_PARTS = """
import json, pathlib, re, sys
from passerelle.artifact.card import Input
from passerelle.server import memory
from passerelle.server.pictures.boxes import Box
from services.model import formats, memory_budget, region

def status(name):
    found = re.search(name + r":\\s+(\\d+) kB", pathlib.Path("/proc/self/status").read_text())
    return int(found[1]) * 1024

memory.return_freed_memory()
shape, is_whole = Input(**json.loads(sys.argv[2])), sys.argv[3] == "whole"
encoded = pathlib.Path(sys.argv[1]).read_bytes()
boxes = [Box(0, 0, 1e6, 1e6), Box(10, 10, 99, 99)]
reserved = []

def reserve(needed):
    reserved.append(needed)
    pathlib.Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    reserved.append(status("VmRSS"))
    return memory_budget.UNLIMITED.reserve(needed)

limits = 50_000_000, reserve, tuple(formats.NAMES)
with region.decoded(encoded, boxes, shape, *limits, is_whole=is_whole) as decoded:
    for box in boxes:
        part = region.Region(decoded, box)
        image = part.whole() if is_whole else None
        part.prepared(shape, 50_000_000)
print(json.dumps([reserved[0], status("VmHWM") - reserved[1]]))
"""


@functools.cache
def picture(
    mode: str, form: str, orientation: int, sides: tuple[int, int], **options: Any
) -> bytes:
    """A picture of one colour: large once it is decoded, and small before."""
    exif, out = Image.Exif(), io.BytesIO()
    exif[0x0112] = orientation
    Image.new(mode, sides).save(out, form, exif=exif, **options)
    return out.getvalue()


@pytest.mark.skipif(sys.platform != "linux", reason="/proc says what a process takes")
@BY_KIND
@pytest.mark.parametrize(("orientation", "channels"), [(1, 3), (6, 3), (6, 4)])
def test_a_picture_takes_no_more_than_was_reckoned_and_not_much_less(
    mode: str,
    form: str,
    options: dict[str, Any],
    orientation: int,
    channels: int,
    tmp_path: Path,
) -> None:
    content = picture(mode, form, orientation, (SIDE // 2, SIDE // 2), **options)
    shape = Input((224, 224), 256, "bicubic", (0.5,), (0.5,), channels)
    needed, taken = measured(content, shape, tmp_path)
    assert 0.5 * needed < taken < needed + (4 << 20), "the last is the codec's code"


@pytest.mark.skipif(sys.platform != "linux", reason="/proc says what a process takes")
@BY_KIND
@pytest.mark.parametrize("kept", ["part", "whole"])
def test_parts_of_a_picture_take_no_more_than_was_reckoned(
    mode: str, form: str, options: dict[str, Any], kept: str, tmp_path: Path
) -> None:
    content = picture(mode, form, 6, (SIDE // 2, SIDE // 2), **options)
    shape = Input((224, 224), 256, "bicubic", (0.5,) * 3, (0.5,) * 3)
    needed, taken = measured(content, shape, tmp_path, MEASURE_PARTS, kept)
    assert 0.3 * needed < taken < needed + (4 << 20), "the last is the codec's code"


@pytest.mark.skipif(sys.platform != "linux", reason="/proc says what a process takes")
@pytest.mark.parametrize("fit", ["crop", "squash", "letterbox"])
@pytest.mark.parametrize("size", [(1024, 64), (64, 1024)])
@pytest.mark.parametrize(
    ("mode", "form", "sides"),
    [("RGBA", "PNG", (12_000, 1000)), ("RGB", "JPEG", (1000, 12_000)), ("L", "WEBP", (9000, 1300))],
)
@pytest.mark.parametrize("orientation", [1, 6])
def test_no_fit_takes_more_than_was_reckoned(
    fit: str,
    size: tuple[int, int],
    mode: str,
    form: str,
    sides: tuple[int, int],
    orientation: int,
    tmp_path: Path,
) -> None:
    content = picture(mode, form, orientation, sides)
    shape = Input(size, None, "bicubic", (0.5,) * 3, (0.5,) * 3, fit=fit, pad=(114,) * 3)
    needed, taken = measured(content, shape, tmp_path)
    assert taken < needed + (4 << 20), "the last is the codec's code"


def measured(
    content: bytes, shape: Input, folder: Path, script: str = MEASURE, *arguments: str
) -> tuple[int, int]:
    """The bytes that decoding a picture was reckoned to take, and those that it took."""
    file = folder / "picture"
    file.write_bytes(content)
    fields = json.dumps(dataclasses.asdict(shape), allow_nan=False)
    command = [sys.executable, "-c", script, str(file), fields, *arguments]
    needed, taken = json.loads(subprocess.check_output(command, cwd=stack.ROOT))
    return needed, taken


@pytest.mark.skipif(sys.platform != "linux", reason="/proc says what a process takes")
def test_large_pictures_at_once_stay_within_a_containers_memory(state: Path) -> None:
    at = f"127.0.0.1:{stack.free_port()}"
    folder = processes.artifact(state / "artifacts")
    environ = {
        "PASSERELLE_DECODE_MEMORY": str(DECODE_MEMORY),
        "PASSERELLE_FORMATS": ",".join(formats.NAMES),
        "PASSERELLE_INFERENCE_THREADS": "2",
    }
    with processes.service(folder, at, environ=environ) as child:
        stack.wait_for(lambda: requests.get(f"http://{at}/health/ready", timeout=5).ok, 30)
        predict = functools.partial(
            requests.post, f"http://{at}/model/{processes.LITE0}/predict", timeout=60
        )
        for mode, form, options in KINDS + [each for each in MORE_KINDS if each[1] != "BMP"]:
            bodies = [picture(mode, form, turn, (SIDE, SIDE), **options) for turn in (1, 6)] * 2
            with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
                answers = list(pool.map(predict, bodies))
            assert [each.status_code for each in answers] == [200] * AT_ONCE
            assert peak(stack.children(child.pid)[0]) < LIMIT, (mode, form)


def peak(pid: int) -> int:
    """The most bytes that a process ever had in memory."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1]) * 1024
