"""How often a model says which class, and with which scores: on a card, and of answers since.

A bake and `passerelle evaluate` count it over their pictures; the gateway counts it over the
answers that it gives, and tells how far the two are apart. A picture of a classification counts
by its likeliest class, one of a detection by all its boxes.
"""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any, Self

TASKS = ("classification", "detection")  # whose answers are counted
BINS = 20  # of the scores, each as wide as the others, from 0 to 1
MAX_CLASSES = 2_000  # that are counted by themselves
MAX_NAME = 200  # characters of a class's
MAX_COUNT = 10**15  # that a document may say
OTHERS = "…"  # the name of all classes beyond those


@dataclasses.dataclass(slots=True)
class Distribution:
    """The counts. What an answer says is looked at before it counts: it may be anybody's."""

    pictures: int = 0
    classes: dict[str, int] = dataclasses.field(default_factory=dict)
    scores: list[int] = dataclasses.field(default_factory=lambda: [0] * BINS)
    score_sum: float = 0.0
    unbounded: int = 0  # scores that aren't in 0..1, with which there is no distribution of them

    def count(self, answer: Mapping[str, Any]) -> bool:
        """Count the answer to one picture, in a service's own form, if its task is such."""
        found = answer.get("predictions")
        if answer.get("task") not in TASKS or not isinstance(found, list):
            return False
        self.pictures += 1
        for each in found[:1] if answer["task"] == "classification" else found:
            if isinstance(each, Mapping):
                self._count(str(each.get("label", ""))[:MAX_NAME], each.get("score"))
        return True

    def _count(self, name: str, score: Any) -> None:
        """Count one class that was found."""
        self._add_class(name, 1)
        if not isinstance(score, int | float) or not 0 <= score <= 1:  # which NaN isn't
            self.unbounded += 1
            return
        self.scores[min(int(score * BINS), BINS - 1)] += 1
        self.score_sum += score

    def _add_class(self, name: str, count: int) -> None:
        """Count a class, by itself as long as there are few."""
        if name not in self.classes and len(self.classes) >= MAX_CLASSES:
            name = OTHERS
        self.classes[name] = self.classes.get(name, 0) + count

    def add(self, other: "Distribution") -> None:
        """Count what another counted."""
        self.pictures += other.pictures
        for name, count in other.classes.items():
            self._add_class(name, count)
        self.scores = [one + two for one, two in zip(self.scores, other.scores, strict=True)]
        self.score_sum += other.score_sum
        self.unbounded += other.unbounded

    @property
    def mean(self) -> float | None:
        """The mean score; None without any."""
        count = sum(self.scores)
        return self.score_sum / count if count and not self.unbounded else None

    def document(self) -> dict[str, Any]:
        """The counts as JSON has them, the most frequent class first."""
        ordered = sorted(self.classes.items(), key=lambda each: (-each[1], each[0]))
        return {
            "pictures": self.pictures,
            "classes": dict(ordered),
            "scores": self.scores,
            "score_sum": round(self.score_sum, 4),
            "unbounded": self.unbounded,
        }

    @classmethod
    def of(cls, document: Any) -> Self | None:
        """The counts of such a document, whatever else it says; None where it is none."""
        try:
            scores = [int(each) for each in document["scores"]]
            classes = {str(name): int(count) for name, count in document["classes"].items()}
            found = cls(
                int(document["pictures"]), classes, scores, float(document["score_sum"]),
                int(document["unbounded"]),
            )  # fmt: skip
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
            return None
        counts = [found.pictures, *classes.values(), *scores, found.unbounded]
        are_counts = min(counts) >= 0 and max(counts) <= MAX_COUNT
        is_sound = len(scores) == BINS and len(classes) <= MAX_CLASSES + 1
        return found if is_sound and are_counts and math.isfinite(found.score_sum) else None
