"""Why a picture isn't read, and what to do: what it is, told from its bytes."""

from passerelle.protocol import problems
from services.model import file_type, formats, jpeg_frame

SETTING = "PASSERELLE_FORMATS"
CGBI = slice(12, 16)  # where a PNG has the name of its first chunk


def unidentified(encoded: bytes, readable: tuple[str, ...]) -> problems.Problem:
    """The problem of what no codec of the `readable` formats takes for its own."""
    if oddity := unusual(encoded):
        return problems.UnsupportedMediaType(oddity)
    what = file_type.described(encoded)
    word = _format(what)
    damage = file_type.damaged(encoded) if not what or word in readable else ""
    if damage:
        return problems.UnprocessableContent(damage)
    if word in readable:
        return problems.UnprocessableContent(
            f"The {formats.listed((word,))} picture's header is broken, or of an unusual kind. "
            "Send the whole file, or save it anew as PNG."
        )
    return problems.UnsupportedMediaType(_refusal(what, word, readable))


def undecodable(encoded: bytes) -> problems.Problem:
    """The problem of a picture that its codec began with and gave up."""
    if oddity := unusual(encoded):
        return problems.UnsupportedMediaType(oddity)
    word = _format(file_type.described(encoded))
    kind = f"{formats.listed((word,))} picture" if word else "picture"
    return problems.UnprocessableContent(f"The {kind} is broken or cut short. Send the whole file.")


def unusual(encoded: bytes) -> str:
    """A sentence about a picture whose format is read, but not this kind of it; empty otherwise."""
    if encoded[CGBI] == b"CgBI":
        return (
            "This PNG was rewritten for iOS (CgBI), and is no PNG any more. Send the original, "
            "or undo it with: pngcrush -revert-iphone-optimizations"
        )
    kind = jpeg_frame.unusual(encoded) if encoded.startswith(b"\xff\xd8\xff") else ""
    if not kind:
        return ""
    name = kind if kind.startswith("JPEG") else f"{kind} JPEG"
    return (
        f"This is a picture in {name}, which is not read here. Save it as a usual JPEG or as PNG."
    )


def _format(what: str) -> str:
    """The setting's word for a description such as "a TIFF picture"; empty where it has none."""
    word = what.removeprefix("an ").removeprefix("a ").removesuffix(" picture").lower()
    return word if word in formats.NAMES else ""


def _refusal(what: str, word: str, readable: tuple[str, ...]) -> str:
    """What the file is, and what to send instead."""
    send = f"Send a {formats.listed(readable, 'or')} file."
    if not what:
        return f"This is not a picture that is read here. {send}"
    if file_type.ADVICE in what:
        return f"This is {what}."
    if word and word in formats.available():
        send = (
            f"This service reads {formats.listed(readable)}. Convert it, or have {word} added to "
            f"{SETTING} of the model's service."
        )
    return f"This is {what}. {send}"
