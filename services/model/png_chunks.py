"""PNG pictures are read by the chunks that make them; all others are skipped.

Editors write megabytes of text and of colour profiles, and 70 kB of compressed text become 256 MiB
in Pillow: more than a picture of 50 million pixels takes, and before anything is known of the
picture. As in browsers, what is wrong with a chunk that is skipped is no fault of the picture, and
of an animation the picture is shown that stands for it.
"""

import struct

from PIL import PngImagePlugin

NEEDED = {b"IHDR", b"PLTE", b"IDAT", b"IEND"}
USED = {b"tRNS", b"eXIf"}  # if they are well formed
TEXTS = {b"tEXt", b"zTXt", b"iTXt"}
KEYWORDS = {b"exif", b"Raw profile type exif", b"XML:com.adobe.xmp"}  # where Pillow finds EXIF
MAX_KEYWORD = 80  # bytes, with the zero behind it
MAX_TEXT = 4 << 20  # bytes of a text that is read all the same
GREYS = {"L;2": 85, "L;4": 17}  # what a grey of fewer bits is multiplied by
MALFORMED = (ValueError, IndexError, struct.error)  # and more text than Pillow takes
ANCILLARY = 0x20  # the bit of a chunk's first letter that says: a picture is one without it


class Stream(PngImagePlugin.PngStream):
    """Pillow's reader of chunks, which reads those that are needed."""

    def call(self, cid: bytes, pos: int, length: int) -> bytes:
        """Read the chunk. Of one that is skipped there are no bytes, as nobody needs them."""
        if cid in NEEDED:
            return super().call(cid, pos, length)
        if cid in USED or (cid in TEXTS and self._may_turn(pos, length)):
            try:
                return super().call(cid, pos, length)
            except MALFORMED:
                pass
        self._skip(pos, length)
        return b""

    def chunk_tRNS(self, pos: int, length: int) -> bytes:  # noqa: N802  # Pillow's name
        """The transparent colour, in 8 bits as the pixels will be."""
        content = super().chunk_tRNS(pos, length)
        if self.im_rawmode in GREYS:
            self.im_info["transparency"] *= GREYS[self.im_rawmode]
        if self.im_rawmode == "RGB;16B":
            self.im_info["transparency"] = tuple(v >> 8 for v in self.im_info["transparency"])
        return content

    def crc(self, cid: bytes, data: bytes) -> None:
        """Look at the checksum of what makes the picture; leave the others'."""
        if cid[0] & ANCILLARY:
            self.crc_skip(cid, data)
        else:
            super().crc(cid, data)

    def _may_turn(self, pos: int, length: int) -> bool:
        """Whether a text may say how the picture is turned."""
        if self.fp is None or length > MAX_TEXT:
            return False
        keyword = self.fp.read(min(length, MAX_KEYWORD)).partition(b"\0")[0]
        self.fp.seek(pos)
        return keyword in KEYWORDS

    def _skip(self, pos: int, length: int) -> None:
        """Go to the chunk's end.

        Raises:
            OSError: the picture ends before.
        """
        if self.fp is None:
            raise OSError("the picture was closed")
        self.fp.seek(max(pos + length - 1, pos))
        if length and not self.fp.read(1):
            raise OSError("the picture was cut short")


def install() -> None:
    """Have Pillow read PNG pictures so, in this process."""
    PngImagePlugin.PngStream = Stream  # type: ignore[misc]  # Pillow has no place to say so
