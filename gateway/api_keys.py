"""API keys: made here, shown once, kept as SHA-256."""

import dataclasses
import datetime
import functools
import hashlib
import hmac
import re
import secrets

from gateway.caller import USUAL_VERBS, Caller

FORMAT = re.compile(r"psl_([0-9a-f]{8})_[A-Za-z0-9_-]{43}")
_BEGINNING = re.compile(r"psl_[0-9a-f]{8}_")


class KeysError(Exception):
    """A key file that can't be used; the text says what to mend."""


@dataclasses.dataclass(frozen=True)
class Key:
    """What is kept of a key. The key itself is not."""

    name: str
    prefix: str
    sha256: str = dataclasses.field(repr=False)
    models: tuple[str, ...]
    expires: datetime.date | None = None

    @functools.cached_property
    def caller(self) -> Caller:
        """Whoever asks with this key."""
        models = frozenset(self.models)
        return Caller(f"key:{self.prefix}", self.name, dict.fromkeys(USUAL_VERBS, models))


@dataclasses.dataclass(frozen=True)
class Keys:
    """All keys, by prefix."""

    by_prefix: dict[str, Key]

    def find(self, text: str, today: datetime.date) -> Key | None:
        """The key that a text is, compared in constant time; None when it is none, or expired."""
        match = FORMAT.fullmatch(text)
        key = self.by_prefix.get(match[1]) if match else None
        if key is None or not hmac.compare_digest(key.sha256, digest(text)):
            return None
        return None if key.expires and today >= key.expires else key


def is_in(text: str) -> bool:
    """Whether a text has in it what looks like a key, or like a part of one."""
    return bool(_BEGINNING.search(text))


def digest(text: str) -> str:
    """SHA-256 of a key. It has 256 bits of its own, so it needs no salt and no slow hash."""
    return hashlib.sha256(text.encode()).hexdigest()


def new(name: str, models: tuple[str, ...], expires: datetime.date | None) -> tuple[str, Key]:
    """A new key's text, and what is kept of it."""
    prefix = secrets.token_hex(4)
    text = f"psl_{prefix}_{secrets.token_urlsafe(32)}"
    return text, Key(name, prefix, digest(text), models, expires)
