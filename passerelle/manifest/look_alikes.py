"""Characters that look like those of YAML and aren't: a web page or a word processor puts them in.

A no-break space doesn't indent, curly quotes don't quote, and a long dash makes no list.
"""

from passerelle.manifest import names

SPACES = "\u00a0\u2000\u2001\u2002\u2003\u2007\u2009\u202f\u3000"
NO_WIDTH = "\u200b\u2060\ufeff"
DOUBLE_QUOTES = "\u201c\u201d\u201e\u201f\u00ab\u00bb"  # curly, low, and angled ones
SINGLE_QUOTES = "\u2018\u2019\u201a\u201b"  # the same
COLONS = "\uff1a\ufe55"  # full-width, small
HYPHENS = "\u2010\u2011\u2012\u2013\u2014\u2212"  # those of print, and a minus
INSTEAD = {  # what to write in the place of each
    **dict.fromkeys(SPACES, "a space"),
    **dict.fromkeys(NO_WIDTH, "nothing"),
    **dict.fromkeys(DOUBLE_QUOTES, 'a straight "'),
    **dict.fromkeys(SINGLE_QUOTES, "a straight '"),
    **dict.fromkeys(COLONS, "a colon"),
    **dict.fromkeys(HYPHENS, "a hyphen"),
}


def hint(line: str) -> str:
    """`; it holds …` where a line that is wrong has such a character, which may be why."""
    for sign in line:
        if sign in INSTEAD:
            return f"; it holds {names.character(sign)}, write {INSTEAD[sign]} instead"
    return ""


def mistake(word: str) -> str:
    """What is wrong with a word without quotes that such characters begin or end; else empty.

    Within a word they may well be meant.
    """
    if (inner := word.strip(SPACES + NO_WIDTH)) != word:
        sign = word[0] if inner[:1] != word[0] else word[-1]
        return f"begins or ends with {names.character(sign)}; write {INSTEAD[sign]} instead"
    quotes = DOUBLE_QUOTES + SINGLE_QUOTES
    if len(word) > 1 and word[0] in quotes and word[-1] in quotes:
        instead = INSTEAD[word[0]]
        return f"has quotes that don't quote in YAML; write {instead}, or put it around them"
    return ""
