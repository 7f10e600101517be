"""What is told of a model whose requests are captured: members of `GET /models/<id>`, by files."""

import datetime
from pathlib import Path
from typing import Any

from gateway.capturing import answer_counts, differences, drift, kept, picture_file
from gateway.route import Route


def capture(folder: Path, route: Route, now: float, prefix: str = "") -> dict[str, Any] | None:
    """What is kept of a model, and its pictures to which another's answer differs most.

    None where nothing is kept. `folder` is that of all models, `prefix` the proxy's path.
    """
    if route.model.capture is None:
        return None
    own, path = folder / route.model.id, f"{prefix}/models/{route.model.id}/captured"
    try:
        sums = kept.sums(own)
        dropped = answer_counts.read(own, answer_counts.key(route.status.card), now).dropped
        found = differences.read(own, now)
    except OSError as error:
        return {"problem": f"The folder can't be read: {error.strerror}."}
    rows = [(each.agreement, other, each) for other, rows in found.items() for each in rows]
    return {
        "pictures": sums.pictures,
        "bytes": sums.bytes,
        "max_bytes": route.model.capture.size,
        "dropped": dropped,
        "differences": [
            {
                "variant": other,
                "agreement": round(agreement, 4),
                "picture": f"{path}/{each.picture}" if each.picture else None,
                "at": moment(each.at),
                "answer": each.answer,
                "other": each.other,
            }
            for agreement, other, each in sorted(rows, key=lambda row: row[:2])
        ],
    }


def drifted(folder: Path, route: Route, now: float) -> dict[str, Any] | None:
    """How far a model's answers drift; None where nobody can tell."""
    if route.model.capture is None:
        return None
    card = route.status.card
    try:
        counted = answer_counts.read(folder / route.model.id, answer_counts.key(card), now)
    except OSError:
        return None  # `capture` says so
    return drift.document(card, counted.answers)


def moment(seconds: float) -> str:
    """A time since 1970 as JSON has it."""
    return f"{datetime.datetime.fromtimestamp(seconds, datetime.UTC):%Y-%m-%dT%H:%M:%SZ}"


def picture(folder: Path, model_id: str, name: str) -> tuple[bytes, str] | None:
    """A kept picture's file and its media type; None where there is none of that name."""
    if not picture_file.is_name(name):
        return None
    try:
        content = (folder / model_id / kept.PICTURES / name).read_bytes()
    except OSError:
        return None
    return content, picture_file.media_type(name)
