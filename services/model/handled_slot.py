"""A slot of a model with a handler: an inference function, and a handler of its own.

A handler may hang. Then its slot is given up: a new one takes over the inference function, and the
thread that hangs may not use it any more, should it come back.
"""

import threading
from collections.abc import Callable

from services.model.engines.engine import Infer
from services.model.handled import Handled
from services.model.handler import HandlerError
from services.model.tensors import Array, Tensors


class HandledSlot:
    """Is called as an inference function. For one thread at a time."""

    def __init__(self, infer: Infer, make: Callable[[], Handled]) -> None:
        self._infer, self._make = infer, make
        self.handled = make()
        self._lock = threading.Lock()  # of the inference function
        self._is_given_up = False

    @property
    def name(self) -> str:
        """What the handler is called."""
        return self.handled.handler.name if self.handled.handler else ""

    def __call__(self, inputs: Tensors) -> dict[str, Array]:
        """One inference.

        Raises:
            HandlerError: the slot was given up meanwhile.
        """
        with self._lock:
            if self._is_given_up:
                raise HandlerError("the handler came back after its slot was given up.")
            return self._infer(inputs)

    def successor(self) -> "HandledSlot":
        """The slot that takes over from this one, with a new handler.

        It waits for the inference that may be under way.

        Raises:
            HandlerError: no other handler can be made.
        """
        with self._lock:
            self._is_given_up = True
        return HandledSlot(self._infer, self._make)
