"""Which requests are recorded for a trace viewer: as who sent them decided, or a share of them.

The share is taken by the trace's id, so that whoever takes a share of the same size, or a larger
one, records the same traces.

Source: https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/
"""

import dataclasses

RANDOM_DIGITS = 14  # hexadecimal ones, at the end of a trace's id, that are surely random
_ALL = 1 << 4 * RANDOM_DIGITS


@dataclasses.dataclass(frozen=True, slots=True)
class Sampler:
    """How a process decides."""

    ratio: float  # of all traces, from 0 to 1
    by_parent: bool = True  # whether whoever sends a request with a trace has decided for it

    def samples(self, trace_id: str, *, parent: bool | None) -> bool:
        """Whether a request is recorded. `parent` says whether its sender's part is; None: unknown.

        The random end of the trace's id is compared with a threshold: what is below is left out.
        """
        if parent is not None and self.by_parent:
            return parent
        return int(trace_id[-RANDOM_DIGITS:], 16) >= (1 - self.ratio) * _ALL


NEVER = Sampler(0.0)  # of its own accord; who sends a trace may have decided otherwise
