"""A limit on the bytes of all request bodies that a process holds at once."""


class ByteBudget:
    """How many bytes are held, and may be. Per process, of its event loop alone."""

    def __init__(self, limit: int) -> None:
        self.limit, self.held, self._peak = limit, 0, 0

    @property
    def left(self) -> int:
        """The bytes that may still be taken."""
        return self.limit - self.held

    def take(self, size: int) -> None:
        """Take so many bytes."""
        self.held += size
        self._peak = max(self._peak, self.held)

    def give_back(self, size: int) -> None:
        """Give bytes back that were taken."""
        self.held -= size

    def is_over(self, size: int) -> bool:
        """Whether nothing is held, but at least so many bytes were since this was last true."""
        if self.held or self._peak < size:
            return False
        self._peak = 0
        return True
