"""Rows as a table in Markdown, and what is wrong with them."""

from collections.abc import Iterable, Mapping

from tests.chaos.rows import Row

TITLES = (
    "fault", "sent", "right", "refused", "hung", "wrong", "others hurt", "seconds until well",
)  # fmt: skip
MAX_COMPLAINTS = 5  # of a row that are shown


def heading() -> str:
    """The first two lines."""
    return f"{line(TITLES)}\n{line(['---', *(['--:'] * 2), '---', *(['--:'] * 4)])}"


def text(row: Row) -> str:
    """The line of a row, and below it why it isn't as it must be."""
    if row.skipped:
        return line([row.fault, f"skipped: {row.skipped}", *[""] * 6])
    refused = ", ".join(f"{count} x {kind}" for kind, count in row.refused.items())
    well = "never" if row.until_well is None else f"{row.until_well:.1f}"
    numbers = (row.sent, row.right, refused or "none", row.hung, row.wrong, row.others, well)
    shown = row.complaints[:MAX_COMPLAINTS]
    return "\n".join([line([row.fault, *map(str, numbers)]), *(f"  ! {each}" for each in shown)])


def line(cells: Iterable[str]) -> str:
    """A line of the table."""
    return f"| {' | '.join(cells)} |"


def machine(facts: Mapping[str, str]) -> str:
    """The sentence that names what it ran on."""
    return (
        f"On {facts['processor']}, {facts['cores']} cores, {facts['system']}; {facts['versions']}."
    )
