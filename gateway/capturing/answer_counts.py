"""How the answers of a model are distributed, hour by hour, in files that all workers add to.

    MODEL/.answers/495000-0123456789ab.json    of an hour since 1970, and of what answers

So many of the hours are summed up as there are in a day; the answers of another artifact don't
count, nor do those to requests that choose what they are told of them.
"""

import dataclasses
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gateway.capturing import json_file
from passerelle.protocol.distribution import Distribution

FOLDER = ".answers"
HOURS = 24  # that count, the current one included
HOUR = 3600  # seconds
# By task: the parameters with which a client chooses which of the counted scores it is told.
CHOSEN = {"classification": ("threshold",), "detection": ("threshold", "top")}
NAME = re.compile(r"(?P<hour>[0-9]{1,9})-(?P<model>[0-9a-f]{12})\.json", re.ASCII)


@dataclasses.dataclass
class AnswerCounts:
    """What was counted, and how many requests weren't kept as too many came at once."""

    answers: Distribution = dataclasses.field(default_factory=Distribution)
    dropped: int = 0

    def add(self, other: "AnswerCounts") -> None:
        """Count what another counted."""
        self.answers.add(other.answers)
        self.dropped += other.dropped

    def __bool__(self) -> bool:
        return bool(self.answers.pictures or self.dropped)


def counts(card: Mapping[str, Any] | None, query: Mapping[str, str]) -> bool:
    """Whether the answer of a model with this card to a request with such a query counts."""
    task = str((card or {}).get("task", ""))
    return task in CHOSEN and not any(each in query for each in CHOSEN[task])


def key(card: Mapping[str, Any] | None) -> str:
    """What stands for the artifact that answers, by the model's card."""
    return hashlib.sha256(str((card or {}).get("digest", "")).encode()).hexdigest()[:12]


def add(folder: Path, model: str, counted: AnswerCounts, now: float) -> None:
    """Add to the file of the hour, and remove those of hours that no longer count.

    Only while nobody else writes into the model's folder.

    Raises:
        OSError: nothing was added.
    """
    hour, own = int(now // HOUR), folder / FOLDER
    own.mkdir(mode=0o700, exist_ok=True)
    path = own / f"{hour}-{model}.json"
    if not path.exists():
        for file in own.iterdir():
            found = NAME.fullmatch(file.name)
            if not found or int(found["hour"]) <= hour - HOURS:
                file.unlink(missing_ok=True)
    known = _read(path)
    known.add(counted)
    json_file.write(path, {"answers": known.answers.document(), "dropped": known.dropped})


def read(folder: Path, model: str, now: float) -> AnswerCounts:
    """The sums of the hours that count.

    Raises:
        OSError
    """
    hour, total = int(now // HOUR), AnswerCounts()
    for each in range(hour - HOURS + 1, hour + 1):
        total.add(_read(folder / FOLDER / f"{each}-{model}.json"))
    return total


def _read(path: Path) -> AnswerCounts:
    found = json_file.read(path)
    dropped = found.get("dropped", 0)
    answers = Distribution.of(found.get("answers")) or Distribution()
    return AnswerCounts(answers, dropped if isinstance(dropped, int) else 0)
