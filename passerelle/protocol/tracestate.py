"""What other tracing systems say of a trace beside its ids: the header tracestate.

It goes on as it came, in its order, if it is well formed: else nothing of it can be relied on, and
nothing goes on. White space around its members, members without anything in them, and all but the
first of those with the same key are left out.

Source: W3C Trace Context, level 2, https://www.w3.org/TR/trace-context-2/#tracestate-header
"""

import re

MAX_MEMBERS = 32
MAX_LENGTH = 512  # characters that go on
LONG = 128  # characters of a member that is the first to go where all together are too long

_MEMBER = re.compile(r"(?P<key>[a-z0-9][a-z0-9_\-*/@]{0,255})=[ -+\--<>-~]{0,255}[!-+\--<>-~]")


def normalized(header: str) -> str:
    """The header as it goes on to the next hop; empty where it isn't well formed.

    One that was sent in several parts arrives joined by commas.
    """
    if not header:
        return ""
    members: dict[str, str] = {}  # by key
    texts = [text for each in header.split(",") if (text := each.strip(" \t"))]
    if len(texts) > MAX_MEMBERS:
        return ""
    for text in texts:
        match = _MEMBER.fullmatch(text)
        if match is None:
            return ""
        members.setdefault(match["key"], text)
    return ",".join(shortened(list(members.values())))


def shortened(members: list[str]) -> list[str]:
    """As many members as fit: the long ones go first, then the others, from the end."""
    kept = list(members)
    removable = [each for each in kept if len(each) > LONG][::-1]
    removable += [each for each in kept if len(each) <= LONG][::-1]
    length = sum(map(len, kept)) + len(kept) - 1  # with the commas
    for each in removable:
        if length <= MAX_LENGTH:
            break
        kept.remove(each)
        length -= len(each) + 1
    return kept
