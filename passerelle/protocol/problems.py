"""Every error that an HTTP client can meet, as RFC 9457 problem details.

    Problem
    ├── InvalidRequest        400  the request is not well formed
    ├── Unauthorized          401  no key, or not one of ours
    ├── Forbidden             403  a good key, without that right
    ├── NotFound              404
    ├── Conflict              409  not as things stand now
    ├── RequestTimeout        408  the body did not arrive in time
    ├── ContentTooLarge       413  too many bytes, or too many pixels
    ├── UnsupportedMediaType  415  not a format that is read here
    ├── UnprocessableContent  422  the right format, but broken
    │   └── NonFiniteOutput   422  the model gave NaN or infinity for this picture
    ├── TooManyRequests       429  wait
    │   └── QuotaExceeded     429  over a limit of the caller's or the model's
    ├── ClientClosedRequest   499  nobody waits for the answer any more
    ├── InternalError         500  our fault
    ├── BadGateway            502  the model's service broke off or answered nonsense
    ├── ServiceUnavailable    503  the model is starting, down or busy: try again
    ├── GatewayTimeout        504  the model did not answer in time, or not begin
    └── LoopDetected          508  a gateway is its own backend

`detail` is a sentence that says what to do. It never holds an exception's text, a backend's
address or a key.
"""

import http
import re
from typing import Any

MEDIA_TYPE = "application/problem+json"
PHRASES = {each.value: each.phrase for each in http.HTTPStatus}
TITLES = {  # RFC 9110's, where Python's vary; 499 is nginx's, for the log
    413: "Content Too Large",
    422: "Unprocessable Content",
    499: "Client Closed Request",
}
MAX_DESCRIPTION = 200  # characters of a sentence in a header
_NOT_IN_CHALLENGE = re.compile(r"[^ !#-\[\]-~]")  # characters, in a description


class Problem(Exception):
    """An error with a status and a sentence. `members` extend the problem object.

    Its type is one that says no more than the status, unless it has one of its own, with a title.
    """

    status = 500
    type = "about:blank"
    title = ""

    def __init__(self, detail: str, headers: dict[str, str] | None = None, **members: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.headers = headers or {}
        self.members = members


class InvalidRequest(Problem):
    status = 400


class Unauthorized(Problem):
    status = 401

    def __init__(self, detail: str, error: str = "") -> None:
        super().__init__(detail, {"WWW-Authenticate": challenge(detail, error)})


class Forbidden(Problem):
    status = 403

    def __init__(self, detail: str) -> None:
        super().__init__(detail, {"WWW-Authenticate": challenge(detail, "insufficient_scope")})


class NotFound(Problem):
    status = 404


class Conflict(Problem):
    status = 409


class RequestTimeout(Problem):
    status = 408


class ContentTooLarge(Problem):
    status = 413


class UnsupportedMediaType(Problem):
    status = 415


class UnprocessableContent(Problem):
    status = 422


class NonFiniteOutput(UnprocessableContent):
    status = 422


class TooManyRequests(Problem):
    status = 429

    def __init__(self, detail: str, retry_after: int, **members: Any) -> None:
        super().__init__(detail, {"Retry-After": str(retry_after)}, **members)


class QuotaExceeded(TooManyRequests):
    type = "https://iana.org/assignments/http-problem-types#quota-exceeded"
    title = "Quota Exceeded"

    def __init__(self, detail: str, retry_after: int, policies: list[str]) -> None:
        super().__init__(detail, retry_after, **{"violated-policies": policies})
        self.policies = policies


class ClientClosedRequest(Problem):
    status = 499


class InternalError(Problem):
    status = 500


class BadGateway(Problem):
    status = 502


class ServiceUnavailable(Problem):
    status = 503

    def __init__(self, detail: str, retry_after: int = 1, **members: Any) -> None:
        super().__init__(detail, {"Retry-After": str(retry_after)}, **members)


class GatewayTimeout(Problem):
    status = 504


def challenge(detail: str, error: str) -> str:
    """What a client that sends no good key or token should send (RFC 6750, section 3).

    Without an error, which is where it sent none, nothing is said of one.
    """
    found = 'Bearer realm="passerelle"'
    if not error:
        return found
    description = _NOT_IN_CHALLENGE.sub("?", detail.replace("…", "..."))[:MAX_DESCRIPTION]
    return f'{found}, error="{error}", error_description="{description}"'


class LoopDetected(Problem):
    status = 508


def title(status: int) -> str:
    """A status in words; one that HTTP doesn't know, in those of its class."""
    return TITLES.get(status) or PHRASES.get(status) or PHRASES[status // 100 * 100]


def document(problem: Problem, request_id: str, instance: str = "") -> dict[str, Any]:
    """The JSON object of a problem. `instance` is the request's path, percent-encoded."""
    return {
        "type": problem.type,
        "title": problem.title or title(problem.status),
        "status": problem.status,
        "detail": problem.detail,
        **({"instance": instance} if instance else {}),
        "request_id": request_id,
        **problem.members,
    }
