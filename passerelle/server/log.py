"""One JSON object a line on standard output, for what happens outside a request too.

Whatever is written within a request has its ids, unless it names another one. Nobody can forge a
line: a line break within a text is escaped. What looks like a credential is left out
(redaction.py).
"""

import datetime
import json
import sys
from contextvars import ContextVar
from typing import Any

from passerelle.protocol.trace import Trace
from passerelle.server import redaction

SAMPLED = 1  # the bit of the trace flags that says so; the others say other things
_encode = json.JSONEncoder(default=str, allow_nan=False).encode
project = ""  # of Google Cloud, whose log viewer finds a request's lines by these names
# The trace of the request that is being answered, in its task and in the threads that work for it.
current: ContextVar[Trace | None] = ContextVar("current", default=None)


def cloud(fields: dict[str, Any]) -> dict[str, Any]:
    """A request's trace as Google Cloud's logging knows it."""
    if "trace_id" not in fields:
        return {}
    return {
        "logging.googleapis.com/trace": f"projects/{project}/traces/{fields['trace_id']}",
        "logging.googleapis.com/spanId": fields["span_id"],
        "logging.googleapis.com/trace_sampled": bool(int(fields["trace_flags"], 16) & SAMPLED),
    }


def ids() -> dict[str, Any]:
    """What names the request that is being answered; nothing outside of one."""
    found = current.get()
    return {} if found is None else of_trace(found)


def of_trace(trace: Trace) -> dict[str, Any]:
    """What names a request."""
    return {
        "request_id": trace.request_id,
        "trace_id": trace.trace_id,
        "span_id": trace.span_id,
        "trace_flags": trace.flags,
    }


def line(severity: str, message: str, **fields: Any) -> str:
    """A line, without what looks like a credential."""
    record = _record(severity, message, fields)
    text = _encode(record)
    return _encode(redaction.of_value(record)) if redaction.is_suspicious(text) else text


def write(severity: str, message: str, **fields: Any) -> None:
    """Write one line. `severity` is INFO, WARNING or ERROR; `fields` are added as they are."""
    _print(line(severity, message, **fields))


def write_with_key(severity: str, message: str, **fields: Any) -> None:
    """The same with a key in it, which was made for this run alone, for whoever reads the log."""
    _print(_encode(_record(severity, message, fields)))


def _record(severity: str, message: str, fields: dict[str, Any]) -> dict[str, Any]:
    """A line's members."""
    time = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
    own = ids()
    if fields.get("request_id", own.get("request_id")) == own.get("request_id"):
        fields = own | fields
    record = {"time": time, "severity": severity, "message": message, **fields}
    return record | cloud(fields) if project else record


def _print(text: str) -> None:
    """Write a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
