"""After how long to try again, as a service says it."""

import re

from gateway.transport import Response

MAX_SECONDS = 3600  # that a client may be told to wait


def seconds(response: Response) -> int:
    """The seconds after which to try again: 1 where the response says none, or too many."""
    text = response.headers.get("retry-after", "")
    found = int(text) if re.fullmatch("[0-9]{1,9}", text) else 0
    return found if 0 < found <= MAX_SECONDS else 1
