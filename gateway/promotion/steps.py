"""From one step of a promotion to the next. Pure: what is returned is for the ledger to take.

A split begins with the weights of the manifest, **waiting** until its new variant has had as many
requests as a step needs. Then it is **judging**: as long as it isn't known whether all that the
manifest wants is so, it stays. When all of it holds, the new variant gets the weight of the next
step, and it is waiting again; at the last step it is **promoted**, and nobody judges it any more.
When one thing is broken, whether it was waiting or judging, the new variant gets no request from
then on: it is **rolled_back**. A variant that isn't ready breaks nothing and holds nothing.

Somebody with the right to may ask for the next step, or for a weight. If that is less than there
is, it is so at once, and at 0 the promotion is **paused**. If it is more, all must hold; who forces
it needs that not, but judging goes on, so that what is wrong is rolled back. Rolled back or paused,
it is only somebody's asking, or another definition in the manifest, that begins it again.
"""

import dataclasses

from gateway.promotion import standing
from gateway.promotion.judgement import FEWEST, Judgement
from gateway.promotion.standing import RUNNING, Change, Event, Standing, State, What
from passerelle.manifest.model import Promote, Split

LOST = "The ledger had lost it; it goes on where it was."


class RefusedError(Exception):
    """Nothing is changed; the text says why, and what to do."""


@dataclasses.dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to be done."""

    by: str  # who, for the log: events and reasons are for whoever sees the page
    to: float | None = None  # the new variant's weight, in percent; None: the next step's
    force: bool = False


def begin(split: Split, before: Standing | None, now: float) -> Change:
    """A promotion that is new, or whose definition isn't what it was."""
    revision = before.revision + 1 if before else 1
    after = Standing(
        split.id, standing.digest(split), dict(split.weights), revision, "waiting", now, 0
    )
    what: What = "manifest" if before else "started"
    why = f"The manifest gives {shown(after)}."
    return Change(before, after, Event(now, after.weights, what, why))


def found_again(known: Standing, now: float) -> Change:
    """A promotion that the ledger has lost, as it was last."""
    return Change(None, known, Event(now, known.weights, "started", LOST))


def judged(split: Split, now: Standing, judgement: Judgement, at: float) -> Change | None:
    """What the figures of this step bring about; None: nothing."""
    promote = wanted(split)
    if now.state not in RUNNING:
        return None
    if judgement.verdict == "breaks":
        why = f"At {percent(now.weight)}, {judgement.sentence}: {first(split)} answers everything."
        return _moved(now, 0.0, "rolled_back", judgement, Event(at, {}, "rolled_back", why))
    if judgement.verdict == "holds":
        step = next_step(promote, now.weight)
        why = f"At {percent(now.weight)}, {judgement.sentence}."
        if step is None:
            after = dataclasses.replace(now, state="promoted", since=at)
            return Change(now, after, Event(at, now.weights, "promoted", why))
        return _moved(now, step, "waiting", judgement, Event(at, {}, "advanced", why))
    state: State = "waiting" if judgement.requests < promote.requests else "judging"
    if state == now.state:
        return None
    return Change(now, dataclasses.replace(now, state=state), None)


def asked(split: Split, now: Standing, judgement: Judgement, by: Asked, at: float) -> Change:
    """What somebody's asking brings about.

    Raises:
        RefusedError
    """
    promote = wanted(split)
    to = next_step(promote, now.weight) if by.to is None else by.to
    if to is None:
        raise RefusedError(
            f"{second(split)} has {percent(now.weight)}, and there is no step after that. "
            "Say which weight it should have."
        )
    if to == 0:
        return back(now, at)
    if to <= now.weight:
        what: What = "lowered" if to < now.weight else "started"
        why = f"Somebody asked for {percent(to)}."
        return _moved(now, to, "waiting", judgement, Event(at, {}, what, why))
    if by.force:
        why = f"Somebody forced {percent(to)}; at {percent(now.weight)}, {judgement.sentence}."
        return _moved(now, to, "waiting", judgement, Event(at, {}, "forced", why))
    if judgement.verdict != "holds":
        raise RefusedError(
            f"{second(split)} is not known to be as wanted: {judgement.sentence}. "
            f"{needed(promote, judgement)}Force it, and it has {percent(to)} all the same."
        )
    why = f"Somebody asked for {percent(to)}; at {percent(now.weight)}, {judgement.sentence}."
    return _moved(now, to, "waiting", judgement, Event(at, {}, "advanced", why))


def back(now: Standing, at: float) -> Change:
    """Nobody is sent to the new variant any more, as somebody wants it, whatever was seen."""
    after = _after(now, 0.0, "paused", at, now.reference or now.revision)
    return Change(now, after, Event(at, after.weights, "rolled_back", "Somebody asked for it."))


def needed(promote: Promote, judgement: Judgement) -> str:
    """How many requests are missing yet, in a sentence with the space behind it, or nothing."""
    if judgement.requests >= promote.requests:
        return ""
    return f"A step needs {promote.requests} requests, it has had {judgement.requests}. "


def next_step(promote: Promote, weight: float) -> float | None:
    """The weight after one; None after the last."""
    return next((each for each in promote.steps if each > weight), None)


def wanted(split: Split) -> Promote:
    """What a split's promotion needs, which it has.

    Raises:
        ValueError: it has none.
    """
    if split.promote is None:
        raise ValueError(f"{split.id} has no promote")
    return split.promote


def first(split: Split) -> str:
    """The id of the old variant."""
    return next(iter(split.weights))


def second(split: Split) -> str:
    """The id of the new variant."""
    return list(split.weights)[1]


def percent(weight: float) -> str:
    """A weight."""
    return f"{weight:.4g} %"


def shown(found: Standing) -> str:
    """The weights in words."""
    return ", ".join(f"{name} {percent(weight)}" for name, weight in found.weights.items())


def _moved(now: Standing, to: float, state: State, judgement: Judgement, event: Event) -> Change:
    """A change to another weight of the new variant."""
    pair = judgement.pair
    reference = pair.old_from if pair.old.requests >= FEWEST else now.reference
    after = _after(now, to, state, event.at, reference)
    return Change(now, after, dataclasses.replace(event, weights=after.weights))


def _after(now: Standing, to: float, state: State, at: float, reference: int) -> Standing:
    """The standing with another weight of the new variant."""
    old, new = now.weights
    weights = {old: round(100.0 - to, 6), new: to}
    return Standing(now.split, now.digest, weights, now.revision + 1, state, at, reference)
