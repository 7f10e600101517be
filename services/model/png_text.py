"""PNG pictures' texts are skipped, but for those that may say how a picture is turned.

Editors write megabytes of them, and 70 kB of compressed text become 256 MiB in Pillow: more than a
picture of 50 million pixels takes, and before anything is known of the picture.
"""

from collections.abc import Callable

from PIL import PngImagePlugin

CHUNKS = ("tEXt", "zTXt", "iTXt")
KEYWORDS = {b"exif", b"Raw profile type exif", b"XML:com.adobe.xmp"}  # where Pillow finds EXIF
MAX_LENGTH = 4 << 20  # bytes of a chunk that is read all the same

Reader = Callable[[PngImagePlugin.PngStream, int, int], bytes]  # stream, position, length


def skip() -> None:
    """Have Pillow skip texts, in this process."""
    for name in CHUNKS:
        method = f"chunk_{name}"
        read = getattr(PngImagePlugin.PngStream, method)
        setattr(PngImagePlugin.PngStream, method, skipping(read))


def skipping(read: Reader) -> Reader:
    """A chunk's reader that gives the bytes for the checksum, and leaves most texts at that."""

    def chunk(stream: PngImagePlugin.PngStream, position: int, length: int) -> bytes:
        if stream.fp is None:
            raise OSError("the picture was closed")
        content = stream.fp.read(length)
        if len(content) < length:
            raise OSError("the picture was cut short")
        if length <= MAX_LENGTH and content.partition(b"\0")[0] in KEYWORDS:
            stream.fp.seek(position)
            return read(stream, position, length)
        return content

    return chunk
