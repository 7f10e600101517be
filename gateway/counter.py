"""How many requests are somewhere now. Per process, of its event loop alone."""


class Counter:
    """Counts one more for as long as a block runs; it comes with every request, so no generator.

    with counter:
        ...
    """

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0

    def __enter__(self) -> None:
        self.count += 1

    def __exit__(self, *_: object) -> None:
        self.count -= 1
