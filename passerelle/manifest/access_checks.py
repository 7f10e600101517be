"""What doesn't fit among the fields that say who gets in, and how often."""

import difflib
from collections.abc import Collection, Iterable, Iterator

from passerelle.manifest.access_fields import TokenIssuer
from passerelle.manifest.kinds import Finding
from passerelle.protocol import rates


def of_limits(rate: str | None, quota: str | None) -> Iterator[Finding]:
    """A rate lets no more through at once than a quota in a whole hour or day."""
    if rate and quota:
        at_once, most = (rates.parse(text).amount for text in (rate, quota))
        if at_once > most:
            yield "rate", f"{rate} is more than the quota, {quota}; write a smaller one"


def of_tokens(
    issuers: Iterable[tuple[int, TokenIssuer]], ids: Collection[str]
) -> Iterator[tuple[int, Finding]]:
    """What doesn't fit in the issuers of tokens, each by its number; `ids` are the models'."""
    known = set[tuple[str, str]]()
    for number, each in issuers:
        if (each.issuer, each.audience) in known:
            told = f"{each.issuer} has an entry for {each.audience} above; make one of the two"
            yield number, ("issuer", told)
        known.add((each.issuer, each.audience))
        yield from ((number, finding) for finding in of_limits(each.rate, each.quota))
        yield from ((number, finding) for finding in _subjects(each, ids))


def _subjects(issuer: TokenIssuer, ids: Collection[str]) -> Iterator[Finding]:
    """The models that their scopes name are there."""
    for subject, scopes in issuer.subjects.items():
        for scope in scopes:
            model_id = scope.partition(":")[2]
            if model_id and model_id != "*" and model_id not in ids:
                near = difflib.get_close_matches(model_id, ids, n=1)
                advice = f"did you mean {near[0]}?" if near else "add it, or remove the scope"
                yield "subjects", f"{subject} has {scope}, but no model is {model_id}; {advice}"
