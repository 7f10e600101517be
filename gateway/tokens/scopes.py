"""What whoever a token is about may do, out of the texts in its claim.

predict:efficientnet-lite0, predict:*    ask a model, or all
read:efficientnet-lite0, read:*          see a model in the listing and the history, or all
promote:pets, promote:*                  change the weights of a split, or of all
usage, metrics                           see everybody's usage, the gateway's metrics
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, cast

from gateway.caller import ALL, Verb

OF_ALL = ("usage", "metrics")  # verbs that are for no model in particular
_OF_MODEL = re.compile(r"(predict|read|promote):(\*|[a-z0-9-]{1,63})")

Scopes = Mapping[Verb, frozenset[str]]


def of_claim(value: Any, prefix: str) -> list[str]:
    """The scopes in a claim that begin with a prefix, without it. A claim is a text or a list."""
    texts = value.split() if isinstance(value, str) else value if isinstance(value, list) else []
    return [
        each.removeprefix(prefix)
        for each in texts
        if isinstance(each, str) and each.startswith(prefix)
    ]


def parse(texts: Iterable[str]) -> Scopes:
    """What the scopes allow. What isn't one of ours allows nothing."""
    found: dict[Verb, set[str]] = {}
    for text in texts:
        if match := _OF_MODEL.fullmatch(text):
            found.setdefault(cast("Verb", match[1]), set()).add(match[2])
        elif text in OF_ALL:
            found.setdefault(cast("Verb", text), set()).add(ALL)
    return {verb: frozenset(models) for verb, models in found.items()}
