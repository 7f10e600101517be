"""Where commands print for a person: as it is, in lines as long as they are."""

from rich.console import Console

console = Console(highlight=False, markup=False, soft_wrap=True)
