"""Pages of other origins whose scripts may ask, and read the answers: CORS, as browsers have it.

None may unless the manifest's `cors` or the setting names its origin. A browser asks before what a
form couldn't send (a preflight), without a key: it is told what may be sent, and nothing else.
Cookies count for nothing here, so no answer says that a browser may send them.

Source: https://fetch.spec.whatwg.org/#http-cors-protocol
"""

import re

from gateway.state import State
from passerelle.server.messages import Request, Response

ANY = "*"
METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"  # of what a raw backend takes, too
MAX_AGE = 600  # seconds that a browser remembers what it was told; none does for longer than 7200
MAX_NAMES = 2_000  # characters of the headers' names that a preflight asks for
EXPOSED = (
    "Age, Cache-Status, ETag, Inference-Header-Content-Length, RateLimit, RateLimit-Policy, "
    "Retry-After, Server-Timing, WWW-Authenticate, X-Model, X-Request-ID, traceparent"
)  # beside those that every script may read
_NAMES = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~, -]+")


def intercept(gateway: State, request: Request) -> Response | None:
    """Let a page's script read the answer, if it may; answer its browser's preflight.

    `Vary` says that the answer is another for another origin, to caches between.
    """
    origins, origin = gateway.routes.current.origins, request.headers.get("origin")
    if not origins:
        return None
    headers = request.span.answer_headers
    headers.append(("Vary", "Origin"))
    if origin is None or not (origin in origins or ANY in origins):
        return None
    headers.append(("Access-Control-Allow-Origin", origin))
    if request.method == "OPTIONS" and "access-control-request-method" in request.headers:
        return preflight(request)
    headers.append(("Access-Control-Expose-Headers", EXPOSED))
    return None


def preflight(request: Request) -> Response:
    """What may be sent: any method, and the headers that the browser asks for."""
    headers = [("Access-Control-Allow-Methods", METHODS), ("Access-Control-Max-Age", str(MAX_AGE))]
    names = request.headers.get("access-control-request-headers", "")
    if len(names) <= MAX_NAMES and _NAMES.fullmatch(names):
        headers.append(("Access-Control-Allow-Headers", names))
    return Response(204, headers=headers)
