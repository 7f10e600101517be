"""The gateway with all on that costs a request something, beside one with its defaults.

Its key has a rate and a quota, and so has the model; usage is counted, pages of another origin may
ask, and each request is recorded and sent to a trace viewer, as which the stand-in stands. Metrics
are counted in any gateway.
"""

from pathlib import Path

from bench import stand_in_stack
from bench.stand_in_stack import Side
from gateway.keys.api_keys import Key
from passerelle.protocol import rates

NAME = "all on"
ORIGIN = "https://app.example.org"
RATE, QUOTA = "100000000/minute", "900000000/day"  # which nobody reaches
LIMITS = f", rate: {RATE}, quota: {QUOTA}}}"
CORS = f"cors: {{origins: [{ORIGIN}]}}\n"


def side(root: Path, service: str, folder: Path) -> Side:
    """A checkout's gateway with all of it on; `service` is the stand-in's URL."""
    rights = Key(
        "bench", "", "", (stand_in_stack.MODEL,), rate=rates.parse(RATE), quota=rates.parse(QUOTA)
    )
    environ = {
        "PASSERELLE_USAGE": str(folder / "usage.sqlite"),
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{service}/v1/traces",
        "OTEL_TRACES_SAMPLER": "always_on",
    }
    manifest = stand_in_stack.MANIFEST.replace("}\n", f"{LIMITS}\n") + CORS
    return Side(root, NAME, manifest, rights, environ, {"Origin": ORIGIN})
