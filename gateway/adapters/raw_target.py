"""Where a backend is asked that is passed requests on: its own path, and what is below the model's.

/model/ocr/predict              /predict            with `path: /predict`
/model/ocr/predict/v2/a%2Fb?c   /predict/v2/a%2Fb?c
"""

import re
import urllib.parse

from passerelle.protocol import problems


def target(path: str, below: str) -> str:
    """The path and query to ask for. `below` is as the client sent it, percent-encoded.

    Raises:
        InvalidRequest: it leads out of the backend's path.
    """
    own, _, own_query = path.partition("?")
    rest, mark, query = below.partition("?")
    require_below(rest)
    joined = (own.rstrip("/") if rest else own) + rest
    if own_query:
        return f"{joined}?{own_query}{'&' if query else ''}{query}"
    return f"{joined}{mark}{query}"


def require_below(rest: str) -> None:
    r"""Return only if no segment means the one above, also written as `%2e%2E` or `..;a`.

    Servers differ in which of these they follow, and some take `%2F` or `\` for a slash.

    Raises:
        InvalidRequest
    """
    for segment in re.split(r"[/\\]", urllib.parse.unquote(rest)):
        if segment.partition(";")[0].strip() in (".", ".."):
            raise problems.InvalidRequest(
                "The address has a segment . or .. in it. Write it without."
            )
