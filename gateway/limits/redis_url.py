"""Where Redis is, as REDIS_URL says it."""

import urllib.parse


def is_usable(url: str) -> bool:
    """Whether it is an address of a form that can be Redis'."""
    try:
        at = urllib.parse.urlsplit(url)
        port = at.port
    except ValueError:
        return False
    if at.scheme == "unix":
        return bool(at.path)
    return at.scheme in {"redis", "rediss"} and bool(at.hostname) and port != 0
