"""The JPEG files that a benchmark sends: a folder of the user's, or the project's own three."""

from pathlib import Path

from PIL import Image

import services.bake

OWN = Path(services.bake.__file__).parent / "pictures"
WIDTH, QUALITY = 500, 90  # pixels; of a JPEG


def files(folder: Path | None, scratch: Path) -> list[str]:
    """The JPEG files of a folder; the project's own, written to `scratch`, where none is given."""
    return jpegs(folder) if folder else own(scratch)


def jpegs(folder: Path) -> list[str]:
    """The JPEG files of a folder, by name."""
    found = [str(path) for path in folder.iterdir() if path.suffix.lower() in (".jpg", ".jpeg")]
    if not found:
        raise SystemExit(f"{folder} holds no .jpg or .jpeg file; name a folder that does.")
    return sorted(found)


def own(scratch: Path) -> list[str]:
    """The project's own pictures as JPEGs, as wide as one on a web page."""
    for path in (*OWN.glob("*.jpg"), *OWN.glob("*.png")):
        with Image.open(path) as image:
            height = round(image.height * WIDTH / image.width)
            small = image.convert("RGB").resize((WIDTH, height))
        small.save(scratch / f"{path.stem}.jpg", quality=QUALITY)
    return jpegs(scratch)
