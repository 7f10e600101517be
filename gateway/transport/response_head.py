"""What is refused in the head of a service's response, beside what its parser refuses.

httptools keeps to the grammar: two lengths, a length beside chunks, folded lines, bare line feeds.
"""

from gateway.transport.messages import BrokenError

_VERSIONS = ("1.0", "1.1")
_SWITCHING = 101  # of protocols, which nobody asked for


def check(status: int, version: str, coding: str | None) -> None:
    """Return only if a response of this status, version and Transfer-Encoding can be one.

    A coding other than chunks alone would be passed on as if it were the content's, or end where
    nobody knows. Nobody asked for one (RFC 9112, section 7.4).

    Raises:
        BrokenError
    """
    if version not in _VERSIONS or not 100 <= status <= 599 or status == _SWITCHING:
        raise BrokenError(f"this is no response of HTTP/1.1: {status} of HTTP/{version}")
    if coding is not None and (version == "1.0" or coding.lower() != "chunked"):
        raise BrokenError("the response has a Transfer-Encoding that nobody asked for")
