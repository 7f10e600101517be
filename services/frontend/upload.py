"""Reading a form with a picture in it."""

import base64
import binascii
import dataclasses
import io

import flask
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.formparser import FormDataParser

from services.frontend import errors

MAX_EMBEDDED = 4_000_000  # bytes of a picture that goes back into the page, to be sent once more
MAX_FIELDS = 100_000  # bytes of a form beside its pictures
MAX_BESIDE = MAX_FIELDS + MAX_EMBEDDED * 4 // 3  # the same in base64: of three bytes, four
MEDIA_TYPES = {
    b"\xff\xd8": "image/jpeg", b"\x89P": "image/png", b"RI": "image/webp",
    b"GI": "image/gif", b"BM": "image/bmp",
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Picture:
    """An encoded picture and its file's name."""

    content: bytes
    name: str

    @property
    def base64(self) -> str:
        """The picture to embed in the page; empty if it is too large for that."""
        return base64.b64encode(self.content).decode() if len(self.content) <= MAX_EMBEDDED else ""

    @property
    def address(self) -> str:
        """The picture as an address that holds it; empty if it is too large for that."""
        return f"data:{self.media_type};base64,{self.base64}" if self.base64 else ""

    @property
    def media_type(self) -> str:
        """What the picture's first bytes say it is."""
        return MEDIA_TYPES.get(self.content[:2], "application/octet-stream")


@dataclasses.dataclass(frozen=True)
class Form:
    """A form that was sent: its fields, and its picture if there is one."""

    fields: MultiDict[str, str]
    picture: Picture | None


def limited(content: bytes, max_bytes: int) -> bytes:
    """A picture that was sent as it is, of at most so many bytes.

    Raises:
        PageError
    """
    if len(content) > max_bytes:
        raise errors.from_status(413)
    return content


def read_form(content: bytes, request: flask.Request, max_picture: int) -> Form:
    """A request's body as a form whose picture has at most `max_picture` bytes.

    Raises:
        PageError: not a form, or a picture that is too large.
    """
    parser = FormDataParser(
        stream_factory=_in_memory, max_form_memory_size=MAX_BESIDE, silent=False
    )
    try:
        _, fields, files = parser.parse(
            io.BytesIO(content), request.mimetype, len(content), request.mimetype_params
        )
    except ValueError:
        raise errors.from_status(400) from None
    new = [_read(file) for file in files.getlist("image")]
    return Form(fields, _find_picture([each for each in new if each.content], fields, max_picture))


def _read(file: FileStorage) -> Picture:
    """A file of a form. Where none was chosen a browser sends an empty one."""
    return Picture(file.stream.read(), file.filename or "")


def _find_picture(
    new: list[Picture], fields: MultiDict[str, str], max_bytes: int
) -> Picture | None:
    """The form's new picture, or the one that was embedded in the page."""
    if len(new) > 1:
        raise errors.several_pictures()
    if new:
        limited(new[0].content, max_bytes)
        return new[0]
    try:
        content = base64.b64decode(fields.get("kept", ""), validate=True)
    except (binascii.Error, ValueError):
        raise errors.from_status(400) from None
    return Picture(content, fields.get("kept_name", "")) if content else None


def _in_memory(*_: object, **__: object) -> io.BytesIO:
    """Where a file of a form goes: never to the disk, which may be read-only."""
    return io.BytesIO()
