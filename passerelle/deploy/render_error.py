"""What can't be rendered."""


class RenderError(Exception):
    """The text says what to write instead."""
