"""A picture upright, as its EXIF orientation says, whole or a part at a time."""

from PIL import ExifTags, Image

from services.model.resize import Box, Size

Turn = Image.Transpose | None  # None where the picture is stored upright

TURNS = {  # by EXIF orientation
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# What a turn does to an upright picture's axes, so that they become the stored one's: those in
# _MIRRORS_X run from right to left, those in _MIRRORS_Y from bottom to top, and then those in
# _SWAPS change places.
_MIRRORS_X = {
    Image.Transpose.FLIP_LEFT_RIGHT,
    Image.Transpose.ROTATE_180,
    Image.Transpose.ROTATE_270,
    Image.Transpose.TRANSVERSE,
}
_MIRRORS_Y = {
    Image.Transpose.FLIP_TOP_BOTTOM,
    Image.Transpose.ROTATE_180,
    Image.Transpose.ROTATE_90,
    Image.Transpose.TRANSVERSE,
}
_SWAPS = {
    Image.Transpose.TRANSPOSE,
    Image.Transpose.ROTATE_90,
    Image.Transpose.ROTATE_270,
    Image.Transpose.TRANSVERSE,
}


MAX_EXIF = 1 << 20  # bytes


def limit_exif() -> None:
    """Have Pillow look at no EXIF that is larger than any camera's, in this process.

    It makes an object of each value that it looks at, some of them as soon as a file is opened:
    20 MB of EXIF would be 600 MB of numbers.
    """
    load = Image.Exif.load

    def limited(exif: Image.Exif, data: bytes) -> None:
        if len(data) <= MAX_EXIF:
            load(exif, data)

    Image.Exif.load = limited  # type: ignore[assignment,method-assign]  # Pillow has no place to say so


def turn_of(image: Image.Image) -> Turn:
    """How the picture must be turned; not at all where that can't be read.

    Only that one tag is looked at: a picture whose other tags are odd is a picture all the same.
    A TIFF is turned by Pillow itself.

    Raises:
        As Pillow's decoder, for a PNG.
    """
    if image.format == "TIFF":
        return None
    if image.format == "PNG":
        image.load()  # EXIF may stand behind the pixels, whose errors aren't to be swallowed
    try:
        return TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:
        return None


def upright_size(size: Size, turn: Turn) -> Size:
    """The width and the height of a picture once it is turned, or before, if it was."""
    return size[::-1] if turn in _SWAPS else size


def upright(image: Image.Image, turn: Turn) -> Image.Image:
    """The picture, turned."""
    return image if turn is None else image.transpose(turn)


def stored_box(size: Size, turn: Turn, box: Box) -> Box:
    """Where a box of the turned picture lies in the stored one, which has that size."""
    left, top, right, bottom = box
    width, height = upright_size(size, turn)
    if turn in _MIRRORS_X:
        left, right = width - right, width - left
    if turn in _MIRRORS_Y:
        top, bottom = height - bottom, height - top
    if turn in _SWAPS:
        left, top, right, bottom = top, left, bottom, right
    return left, top, right, bottom


def upright_part(image: Image.Image, turn: Turn, box: Box) -> Image.Image:
    """A part of the turned picture, without turning the rest. The box is of whole pixels."""
    left, top, right, bottom = stored_box(image.size, turn, box)
    return upright(image.crop((left, top, right, bottom)), turn)
