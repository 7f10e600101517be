"""What a backend of any make answers in place of an answer, as a problem of its model.

    429                      TooManyRequests       as the backend says
    401, 403, 407            BadGateway            it refuses the gateway, not the client
    408, 504                 GatewayTimeout
    other 4xx                InvalidRequest        with that status
    503                      ServiceUnavailable
    508                      LoopDetected          it leads back to a server on the way
    other 5xx                BadGateway
    3xx                      BadGateway            a redirect is never followed
    anything else            BadGateway            it makes no sense

Each has the member `backend`: its status, and its body as JSON or, cut short, as text.
"""

import contextlib
import json
from typing import Any

from gateway.adapters import retry_after
from gateway.adapters.adapter import ServedModel
from gateway.transport import Response
from passerelle.protocol import problems
from passerelle.protocol.problems import Problem

DENIED = (401, 403, 407)
MAX_SENTENCE = 300  # characters of what a backend says, in a problem's sentence
MAX_BODY = 4_000  # bytes of its body, beside that
MAX_VALUES = 200  # objects and lists in it
SENTENCES = ("error", "detail", "message")  # members in which servers say what is wrong


def problem(response: Response, model: ServedModel) -> Problem:
    """The problem of a response that is no answer."""
    backend = {"status": response.status, "body": body(response)}
    service, status = f"The service of {model.id}", response.status
    if status == 429:
        detail = f"{service} has too many requests{said(response)}. Try again later."
        return problems.TooManyRequests(detail, retry_after.seconds(response), backend=backend)
    if status == 503:
        detail = f"{service} is not available now{said(response)}. Try again shortly."
        return problems.ServiceUnavailable(detail, retry_after.seconds(response), backend=backend)
    if status in (408, 504):
        detail = f"{service} did not answer in time ({status}). Try again later."
        return problems.GatewayTimeout(detail, backend=backend)
    if status == 508:
        detail = f"{service} leads back to a server on the way (508){said(response)}."
        return problems.LoopDetected(detail, backend=backend)
    if 400 <= status < 500 and status not in DENIED:
        detail = f"{service} refuses the request ({status}){said(response)}."
        return refusal(detail, response, backend)
    return problems.BadGateway(f"{service} {fault(status)}", backend=backend)


def refusal(detail: str, response: Response, backend: dict[str, Any]) -> Problem:
    """A problem of the client's doing, with the status that the backend gives it."""
    allowed = response.headers.get("allow")
    headers = {"Allow": allowed} if allowed and response.status == 405 else None
    found = problems.InvalidRequest(detail, headers, backend=backend)
    found.status = response.status
    return found


def fault(status: int) -> str:
    """What a service did that is not the client's doing."""
    if status in DENIED:
        return f"refuses the gateway ({status}). Whoever runs it must write headers that it takes."
    if 300 <= status < 400:
        return f"answered with a redirect ({status}), which is not followed. Report it."
    if status >= 500:
        return f"failed ({status}). Try again, or report it."
    return f"gave an answer that makes no sense ({status}). Report it."


def said(response: Response) -> str:
    """What a backend says is wrong, in one line; empty where it says nothing that is known."""
    found: Any = response.body[:MAX_BODY].decode(errors="replace")
    if response.media_type != "text/plain":
        document = read(response)
        found = document.get(next((name for name in SENTENCES if name in document), ""))
    if isinstance(found, dict):
        found = found.get("message")
    text = " ".join(found.split()) if isinstance(found, str) else ""
    return f": {text[:MAX_SENTENCE].rstrip('.')}" if text else ""


def read(response: Response) -> dict[str, Any]:
    """The object in a response's JSON, or in a list of one; empty where it holds none."""
    found = body(response)
    if isinstance(found, list) and len(found) == 1:
        found = found[0]
    return found if isinstance(found, dict) else {}


def body(response: Response) -> Any:
    """A response's body: JSON if it is that and small, else its beginning as text."""
    given = response.body
    if len(given) <= MAX_BODY and given.count(b"[") + given.count(b"{") <= MAX_VALUES:
        with contextlib.suppress(ValueError):
            return json.loads(given, parse_constant=str)
    return given[:MAX_BODY].decode(errors="replace")
