"""`X-Request-Timeout`: how long the answer is still waited for, so that no hop works for nobody.

The header goes from hop to hop and holds the seconds that are left when the request is sent, such
as `2.5`.
"""

import re

from passerelle.protocol import problems

HEADER = "X-Request-Timeout"
_FORMAT = re.compile(r"\d{1,6}(\.\d{1,6})?")
_SHORTEST = 0.001  # seconds


def parse(text: str | None) -> float | None:
    """The header's seconds; None where there is no header.

    Raises:
        InvalidRequest: it is no decimal number, or zero.
    """
    if text is None:
        return None
    if not _FORMAT.fullmatch(text) or float(text) == 0:
        raise problems.InvalidRequest(f"{HEADER} holds seconds, such as 2.5.")
    return float(text)


def render(seconds: float) -> str:
    """The header's text for the seconds that are left: at least a millisecond."""
    return f"{max(seconds, _SHORTEST):.3f}"
