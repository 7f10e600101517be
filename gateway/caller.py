"""Who asks, however that was told: by an API key, by a token, or not at all."""

import dataclasses
from collections.abc import Mapping
from typing import Literal

from passerelle.protocol.rates import Rate

# What one may do: ask a model; see what there is and what its last minutes were; see everybody's
# usage; see the gateway's metrics; give the variants of a split other weights.
Verb = Literal["predict", "read", "usage", "metrics", "promote"]
VERBS: tuple[Verb, ...] = ("predict", "read", "usage", "metrics", "promote")
USUAL_VERBS: tuple[Verb, ...] = ("predict", "read")  # of a key that names none
ALL = "*"  # in place of a model's id


@dataclasses.dataclass(frozen=True, slots=True)
class Caller:
    """Somebody, and what they may do."""

    id: str  # key:… or token:…, under which limits and usage count; no other's, and no secret
    name: str  # for the log
    scopes: Mapping[Verb, frozenset[str]]  # the ids of the models, or ALL, for each verb
    rate: Rate | None = None
    quota: Rate | None = None

    def allows(self, verb: Verb, model_id: str = ALL) -> bool:
        """Whether this caller may do something with a model; with ALL, with every model."""
        models = self.scopes.get(verb, frozenset())
        return ALL in models or model_id in models

    def models(self, verb: Verb) -> list[str]:
        """The ids of the models that this caller may do something with, in order."""
        return sorted(self.scopes.get(verb, ()))


NOBODY = Caller("public", "public", {})  # who sends neither key nor token
