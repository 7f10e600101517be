"""How a client tells where the parts of an answer end: RFC 9112, section 6.

nothing   HEAD, 204 and 304 have no body, whatever the headers say of one
length    the headers state it; what is sent is counted
chunks    otherwise, in HTTP/1.1
close     otherwise: the end of the connection is that of the body
"""

from collections.abc import Iterable

WITHOUT_BODY = (204, 304)  # statuses


class ResponseFraming:
    """The framing of one answer's body, and what of it is still to come."""

    def __init__(
        self, method: str, status: int, version: str, headers: Iterable[tuple[bytes, bytes]]
    ) -> None:
        lengths = [int(value) for name, value in headers if name.lower() == b"content-length"]
        self.has_body = method != "HEAD" and status not in WITHOUT_BODY
        self._left = lengths[0] if lengths and self.has_body else None  # bytes; None: not stated
        self.is_chunked = self.has_body and self._left is None and version == "1.1"
        self.ends_by_close = self.has_body and self._left is None and version == "1.0"

    @property
    def headers(self) -> list[bytes]:
        """The lines that say so, beside a stated length."""
        return [b"Transfer-Encoding: chunked"] if self.is_chunked else []

    def encode(self, part: bytes) -> tuple[bytes, ...]:
        """A part as it is sent.

        Raises:
            ValueError: it goes beyond the length that was stated.
        """
        if not part or not self.has_body:
            return ()
        if self.is_chunked:
            return (b"%x\r\n" % len(part), part, b"\r\n")
        if self._left is not None:
            self._left -= len(part)
            if self._left < 0:
                raise ValueError("more than the stated length")
        return (part,)

    def end(self) -> tuple[bytes, ...]:
        """What is sent behind the last part.

        Raises:
            ValueError: parts are missing of the length that was stated.
        """
        if self._left:
            raise ValueError("less than the stated length")
        return (b"0\r\n\r\n",) if self.is_chunked else ()
