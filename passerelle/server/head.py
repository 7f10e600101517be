"""The head of a request: its line and headers, and what is refused in them, with the reason.

httptools, which wraps the parser of Node.js, keeps to RFC 9112's grammar and framing: two lengths,
a length beside chunks, folded lines, bare line feeds. What is left to say is here, and of the
address in request_target.py.
"""

import dataclasses
import re
import secrets

from passerelle.protocol import problems
from passerelle.protocol.problems import Problem
from passerelle.server import log, problem_responses

MAX_URL = 8_000  # bytes
MAX_HEAD = 65_536  # bytes of the line and all headers
MAX_HEADERS = 100
MAX_LENGTH_DIGITS = 18  # of a Content-Length, so that it fits 64 bits with their sign
ONCE = (b"authorization", b"content-type", b"x-api-key")  # of which servers take one or another
# Fields that mean something before a body and can't mean it after: RFC 9110, section 6.5.1.
NO_TRAILERS = frozenset({
    b"authorization", b"cache-control", b"connection", b"content-encoding", b"content-length",
    b"content-range", b"content-type", b"cookie", b"expect", b"forwarded", b"host", b"keep-alive",
    b"max-forwards", b"pragma", b"proxy-authorization", b"range", b"te", b"trailer",
    b"transfer-encoding", b"upgrade", b"via", b"x-api-key", b"x-request-id",
})  # fmt: skip

_VERSIONS = ("1.0", "1.1")


@dataclasses.dataclass(slots=True)
class Head:
    """As far as it has arrived; names in lower case, as ASGI wants them."""

    url: bytes = b""
    headers: list[tuple[bytes, bytes]] = dataclasses.field(default_factory=list)
    size: int = 0  # bytes of the headers

    def add(self, name: bytes, value: bytes) -> None:
        """A header. The parser has left white space behind its value.

        It takes a coding with a tab behind it for another, which `check` is to see.
        """
        key = name.lower()
        ended = value.rstrip(b" ") if key == b"transfer-encoding" else value.rstrip()
        self.headers.append((key, ended))
        self.size += len(name) + len(value)

    def get(self, name: bytes) -> list[bytes]:
        """All values of a header."""
        return [value for key, value in self.headers if key == name]

    def without_upgrade(self, method: bytes, version: str) -> bytes:
        """It as it was sent, but for the wish to speak another protocol."""
        lines = [b"%s %s HTTP/%s" % (method, self.url, version.encode())]
        lines += [name + b": " + value for name, value in self.headers if name != b"upgrade"]
        return b"\r\n".join([*lines, b"", b""])


class RefusedError(Exception):
    """A head that isn't answered by the application."""

    def __init__(self, status: int, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.problem = Problem(detail, headers)
        self.problem.status = status

    def encoded(self) -> bytes:
        """The last thing that a connection says; it is in the log, too."""
        problem, request_id = self.problem, secrets.token_hex(16)
        log.write(
            "INFO", f"refused request {problem.status}", status=problem.status,
            reason=problem.detail, request_id=request_id,
        )  # fmt: skip
        made = problem_responses.response(problem, "", request_id)
        status = f"HTTP/1.1 {problem.status} {problems.title(problem.status)}"
        lines = [status, "Connection: close"]
        lines += [f"{name}: {value}" for name, value in made.headers]
        lines += [f"Content-Length: {len(made.body)}", f"X-Request-ID: {request_id}", "", ""]
        return "\r\n".join(lines).encode("latin-1") + made.body


def check(head: Head, version: str) -> None:
    """Return only if the head of a request of this HTTP version can be answered.

    Raises:
        RefusedError
    """
    if version not in _VERSIONS:
        raise RefusedError(505, f"HTTP/{version} is not spoken here. Use HTTP/1.1.")
    check_size(head, head.size)
    hosts = head.get(b"host")
    if len(hosts) > 1 or (version == "1.1" and not hosts):
        raise RefusedError(400, "Send exactly one Host header.")
    check_names([name for name, _ in head.headers])
    lengths = head.get(b"content-length")
    if lengths and len(lengths[0]) > MAX_LENGTH_DIGITS:
        raise RefusedError(413, f"No body may have {_shown(lengths[0])} bytes. Send a smaller one.")
    codings = head.get(b"transfer-encoding")
    if codings and (version == "1.0" or len(codings) > 1):
        raise RefusedError(400, "Send one Transfer-Encoding, and HTTP/1.1.")
    if codings and codings[0].lower() != b"chunked":
        raise RefusedError(501, f"Transfer-Encoding {_shown(codings[0])} is unknown. Use chunked.")
    expectations = head.get(b"expect")
    if expectations and [each.lower() for each in expectations] != [b"100-continue"]:
        raise RefusedError(417, f"Expect: {_shown(expectations[0])} can't be met. Leave it out.")


def check_names(names: list[bytes]) -> None:
    """Return only if others take headers of these names for what they are here.

    Raises:
        RefusedError
    """
    for name in names:
        if b"_" in name:
            raise underscore(name)
    for name in ONCE:
        if names.count(name) > 1:
            raise RefusedError(400, f"Send {_shown(name)} once.")


def underscore(name: bytes) -> RefusedError:
    """A header of which nobody can say what others take it for."""
    return RefusedError(
        400,
        f"The header {_shown(name)} has an underscore in its name, which other servers "
        "take for a dash or drop. Spell it with dashes, or leave it out.",
    )


def check_trailer(name: bytes) -> None:
    """Return only if a field may stand behind a body, where it is read and dropped.

    Raises:
        RefusedError
    """
    if b"_" in name:
        raise underscore(name)
    if (lower := name.lower()) in NO_TRAILERS or lower.startswith(b"x-forwarded-"):
        raise RefusedError(400, f"{_shown(name)} comes too late behind the body. Send it before.")


def check_size(head: Head, received: int) -> None:
    """Return only if a head that is not yet complete, of so many bytes so far, isn't too large.

    Raises:
        RefusedError
    """
    if len(head.url) > MAX_URL:
        raise RefusedError(414, f"The address is longer than {MAX_URL:,} bytes.")
    if received > MAX_HEAD or len(head.headers) > MAX_HEADERS:
        raise RefusedError(
            431, f"The headers are more than {MAX_HEADERS}, or longer than {MAX_HEAD:,} bytes."
        )


def overhead() -> RefusedError:
    """A body most of whose bytes aren't its own."""
    return RefusedError(
        400, "The body has more chunk extensions or trailers than are read. Send it without them."
    )


def late() -> RefusedError:
    """A head of which only a part came, however long it was waited for."""
    return RefusedError(408, "The headers did not arrive in time. Send them at once.")


def busy() -> RefusedError:
    """Whatever came, on a connection more than there may be."""
    return RefusedError(
        503, "Too many connections are open. Try again shortly.", {"Retry-After": "1"}
    )


def malformed(reason: str) -> RefusedError:
    """A request that the parser gave up, with the parser's reason."""
    return RefusedError(400, f"The request is not well-formed HTTP/1.1: {reason}.")


def _shown(value: bytes) -> str:
    """A client's word, cut short and without what could confuse a terminal."""
    return re.sub(r"[^ -~]", "?", value.decode("latin-1"))[:40]
