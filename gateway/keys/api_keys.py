"""API keys: made here, shown once, kept as SHA-256."""

import dataclasses
import datetime
import functools
import hashlib
import hmac
import re
import secrets
from collections.abc import Collection

from gateway.caller import ALL, USUAL_VERBS, Caller, Verb
from passerelle.protocol.rates import Rate

MARK = "psl_"  # how every key begins, and no token, whose first byte is one of JSON
FORMAT = re.compile(r"psl_([0-9a-f]{8})_[A-Za-z0-9_-]{43}")
_BEGINNING = re.compile(r"psl_[0-9a-f]{8}_")
_OF_NONE = "0" * 64  # in place of an unknown key's SHA-256


class KeysError(Exception):
    """A key file that can't be used; the text says what to mend."""


@dataclasses.dataclass(frozen=True)
class Key:
    """What is kept of a key. The key itself is not."""

    name: str
    prefix: str
    sha256: str = dataclasses.field(repr=False)
    models: tuple[str, ...]
    expires: datetime.datetime | None = None  # when it no longer works
    verbs: tuple[Verb, ...] = USUAL_VERBS
    rate: Rate | None = None
    quota: Rate | None = None
    revoked: datetime.datetime | None = None  # since when it doesn't work any more

    @functools.cached_property
    def caller(self) -> Caller:
        """Whoever asks with this key."""
        models = frozenset(self.models)
        scopes = dict.fromkeys(self.verbs, models)
        if "metrics" in scopes:  # which are the whole gateway's
            scopes["metrics"] = frozenset({ALL})
        return Caller(f"key:{self.prefix}", self.name, scopes, self.rate, self.quota)

    def is_valid(self, now: datetime.datetime) -> bool:
        """Whether it works at a moment."""
        return self.revoked is None and (self.expires is None or now < self.expires)


@dataclasses.dataclass(frozen=True)
class Keys:
    """All keys, by prefix."""

    by_prefix: dict[str, Key]

    def find(self, text: str, now: datetime.datetime) -> Key | None:
        """The key that a text is, if it works now; None also where there is none.

        A key whose prefix is unknown takes as long as one that is wrong behind it.
        """
        match = FORMAT.fullmatch(text)
        if match is None:
            return None
        key = self.by_prefix.get(match[1])
        is_right = hmac.compare_digest(digest(text), key.sha256 if key else _OF_NONE)
        return key if key and is_right and key.is_valid(now) else None


def is_in(text: str) -> bool:
    """Whether a text has in it what looks like a key, or like a part of one."""
    return bool(_BEGINNING.search(text))


def digest(text: str) -> str:
    """SHA-256 of a key. It has 256 bits of its own, so it needs no salt and no slow hash."""
    return hashlib.sha256(text.encode()).hexdigest()


def new(
    name: str, models: tuple[str, ...], expires: datetime.datetime | None = None
) -> tuple[str, Key]:
    """The text of a new key with the usual rights, and what is kept of it."""
    return like(Key(name, "", "", models, expires))


def like(key: Key, taken: Collection[str] = ()) -> tuple[str, Key]:
    """The text of a new key with the rights of another, and what is kept of it.

    Its prefix is none of those that are taken.
    """
    prefix = secrets.token_hex(4)
    while prefix in taken:
        prefix = secrets.token_hex(4)
    text = f"{MARK}{prefix}_{secrets.token_urlsafe(32)}"
    return text, dataclasses.replace(key, prefix=prefix, sha256=digest(text))
