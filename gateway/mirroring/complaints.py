"""What goes wrong with mirrored requests, in the log: once a minute at most for each model."""

import dataclasses
from typing import Any

from passerelle.server import log

INTERVAL = 60.0  # seconds between two lines of one model


@dataclasses.dataclass(slots=True)
class Failures:
    """Those of one model since its last line."""

    written: float  # seconds of the clock
    count: int = 0


class Complaints:
    """Per process, of its event loop alone."""

    def __init__(self) -> None:
        self._failures: dict[str, Failures] = {}  # by the model's id
        self._obstacles: dict[tuple[str, str], str] = {}  # that were said, by two models' ids

    def failed(self, model_id: str, reason: str, now: float, **fields: Any) -> None:
        """A mirrored request failed, at that moment of the clock."""
        found = self._failures.setdefault(model_id, Failures(now - INTERVAL))
        found.count += 1
        if now - found.written >= INTERVAL:
            log.write(
                "WARNING",
                f"mirrored requests to {model_id} fail, {found.count} since this was last said",
                model=model_id,
                reason=reason,
                **fields,
            )
            found.written, found.count = now, 0

    def compared(self, models: tuple[str, str], obstacle: str) -> None:
        """Two models' answers can't be compared, for a reason; where that is empty they can."""
        if self._obstacles.get(models, "") != obstacle:
            self._obstacles[models] = obstacle
            if obstacle:
                message = f"{models[0]} can't be compared with {models[1]}: {obstacle}"
                log.write("WARNING", message, model=models[1])
