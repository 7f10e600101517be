"""The pages that a visitor can open, and their addresses.

Each address is relative to the page that is shown, so that it holds below any path of a proxy.
"""

import flask

PATHS = {"ask": "/", "compare": "/compare", "status": "/status"}


def relative(path: str) -> str:
    """A path of ours as seen from the page that is shown."""
    depth = flask.request.path.count("/") - 1
    return ("../" * depth or "./") + path.removeprefix("/")
