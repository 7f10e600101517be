"""How many processors this process may use."""

import os

from services.model import cgroup


def count(places: cgroup.Places = cgroup.PLACES) -> int:
    """Its affinity, or less where its container is limited to less; at least 1.

    A part of a processor counts for nothing: a thread more would only wait for its time.
    """
    limit = cgroup.processors(places)
    found = allowed()
    return found if limit is None else max(1, min(found, int(limit)))


def allowed() -> int:
    """The processors that the system lets it run on."""
    if hasattr(os, "process_cpu_count"):  # since Python 3.13, which PYTHON_CPU_COUNT may lower
        return os.process_cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
