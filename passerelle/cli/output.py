"""Where commands print for a person: as it is, in lines as long as they are."""

import io
import sys

from rich.console import Console

console = Console(highlight=False, markup=False, soft_wrap=True)


def print_in_any_locale() -> None:
    """Print a question mark for what the locale has no letter for, such as in a title."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
