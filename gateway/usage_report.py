"""What `GET /usage` answers: the usage that its caller may see."""

from collections.abc import Mapping
from typing import Any

from gateway.caller import Caller
from gateway.persistence import database
from gateway.state import State
from gateway.usage import question, usage_file
from passerelle.protocol import problems
from passerelle.server import log

MAX_ROWS = 10_000  # of one answer
FRESH = 1.0  # seconds that a question waits for what was counted just now to be written


async def freshen(gateway: State) -> None:
    """Have what was counted until now in the file, unless that takes long."""
    if gateway.usage:
        await gateway.usage.write(FRESH)


def document(gateway: State, query: Mapping[str, str], caller: Caller) -> dict[str, Any]:
    """The answer. It reads the file, so it runs in a thread.

    Raises:
        NotFound: this gateway counts nothing.
        InvalidRequest: that isn't asked well, or for too much.
        ServiceUnavailable: the file can't be read.
    """
    if gateway.usage is None:
        raise problems.NotFound(
            "This gateway counts no usage. Set PASSERELLE_USAGE to the file that it shall be in."
        )
    asked = question.parse(query, caller, gateway.usage.today)
    try:
        rows = usage_file.read(gateway.usage.path, asked, MAX_ROWS + 1)
    except database.DatabaseError as error:
        log.write("ERROR", f"usage can't be read: {error}")
        raise problems.ServiceUnavailable(
            "The usage can't be read now; the gateway's log says why. Try again later."
        ) from None
    if len(rows) > MAX_ROWS:
        raise problems.InvalidRequest(
            f"These are more than {MAX_ROWS:,} rows. Ask for fewer days, or for sums such as "
            "by=caller,model."
        )
    return {
        "since": str(asked.since),
        "until": str(asked.until),
        "by": list(asked.by),
        "everybody": asked.view is None,
        "usage": rows,
    }
