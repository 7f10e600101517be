"""Where a backend is asked that is passed requests on: its own path, and what is below the model's.

/model/ocr/predict              /predict            with `path: /predict`
/model/ocr/predict/v2/a%2Fb?c   /predict/v2/a%2Fb?c
"""

import re
import urllib.parse

from passerelle.protocol import problems

MAX_ENCODINGS = 4  # one upon the other, which are looked through
_OVERLONG = re.compile("(?:\xc0|\xe0\x80|\xf0\x80\x80)[\xae\xaf]|\xc1\x9c")  # of . / \\


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

    Servers differ in which of these they follow. Some take `%2F` or `\` for a slash, some decode
    twice, some take UTF-8 that is longer than it may be, and some stop at a zero byte.

    Raises:
        InvalidRequest
    """
    for _ in range(MAX_ENCODINGS):
        decoded, rest = rest, _OVERLONG.sub(_shortest, urllib.parse.unquote(rest, "latin-1"))
        for segment in re.split(r"[/\\]", rest):
            if re.split("[;\0]", segment)[0].strip() in (".", ".."):
                raise problems.InvalidRequest(
                    "The address has a segment . or .. in it. Write it without."
                )
        if decoded == rest:
            return
    raise problems.InvalidRequest(
        "The address is percent-encoded again and again. Write it with one encoding."
    )


def _shortest(overlong: re.Match[str]) -> str:
    return {"\xae": ".", "\xaf": "/", "\x9c": "\\"}[overlong[0][-1]]
