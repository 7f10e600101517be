"""What is asked of the stand-in, straight and through each gateway: bytes that nobody decodes."""

import dataclasses
import random
from pathlib import Path

from bench import stand_in_stack
from bench.hop_report import DIRECT
from bench.stand_in_stack import StandInStack
from bench.workload import Workload

BODY_BYTES = 100_000  # as many as a picture of a web page has
TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def noise(count: int = BODY_BYTES) -> bytes:
    """A body, always the same."""
    return random.Random(0).randbytes(count)  # noqa: S311  # noise, and no secret


def body_file(folder: Path) -> str:
    """The name of a file with a body."""
    file = folder / "body"
    file.write_bytes(noise())
    return str(file)


def workload_by_case(
    running: StandInStack, files: list[str], seconds: float
) -> dict[str, Workload]:
    """What is sent straight to the stand-in and, by its name, to each gateway."""
    first = running.gateways[0]
    direct = Workload(
        pictures=files,
        seconds=seconds,
        url=running.service_url,
        path=stand_in_stack.PATH,
        api_key=first.api_key,
        headers={"traceparent": TRACEPARENT},
        model=stand_in_stack.MODEL,
        pids=running.service_pids,
        server_pids=running.service_pids,
    )
    return {DIRECT: direct} | {
        each.name: dataclasses.replace(
            direct,
            url=each.url,
            api_key=each.api_key,
            headers={**direct.headers, **each.headers},
            pids=direct.pids + each.pids,
            server_pids=each.pids,
        )
        for each in running.gateways
    }
