"""What is no JSON: a picture, a text or a file, as somebody else's service answers it."""

import base64

from flask_babel import gettext as _

from services.frontend import language
from services.frontend.findings.findings import Findings
from services.frontend.table import Table

MAX_EMBEDDED = 4_000_000  # bytes that go into the page; curl gets more
MAX_CHARACTERS = 20_000  # of a text, on the page
PICTURES = {f"image/{each}" for each in ("avif", "gif", "jpeg", "png", "svg+xml", "webp")}
TEXTS = ("text/", "application/xml", "application/yaml")  # what their media types begin with
UNKNOWN = "application/octet-stream"


class Content(Findings):
    """A body, and what it says that it is."""

    kind = "content"

    media_type: str
    content: bytes

    @property
    def headline(self) -> str:
        """What it is, and how large."""
        size, kind = language.number(len(self.content)), self.media_type or UNKNOWN
        return str(_("%(size)s bytes of %(kind)s", size=size, kind=kind))

    @property
    def table(self) -> Table:
        """One row, which says what it is."""
        return Table(["media_type", "bytes"], [[self.media_type, len(self.content)]])

    @property
    def is_picture(self) -> bool:
        """Whether browsers show it."""
        return self.media_type in PICTURES

    @property
    def text(self) -> str:
        """What can be read of it, or its beginning; empty where it is no text."""
        if not self.media_type.startswith(TEXTS):
            return ""
        begin = self.content[: 4 * MAX_CHARACTERS].decode(errors="replace")
        return begin if len(begin) <= MAX_CHARACTERS else begin[:MAX_CHARACTERS] + " …"

    @property
    def address(self) -> str:
        """An address that holds it; empty where it is too large for the page.

        It names itself a picture only where it is shown as one: a browser runs what else it may be.
        """
        if len(self.content) > MAX_EMBEDDED:
            return ""
        kind = self.media_type if self.is_picture else UNKNOWN
        return f"data:{kind};base64,{base64.b64encode(self.content).decode()}"
