"""What every engine is: functions from (size, size, channels) uint8 to (classes,) logits.

Normalisation is part of the artifact, so that nothing outside it can get it wrong.
"""

import dataclasses
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from services.model.decode import Pixels

SLOTS_PER_CPU = 2  # pictures worked on for each processor: one is decoded while another infers

Logits = npt.NDArray[np.float32]
Infer = Callable[[Pixels], Logits]


@dataclasses.dataclass(frozen=True)
class Engine:
    """A loaded artifact. Its functions run side by side; each is for one thread at a time."""

    infers: tuple[Infer, ...]
    note: str = ""  # what a person should know of how it runs

    def infer(self, pixels: Pixels) -> Logits:
        """One inference, for a caller that has the engine to itself."""
        return self.infers[0](pixels)
