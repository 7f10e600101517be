"""What every engine is: functions from named arrays to named arrays. It knows no task.

What makes a network's input of a picture's pixels is part of the artifact, normalisation too, so
that nothing outside it can get it wrong.
"""

import dataclasses
from collections.abc import Callable

from services.model.tensors import Array, Tensors

SLOTS_PER_CPU = 2  # pictures worked on for each processor: one is decoded while another infers

Infer = Callable[[Tensors], dict[str, Array]]


@dataclasses.dataclass(frozen=True)
class Engine:
    """A loaded artifact. Its functions run side by side; each is for one thread at a time."""

    infers: tuple[Infer, ...]
    note: str = ""  # what a person should know of how it runs

    def infer(self, inputs: Tensors) -> dict[str, Array]:
        """One inference, for a caller that has the engine to itself."""
        return self.infers[0](inputs)
