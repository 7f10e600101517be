"""Base64 as people send it -> bytes, as long as only one reading of it is possible.

Both alphabets of RFC 4648 are read, with padding, without it and with too much of it; in lines; and
as a `data:` URI (RFC 2397). Anything else is an error that says where.
"""

import binascii
import re

DATA_URI = re.compile(r"\s{0,9}data:(?P<kind>[^,]{0,200}),", re.IGNORECASE)
ESCAPES = {"%2B": "+", "%2F": "/", "%3D": "=", "%0A": "\n", "%0D": "\r", "%20": " "}  # in a URI
WHITE_SPACE = b" \t\r\n"
CHUNK = 1 << 18  # characters that are decoded in one go, while no other thread runs; 4 are 3 bytes
ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_"
STANDARD = bytes.maketrans(b"-_", b"+/")  # for the characters of the URL-safe alphabet
HINTS = {
    "b'": "In Python, write base64.b64encode(…).decode()",
    "http": "Pictures aren't fetched from an address; send the picture itself",
}


class Base64Error(ValueError):
    """A text that isn't base64; it says why, to be read after "… is not base64: "."""


def decode(text: str) -> bytes:
    """The bytes that the text stands for.

    Raises:
        Base64Error
    """
    content = _without_prefix(text).encode("ascii", "replace")
    try:
        return _decode_strictly(content)
    except ValueError:
        return _decode_leniently(content, text)


def _decode_strictly(content: bytes) -> bytes:
    """The bytes that a text stands for which is exactly as RFC 4648 has it, a part at a time.

    Raises:
        ValueError: it isn't.
    """
    if content.find(b"=", 0, -2) >= 0:  # which would end a part, and not the whole
        raise ValueError
    parts = (content[begin : begin + CHUNK] for begin in range(0, len(content), CHUNK))
    return b"".join(binascii.a2b_base64(each, strict_mode=True) for each in parts)


def _decode_leniently(content: bytes, text: str) -> bytes:
    """The same of what isn't exactly as RFC 4648 has it; `text` is that as it was sent."""
    if b" " in content.strip() and not (b"+" in content or b"-" in content):
        # A form makes a space of every plus sign; where there still is one, it has made none.
        raise Base64Error('it has spaces and no "+", which a form may have turned into spaces')
    joined = content.translate(STANDARD, WHITE_SPACE).rstrip(b"=")
    if len(joined) % 4 == 1:
        raise Base64Error(_where(content, text) or f"it ends after {len(joined):,} characters")
    try:
        return _decode_strictly(joined + b"=" * (-len(joined) % 4))
    except ValueError:
        raise Base64Error(_where(content, text)) from None


def _without_prefix(text: str) -> str:
    """A data: URI's content, without its escapes; any other text as it is."""
    uri = DATA_URI.match(text)
    if uri is None:
        return text
    if not uri["kind"].lower().rstrip().endswith(";base64"):
        raise Base64Error('a data: URI must say ";base64" before its comma')
    content = text[uri.end() :]
    for escape, character in ESCAPES.items() if "%" in content else ():
        content = content.replace(escape, character).replace(escape.lower(), character)
    return content


def _where(content: bytes, text: str) -> str:
    """The first character that no base64 has, where it is, and how it may have come there."""
    foreign = content.strip(WHITE_SPACE + b"=").translate(None, ALPHABET + WHITE_SPACE)[:1]
    if not foreign:
        return ""
    at = content.index(foreign) + len(text) - len(content)
    hint = next((hint for begin, hint in HINTS.items() if text.startswith(begin)), "")
    return f"character {at + 1:,} is {text[at]!r}" + (f". {hint}" if hint else "")
