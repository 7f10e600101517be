"""The pictures to which another model's answer differs most: a few for each, in one file.

Of those that differ as much the newest stay, and one takes the place of another once in RENEWAL at
most. A picture that is sent again is listed once.

MODEL/.differences.json    {the other model's id: [the differences, the largest first]}
"""

import dataclasses
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gateway.capturing import json_file, picture_file
from gateway.capturing.kept import PICTURES
from passerelle import agreement
from passerelle.agreement import values

FILE = ".differences.json"
MOST = 20  # for each other model
MAX_AGE = 7 * 86_400  # seconds
RENEWAL = 60.0  # seconds that a limit holds: files go, and so do old rows
MAX_TEXT = 120  # characters of an answer's summary


@dataclasses.dataclass(frozen=True)
class Difference:
    """Two answers to one picture."""

    agreement: float  # 0..1
    at: float  # seconds since 1970
    answer: str  # the model's own, in short
    other: str  # the other one's
    picture: str | None = None  # the name of its file; None where it isn't kept
    payload: str = ""  # what stands for the request's bytes: the same for the same


class Differences:
    """Those of one model with others. Each process has one of its own; the file is everybody's."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        # By the other model's id: below which agreement one is among them, and until when.
        self._limits: dict[str, tuple[float, float]] = {}

    def is_one(self, other: str, agreement: float, now: float) -> bool:
        """Whether such an agreement may be among the lowest, as far as this process knows."""
        limit, until = self._limits.get(other, (1.0, now))
        return agreement < (limit if 0 < until - now <= RENEWAL else 1.0)

    def has_room(self, other: str, found: Difference, now: float) -> bool:
        """Whether one is among the lowest, by the file.

        Raises:
            OSError
        """
        known = read(self._path.parent, now).get(other, [])
        self._learn(other, known, now)
        if any(is_same(each, found) and each.agreement == found.agreement for each in known):
            return False
        equal = [each.at for each in known if each.agreement == found.agreement]
        is_full = len(known) >= MOST
        if is_full and equal and found.agreement == max(each.agreement for each in known):
            return now - max(equal) >= RENEWAL
        return not is_full or found.agreement < max(each.agreement for each in known)

    def add(self, other: str, found: Difference, now: float) -> None:
        """Note one, if it is among the lowest. Only while nobody else writes into the folder.

        Raises:
            OSError: the file is as it was.
        """
        known = read(self._path.parent, now)
        others = [each for each in known.get(other, []) if not is_same(each, found)]
        lowest = sorted([*others, found], key=lambda each: (each.agreement, -each.at))[:MOST]
        known[other] = lowest
        if found in lowest:
            listed = {name: [dataclasses.asdict(e) for e in each] for name, each in known.items()}
            json_file.write(self._path, listed)
        self._learn(other, lowest, now)

    def _learn(self, other: str, lowest: list[Difference], now: float) -> None:
        """Know the limit for a while."""
        is_full = len(lowest) >= MOST
        limit = max(each.agreement for each in lowest) if is_full else 1.0
        self._limits[other] = limit, now + RENEWAL


def is_same(one: Difference, other: Difference) -> bool:
    """Whether two are of one picture."""
    return bool(one.payload) and one.payload == other.payload


def read(folder: Path, now: float) -> dict[str, list[Difference]]:
    """Those of a model with each other one, without those of long ago and of removed pictures.

    Raises:
        OSError
    """
    known: dict[str, list[Difference]] = {}
    for other, rows in json_file.read(folder / FILE).items():
        for row in rows if isinstance(rows, list) else []:
            found = _one(row)
            if found and abs(now - found.at) < MAX_AGE and is_there(folder, found.picture):
                known.setdefault(other, []).append(found)
    return known


def is_there(folder: Path, picture: str | None) -> bool:
    """Whether a picture is still kept; one that never was can't go."""
    return picture is None or (
        picture_file.is_name(picture) and (folder / PICTURES / picture).is_file()
    )


def _one(row: Any) -> Difference | None:
    """A row of the file; None for anything else."""
    try:
        found = Difference(**row)
    except TypeError:
        return None
    numbers = [values.number(each) for each in (found.agreement, found.at)]
    texts = [found.answer, found.other, found.payload]
    if found.picture is not None:
        texts.append(found.picture)
    is_sound = None not in numbers and all(isinstance(each, str) for each in texts)
    return found if is_sound and 0 <= found.agreement <= 1 else None


def summary(answer: Any) -> str:
    """An answer in a few words; empty where there are none for it."""
    task = answer.get("task") if isinstance(answer, Mapping) else None
    return _short(agreement.summary(task, answer)) if isinstance(task, str) else ""


def _short(text: str) -> str:
    """A text on one line, cut off where it is long."""
    line = re.sub(r"\s+", " ", text).strip()
    return line if len(line) <= MAX_TEXT else f"{line[: MAX_TEXT - 1]}…"
