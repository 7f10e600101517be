"""What became of a request: right, wrong, hung, or refused in one of the ways that there are."""

import dataclasses
import json
from typing import Any

import httpx

RIGHT, WRONG, HUNG = "right", "wrong", "hung"
NOT_CONNECTED, CUT_OFF = "not connected", "cut off"  # refusals without an answer
PROBLEM = "application/problem+json"
COME_AGAIN = {429, 503}  # whose answers say when


@dataclasses.dataclass(frozen=True)
class Outcome:
    """RIGHT, WRONG, HUNG, or a refusal: its status, or what became of the connection."""

    kind: str
    detail: str = ""

    @property
    def is_refusal(self) -> bool:
        """Whether it was refused."""
        return self.kind not in {RIGHT, WRONG, HUNG}


@dataclasses.dataclass(frozen=True)
class Expected:
    """What a right answer to one request says."""

    model: str
    label: str  # the likeliest class
    request_id: str


def judge(response: httpx.Response, expected: Expected) -> Outcome:
    """What an answer is, which is the whole of it."""
    named = response.headers.get("X-Request-ID")
    if named != expected.request_id:
        return Outcome(WRONG, f"its X-Request-ID is {named}")
    document = read(response)
    if response.status_code == 200:
        return _judge_answer(document, expected)
    return _judge_refusal(response, document, expected)


def _judge_answer(document: dict[str, Any], expected: Expected) -> Outcome:
    found = Expected(*(str(document.get(each)) for each in ("model", "category", "request_id")))
    return Outcome(RIGHT) if found == expected else Outcome(WRONG, f"{found}, not {expected}")


def _judge_refusal(
    response: httpx.Response, document: dict[str, Any], expected: Expected
) -> Outcome:
    status = response.status_code
    if response.headers.get("Content-Type") != PROBLEM or document.get("status") != status:
        return Outcome(WRONG, f"{status} without a problem: {response.text[:200]}")
    if document.get("request_id") != expected.request_id:
        return Outcome(WRONG, f"{status} of another request: {document.get('request_id')}")
    if status in COME_AGAIN and "Retry-After" not in response.headers:
        return Outcome(WRONG, f"{status} without a Retry-After")
    return Outcome(str(status), str(document.get("detail")))


def read(response: httpx.Response) -> dict[str, Any]:
    """The answer's JSON object; an empty one where it is none."""
    try:
        document = json.loads(response.content)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def of_error(error: Exception) -> Outcome:
    """What it is that no answer came."""
    if isinstance(error, TimeoutError):
        return Outcome(HUNG, "no answer within its time")
    kind = NOT_CONNECTED if isinstance(error, httpx.ConnectError) else CUT_OFF
    return Outcome(kind, repr(error))
