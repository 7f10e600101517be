"""Whether the gateway can answer anything."""

from typing import Any

from gateway.state import State
from passerelle.protocol import problems, statuses
from passerelle.server import drain


def report(gateway: State) -> dict[str, Any]:
    """How many models there are, and how many can answer now.

    Raises:
        ServiceUnavailable: none can, or the gateway is being stopped.
    """
    if drain.stopping.is_set():
        raise problems.ServiceUnavailable("The gateway is being stopped.")
    found = [route.current.status.status for route in gateway.routes.current.by_id.values()]
    if statuses.READY not in found:
        raise problems.ServiceUnavailable("No model is ready yet. GET /models says why.")
    return {"status": "ready", "models": len(found), "ready": found.count(statuses.READY)}
