"""The bytes of a file that a person wrote -> its text, in whatever encoding an editor saved it.

A byte order mark makes the encoding certain: UTF-8, UTF-16 or UTF-32. Without one a text is UTF-8;
anything else isn't guessed at, since a wrong guess is another text.
"""

import codecs
import re

MAX_LINES = 20  # that are told one by one
BYTE_ORDER_MARKS = (  # the longer ones first: UTF-16's is how UTF-32's begins
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF8, "utf-8"),
)
LINE_END = re.compile(rb"\r\n|\n|\r")


class TextError(Exception):
    """Bytes that are no text. `lines` are those to mend, each with what is wrong with it."""

    def __init__(self, lines: list[tuple[int, str]]) -> None:
        self.lines = lines
        super().__init__("; ".join(f"line {line}: {message}" for line, message in lines))


def decode(content: bytes) -> str:
    """The text, without its byte order mark, with line feeds at the ends of its lines.

    Raises:
        TextError: with the lines that are in another encoding.
    """
    for mark, encoding in BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return _with_line_feeds(_decode_as(encoding, content.removeprefix(mark)))
    if b"\0" in content:
        message = "a NUL byte: this is UTF-16 without a byte order mark, or no text; save as UTF-8"
        raise TextError([(content[: content.index(b"\0")].count(b"\n") + 1, message)])
    return _with_line_feeds(_decode_as("utf-8", content))


def _with_line_feeds(text: str) -> str:
    """The text with its CRLFs, or its CRs if these alone end its lines, as line feeds."""
    text = text.replace("\r\n", "\n")
    return text if "\n" in text else text.replace("\r", "\n")


def _decode_as(encoding: str, content: bytes) -> str:
    """The text in this encoding.

    Raises:
        TextError
    """
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding == "utf-8":
            raise TextError(_lines_in_another_encoding(content)) from None
        line = content[: error.start].decode(encoding, "replace").count("\n") + 1
        message = f"half a character, although the file begins as {encoding}; save it as UTF-8"
        raise TextError([(line, message)]) from None


def _lines_in_another_encoding(content: bytes) -> list[tuple[int, str]]:
    """Each line that isn't UTF-8, with the byte that shows it; the first ones and their number."""
    found = []
    for number, line in enumerate(LINE_END.split(content), start=1):
        try:
            line.decode()
        except UnicodeDecodeError as error:
            before = line[: error.start].decode()[-20:]
            where = f" behind {before!r}" if before else ""
            message = (
                f"byte 0x{line[error.start]:02x}{where} is not UTF-8, but Windows-1252, Latin-1 "
                "or such; save the file as UTF-8"
            )
            found.append((number, message))
    if len(found) > MAX_LINES:
        found[MAX_LINES:] = [(found[MAX_LINES][0], f"and {len(found) - MAX_LINES} lines more")]
    return found
