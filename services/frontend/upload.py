"""Reading what a visitor sends: a picture as the body, or a form with one in it."""

import base64
import binascii
import dataclasses
import io

import flask
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.formparser import FormDataParser

from passerelle.server import request_body
from services.frontend import errors

KEPT = 4_000_000  # bytes of a picture that a page carries along, so that it needn't be chosen again
AROUND = 100_000  # bytes of a form beside its pictures
TYPES = {b"\xff\xd8": "image/jpeg", b"\x89P": "image/png", b"RI": "image/webp"}


@dataclasses.dataclass(frozen=True)
class Picture:
    """An encoded picture and its file's name."""

    content: bytes
    name: str

    @property
    def kept(self) -> str:
        """The picture as base64, to go back into the page; nothing if it is too large for that."""
        return base64.b64encode(self.content).decode() if len(self.content) <= KEPT else ""

    @property
    def media_type(self) -> str:
        """What the picture's first bytes say it is."""
        return TYPES.get(self.content[:2], "application/octet-stream")


@dataclasses.dataclass(frozen=True)
class Form:
    """A form that was sent: its fields, and its picture if there is one."""

    fields: MultiDict[str, str]
    picture: Picture | None


def form(request: flask.Request, limit: int) -> Form:
    """A form whose picture has at most `limit` bytes.

    Raises:
        problems.Problem: as `body.read`.
        refusals.Refusal: not a form.
    """
    room = limit + AROUND + KEPT * 4 // 3
    content = request_body.read(request, room)
    parser = FormDataParser(
        stream_factory=in_memory, max_form_memory_size=KEPT * 4 // 3 + AROUND, silent=False
    )
    try:
        _, fields, files = parser.parse(
            io.BytesIO(content), request.mimetype, len(content), request.mimetype_params
        )
    except ValueError:
        raise errors.of(400) from None
    return Form(fields, picture(files.get("image"), fields, limit))


def picture(file: FileStorage | None, fields: MultiDict[str, str], limit: int) -> Picture | None:
    """The form's new picture, or the one that the page carried along."""
    content = file.stream.read() if file else b""
    if file and content:
        if len(content) > limit:
            raise errors.of(413)
        return Picture(content, file.filename or "")
    try:
        content = base64.b64decode(fields.get("kept", ""), validate=True)
    except (binascii.Error, ValueError):
        raise errors.of(400) from None
    return Picture(content, fields.get("kept_name", "")) if content else None


def in_memory(*_: object, **__: object) -> io.BytesIO:
    """Where a file of a form goes: never to the disk, which may be read-only."""
    return io.BytesIO()
