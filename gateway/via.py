"""Via: the gateways that a request came through (RFC 9110, section 7.6.3), and loops among them.

A gateway may be the backend of another, and by a slip its own. Each names itself by a word that no
other process has, so that two of them in a row are no loop, and refuses what names it already.
Where several processes answer at one address, a loop may be long before it meets one of them
again: so there are also no more than MAX_GATEWAYS of ours in a row.
"""

import re
import secrets

from passerelle.protocol import problems

HEADER = "Via"
MAX_GATEWAYS = 8
_OURS = re.compile(r"\bpasserelle-[0-9a-f]{8}\b")


def new_name() -> str:
    """The name of a process."""
    return f"passerelle-{secrets.token_hex(4)}"


def extended(received: str, name: str) -> str:
    """What a request says when it goes on from the gateway of that name.

    Raises:
        LoopDetected
    """
    if not received:
        return f"1.1 {name}"
    ours = _OURS.findall(received)
    if name in ours or len(ours) >= MAX_GATEWAYS:
        raise problems.LoopDetected(
            "This request came through this gateway before: a backend in models.yaml leads back to "
            "it. Mend its url."
        )
    return f"{received}, 1.1 {name}"
