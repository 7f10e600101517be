"""Why a promotion that is running is where it is."""

from gateway.promotion import steps
from gateway.promotion.judgement import Judgement
from gateway.promotion.standing import Standing
from gateway.promotion.steps import Asked
from gateway.promotion.surroundings import Surroundings
from passerelle.manifest.model import Split


def unready(around: Surroundings, split: Split) -> str:
    """Which variant isn't ready, and why; empty if both are."""
    for each in split.weights:
        if found := around.not_ready(split.id, each):
            return f"{each} isn't ready ({found})"
    return ""


def refuse_unready(around: Surroundings, split: Split, now: Standing, asked: Asked) -> None:
    """Return only if nobody is sent to a variant that can't answer, or if that is forced.

    Raises:
        steps.RefusedError
    """
    is_less = asked.to is not None and asked.to <= now.weight
    if not is_less and not asked.force and (found := unready(around, split)):
        raise steps.RefusedError(f"{found}. Wait until it is.")


def reason(around: Surroundings, split: Split, now: Standing, judged: Judgement) -> str:
    """The same for people."""
    if found := unready(around, split):
        return f"{found}; it is judged again when it is."
    if now.weight == 0 and not split.compare:
        return (
            f"{steps.second(split)} has no weight and nothing is compared, so nothing is seen "
            "of it. Give it a weight, or the split a compare."
        )
    needed = steps.needed(steps.wanted(split), judged)
    return f"{needed}At {steps.percent(now.weight)}, {judged.sentence}."
