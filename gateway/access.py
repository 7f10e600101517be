"""What needs no key, as the manifest says. Everything else does."""

import dataclasses

from gateway.caller import ALL, Caller, Verb
from passerelle.manifest.model import Manifest, Open


@dataclasses.dataclass(frozen=True)
class Access:
    """What anybody may do."""

    models: frozenset[str] = frozenset()  # ids
    parts: frozenset[Open] = frozenset()

    def is_open(self, verb: Verb, model_id: str = ALL) -> bool:
        """Whether anybody may do something with a model; with ALL, with the whole gateway."""
        if verb == "metrics":
            return "metrics" in self.parts
        is_listed = verb == "read" and "listing" in self.parts
        return is_listed or (verb in ("predict", "read") and model_id in self.models)

    def allows(self, caller: Caller, verb: Verb, model_id: str = ALL) -> bool:
        """Whether this caller may do something, as anybody may or by a key or token."""
        return caller.allows(verb, model_id) or self.is_open(verb, model_id)


def of(manifest: Manifest) -> Access:
    """What a manifest opens."""
    return Access(frozenset(each.id for each in manifest.models if each.public), manifest.public)
