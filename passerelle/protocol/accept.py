"""Which form of an answer a client prefers, by its Accept header (RFC 9110, section 12.5.1).

There are two: JSON, which every model has, and a PNG, which some tasks have beside it. A client
that takes neither has JSON all the same, as the RFC allows.
"""

import re

JSON, PNG = "application/json", "image/png"

_RANGE = re.compile(r"\s*([\w.+*!#$&^-]+)/([\w.+*!#$&^-]+)\s*((?:;[^,]*)?)", re.ASCII)
_QUALITY = re.compile(r";\s*q\s*=\s*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\s*(?:;|$)", re.IGNORECASE)
_ANY_QUALITY = re.compile(r";\s*q\s*=", re.IGNORECASE)

Ranges = dict[str, float]  # a media range in lower case -> its quality, 0..1


def preferred(header: str) -> str:
    """The media type that the header prefers: PNG, or JSON where it doesn't say more of PNG."""
    if header in {"", "*/*", JSON} or "image/" not in header.lower():  # as with most requests
        return JSON
    ranges = _parse(header)
    return PNG if _quality(PNG, ranges) > _quality(JSON, ranges) else JSON


def _parse(header: str) -> Ranges:
    """The header's media ranges. What isn't well formed is left out."""
    found = Ranges()
    for element in header.split(","):
        match = _RANGE.fullmatch(element)
        if match is None:
            continue
        parameters = match[3]
        quality = _QUALITY.search(parameters)
        if quality or not _ANY_QUALITY.search(parameters):
            media_range = f"{match[1]}/{match[2]}".lower()
            found[media_range] = float(quality[1]) if quality else 1.0
    return found


def _quality(media_type: str, ranges: Ranges) -> float:
    """How much a media type is wanted, 0..1: as the narrowest range says that it belongs to."""
    kind = media_type.partition("/")[0]
    narrowest = (each for each in (media_type, f"{kind}/*", "*/*") if each in ranges)
    return ranges.get(next(narrowest, ""), 0.0)
