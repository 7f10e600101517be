"""What a service answered as a problem, for front ends that have errors of another form."""

import json

from gateway.transport import Response
from passerelle.protocol.problems import Problem


def read(response: Response) -> Problem:
    """The problem of a response that an adapter has checked."""
    seconds = response.headers.get("retry-after")
    found = Problem(
        json.loads(response.body)["detail"], {"Retry-After": seconds} if seconds else {}
    )
    found.status = response.status
    return found
