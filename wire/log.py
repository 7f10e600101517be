"""One JSON object a line on standard output, for what happens outside a request too."""

import datetime
import json
import sys
from typing import Any


def write(severity: str, message: str, **fields: Any) -> None:
    """Write one line. `severity` is INFO, WARNING or ERROR; `fields` are added as they are."""
    time = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
    record = {"time": time, "severity": severity, "message": message, **fields}
    sys.stdout.write(json.dumps(record, default=str) + "\n")
    sys.stdout.flush()
