"""One JSON object a line on standard output, for what happens outside a request too."""

import datetime
import json
import sys
from typing import Any

SAMPLED = 1  # the bit of the trace flags that says so; the others say other things
_encode = json.JSONEncoder(default=str, allow_nan=False).encode
project = ""  # of Google Cloud, whose log viewer finds a request's lines by these names


def cloud(fields: dict[str, Any]) -> dict[str, Any]:
    """A request's trace as Google Cloud's logging knows it; nothing elsewhere."""
    if not project or "trace_id" not in fields:
        return {}
    return {
        "logging.googleapis.com/trace": f"projects/{project}/traces/{fields['trace_id']}",
        "logging.googleapis.com/spanId": fields["span_id"],
        "logging.googleapis.com/trace_sampled": bool(int(fields["trace_flags"], 16) & SAMPLED),
    }


def write(severity: str, message: str, **fields: Any) -> None:
    """Write one line. `severity` is INFO, WARNING or ERROR; `fields` are added as they are."""
    time = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
    record = {"time": time, "severity": severity, "message": message, **fields, **cloud(fields)}
    sys.stdout.write(_encode(record) + "\n")
    sys.stdout.flush()
