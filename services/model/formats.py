"""The formats of pictures that a service reads: a setting, of those that this Pillow can read."""

from PIL import Image, features

# By the word of the setting: the name in Pillow, and in sentences.
NAMES = {
    "jpeg": ("JPEG", "JPEG"),
    "png": ("PNG", "PNG"),
    "webp": ("WEBP", "WebP"),
    "avif": ("AVIF", "AVIF"),
    "bmp": ("BMP", "BMP"),
    "gif": ("GIF", "GIF"),
    "tiff": ("TIFF", "TIFF"),
}
DEFAULT = ("jpeg", "png", "webp")
CODECS = {"jpeg": "jpg", "png": "zlib", "webp": "webp", "avif": "avif", "tiff": "libtiff"}


def available() -> tuple[str, ...]:
    """The words of the formats that this Pillow reads."""
    Image.init()
    return tuple(
        word
        for word, (name, _) in NAMES.items()
        if name in Image.OPEN and (word not in CODECS or features.check(CODECS[word]))
    )


def of_pillow(formats: tuple[str, ...]) -> tuple[str, ...]:
    """Pillow's names of these formats."""
    return tuple(NAMES[word][0] for word in formats)


def listed(formats: tuple[str, ...], last: str = "and") -> str:
    """The formats in a sentence: "JPEG, PNG and WebP"."""
    *names, final = (NAMES[word][1] for word in formats)
    return f"{', '.join(names)} {last} {final}" if names else final
