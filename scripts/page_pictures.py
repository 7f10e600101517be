"""Takes the pictures of the page in docs/pictures, with the default models and the examples'.

    .ci/browser
    .venv/bin/python -m scripts.page_pictures

Photographs are scikit-image's, which are free of copyright, and scikit-learn's.
"""

import io
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sklearn.datasets
from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Browser, Page

from tests.support import browser as chrome
from tests.support import stack

FOLDER = stack.ROOT / "docs" / "pictures"
STATE = stack.ROOT / ".passerelle"  # where bakes are kept
COLOURS = 256  # of a picture, which makes it a third as large
DONE = ".answer[data-state=done], .answer[data-state=failed]"
MAX_HEIGHT = 1760  # of a picture, in pixels
EXAMPLES = stack.ROOT / "examples"
TEXT_MAP = """
  - id: text-map
    title: PP-OCR, which pixels are text
    task: segmentation
    architecture: onnx
    weights: package:rapidocr/models/PP-OCRv6_det_small.onnx
    input: {size: 640, fit: letterbox, channels: bgr, mean: 0.5, std: 0.5}
    labels: [background, text]

"""
PHONE = {
    "viewport": {"width": 390, "height": 844}, "device_scale_factor": 1.5, "is_mobile": True,
    "has_touch": True,
}  # fmt: skip

Picture = tuple[str, bytes]  # a file's name and its content


def main() -> None:
    """Run the models, and take every picture, or those that are named."""
    with (
        tempfile.TemporaryDirectory() as name,
        chrome.chromium() as browser,
        stack.running(manifest(Path(name)), STATE) as up,
    ):
        take_all(browser, up.page, FOLDER, sys.argv[1:])


def manifest(folder: Path) -> Path:
    """The default models and those of two examples, in a folder."""
    shutil.copy(EXAMPLES / "text" / "lines.py", folder)
    path = folder / "models.yaml"
    default = (stack.ROOT / "models.yaml").read_text()
    text, embedding = EXAMPLES / "text" / "models.yaml", EXAMPLES / "embedding.yaml"
    path.write_text(f"{default}\n{entries(text)}{TEXT_MAP}{entries(embedding)}")
    return path


def entries(manifest: Path) -> str:
    """The models of a manifest, as they are written."""
    return manifest.read_text().partition("\nmodels:\n")[2]


def take_all(browser: Browser, url: str, folder: Path, names: Sequence[str]) -> None:
    """Each picture, or those that are named, by its file's name in a folder."""
    cat, rocket, sign = photograph("chelsea.png"), photograph("rocket.jpg"), signboard()
    lite0 = "efficientnet-lite0"
    all_lite = [lite0, f"{lite0}-int8", "efficientnet-lite1", "efficientnet-lite2"]
    shots: dict[str, tuple[str, list[str], list[Picture], dict[str, Any]]] = {
        "ask": ("/", [lite0], [cat, rocket], {}),
        "detection": ("/", ["text"], [sign], {}),
        "segmentation": ("/", ["text-map"], [sign], {}),
        "embedding": ("/", ["embedder"], alike(), {}),
        "compare-dark": ("/compare", all_lite, [cat], {"color_scheme": "dark"}),
        "phone": ("/", ["text"], [sign], PHONE),
        "error-fr": ("/", [lite0], [("notes.txt", b"no picture")], {"locale": "fr-FR"}),
        "status": ("/status", [], [], {}),
    }
    for name in names or shots:
        path, models, pictures, options = shots[name]
        size = {"viewport": {"width": 1280, "height": 720}}
        with chrome.visitor(browser, url + path, **{**size, **options}) as page:
            ask(page, models, pictures)
            if name == "ask":
                page.locator("summary").first.click()  # where the time went
                page.evaluate("scrollTo(0, 0)")
            if name == "phone":
                page.evaluate("document.querySelector('.tools').scrollIntoView()")
            save(page, folder / f"{name}.png", is_whole=name != "phone")


def ask(page: Page, models: list[str], pictures: list[Picture]) -> None:
    """Give pictures to models, and wait for the answers."""
    for each in models:
        page.check(f"[value={each}]")
    for name, content in pictures:
        chrome.drop(page, name, content)
    if pictures:
        page.locator(DONE).nth(len(models) * len(pictures) - 1).wait_for()
    page.wait_for_timeout(500)  # until all is drawn


def save(page: Page, file: Path, *, is_whole: bool) -> None:
    """The page, or what its window shows, as a PNG of few colours. A long one is cut off."""
    shown = Image.open(io.BytesIO(page.screenshot(full_page=is_whole))).convert("RGB")
    shown = shown.crop((0, 0, shown.width, min(shown.height, MAX_HEIGHT)))
    shown.quantize(COLOURS, kmeans=3).save(file, optimize=True)


def photograph(name: str) -> Picture:
    """One of the pictures that bakes are checked with."""
    return name, (stack.PICTURES / name).read_bytes()


def signboard() -> Picture:
    """A photograph with lines of text drawn on it."""
    image = Image.open(stack.PICTURES / "coffee.png").convert("RGB")
    draw = ImageDraw.Draw(image)
    lines = {(24, 18): (46, "Coffee at the footbridge"), (26, 74): (26, "open from 8 to 19"),
             (436, 352): (24, "Espresso 2.40")}  # fmt: skip
    for place, (size, text) in lines.items():
        font = ImageFont.load_default(size)
        draw.text(place, text, fill="white", font=font, stroke_width=1, stroke_fill="black")
    return "coffee.jpg", encoded(image)


def alike() -> list[Picture]:
    """Two parts of each of two photographs, and two others."""
    china = Image.fromarray(sklearn.datasets.load_sample_image("china.jpg"))
    flower = Image.fromarray(sklearn.datasets.load_sample_image("flower.jpg"))
    cat = Image.open(stack.PICTURES / "chelsea.png").convert("RGB")
    return [
        ("flower.jpg", encoded(flower)),
        photograph("coffee.png"),
        ("cat, left.jpg", encoded(cat.crop((0, 0, 330, 300)))),
        ("cat, right.jpg", encoded(cat.crop((110, 0, 451, 300)))),
        ("temple, left.jpg", encoded(china.crop((0, 60, 400, 400)))),
        ("temple, right.jpg", encoded(china.crop((220, 60, 640, 400)))),
    ]


def encoded(image: Image.Image) -> bytes:
    """A picture as a JPEG."""
    content = io.BytesIO()
    image.save(content, "JPEG", quality=92)
    return content.getvalue()


if __name__ == "__main__":
    main()
