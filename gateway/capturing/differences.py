"""The pictures to which another model's answer differs most: a few for each, in one file.

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

FILE = ".differences.json"
MOST = 20  # for each other model
MAX_AGE = 7 * 86_400  # seconds
MAX_TEXT = 120  # characters of an answer's summary


@dataclasses.dataclass(frozen=True)
class Difference:
    """Two answers to one picture."""

    agreement: float  # 0..1
    at: float  # seconds since 1970
    answer: str  # the model's own, in short
    other: str  # the other one's
    picture: str | None = None  # the name of its file; None where it isn't kept


class Differences:
    """Those of one model with others. Each process has one of its own; the file is everybody's."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._limits: dict[str, float] = {}  # below which agreement one is among them, if known

    def is_one(self, other: str, agreement: float) -> bool:
        """Whether such an agreement may be among the lowest, as far as this process knows."""
        return agreement < self._limits.get(other, 1.0)

    def add(self, other: str, found: Difference, now: float) -> None:
        """Note one, if it is among the lowest. Only while nobody else writes into the folder.

        Raises:
            OSError: the file is as it was.
        """
        known = read(self._path.parent, now)
        lowest = sorted([*known.get(other, []), found], key=lambda each: each.agreement)[:MOST]
        known[other] = lowest
        if found in lowest:
            listed = {name: [dataclasses.asdict(e) for e in each] for name, each in known.items()}
            json_file.write(self._path, listed)
        self._limits[other] = lowest[-1].agreement if len(lowest) == MOST else 1.0


def read(folder: Path, now: float) -> dict[str, list[Difference]]:
    """Those of a model with each other one, without those of long ago and of removed pictures.

    Raises:
        OSError
    """
    known: dict[str, list[Difference]] = {}
    for other, rows in json_file.read(folder / FILE).items():
        for row in rows if isinstance(rows, list) else []:
            found = _one(row)
            if found and now - found.at < MAX_AGE and is_there(folder, found.picture):
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
        return Difference(**row)
    except TypeError:
        return None


def summary(answer: Any) -> str:
    """An answer in a few words; empty where there are none for it."""
    task = answer.get("task") if isinstance(answer, Mapping) else None
    return _short(agreement.summary(task, answer)) if isinstance(task, str) else ""


def _short(text: str) -> str:
    """A text on one line, cut off where it is long."""
    line = re.sub(r"\s+", " ", text).strip()
    return line if len(line) <= MAX_TEXT else f"{line[: MAX_TEXT - 1]}…"
