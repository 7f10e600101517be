"""What an entry of another kind than ours may say: a backend's, a pipeline's, or a split's."""

import re
from collections.abc import Iterator

from passerelle.manifest.backend_fields import Backend
from passerelle.manifest.schema import Entry
from passerelle.protocol import addresses

SERVED = frozenset({
    "id", "title", "like", "timeout", "cache", "public", "rate", "quota",
})  # fields of every kind  # fmt: skip
BACKEND = SERVED | {"backend", "replicas", "resources", "scale", "mirror", "capture"}
PIPELINE = (SERVED | {"pipeline"}) - {"cache"}  # its steps keep their own answers
OTHERS = frozenset({"backend", "pipeline", "split"})  # fields of entries that aren't ours
OF_SPLIT = frozenset({"sticky", "compare", "promote"})
SPLIT = (SERVED | OF_SPLIT | {"split"}) - {"cache", "timeout"}  # its variants have their own
SECRET = re.compile(r"auth|cookie|credential|key|password|secret|token", re.IGNORECASE)
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
FRAMING = frozenset({
    "connection", "content-length", "expect", "host", "te", "trailer", "transfer-encoding",
    "upgrade",
})  # headers that say how a request travels, which is the gateway's  # fmt: skip
ELSEWHERE = ("env:", "file:")  # how a header's value begins that isn't in the manifest

Finding = tuple[str, str]  # a field, or "" for the whole entry, and what to write


def of_entry(entry: Entry) -> Iterator[Finding]:
    """What doesn't go together in an entry with a backend, a pipeline or a split."""
    kinds = (("backend", BACKEND), ("pipeline", PIPELINE), ("split", SPLIT))
    kind, known = next(each for each in kinds if getattr(entry, each[0]))
    for name in sorted(entry.model_fields_set - known):
        if getattr(entry, name) is not None:
            yield name, f"a model with a {kind} has none; remove it"
    if entry.backend:
        yield from _backend(entry.backend)


def of_own(entry: Entry) -> Iterator[Finding]:
    """What only a split may say, in an entry that is a model of ours."""
    for name in sorted(OF_SPLIT):
        if getattr(entry, name) is not None:
            yield name, "only a split has it; write split: {MODEL: 95, OTHER: 5}, or remove it"


def _backend(backend: Backend) -> Iterator[Finding]:
    """It is somewhere, and is asked in a way that its protocol has."""
    if not (backend.url or backend.image or backend.command):
        yield "backend", "write url, image or command: where it is, or how it is started"
    if backend.url and (backend.image or backend.command):
        yield "backend", "what is at a url is started by others; remove image and command"
    if backend.url and not addresses.is_url(backend.url):
        yield "backend", f"url {backend.url} is none; write http://host:port or https://host"
    if backend.port and not backend.image:
        yield "backend", "port is the image's; a command listens on the PORT of its environment"
    if backend.protocol == "passerelle" and (backend.path or backend.health):
        yield "backend", "protocol: passerelle says itself where it is asked; remove path, health"
    for name, text in (backend.headers or {}).items():
        yield from (("backend", told) for told in _header(name, text))


def _header(name: str, text: str) -> Iterator[str]:
    """It can be sent, and is no secret in plain sight."""
    if name.lower() in FRAMING:
        yield f"{name} is the gateway's to set; remove it from headers"
    if text.startswith("env:") and not VARIABLE.fullmatch(text.removeprefix("env:")):
        yield f"{name}: {text} names no variable; write env:NAME, of A-Z, 0-9 and _"
    if text.removeprefix("file:") in ("", ".", "/") and text.startswith("file:"):
        yield f"{name}: {text} names no file; write file:PATH"
    if SECRET.search(name) and not text.startswith(ELSEWHERE):
        yield f"{name} looks like a secret; write env:NAME or file:PATH"
