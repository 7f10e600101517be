"""The statuses that a model can have, for people and for routing.

ready        it answers
starting     it is being loaded
draining     its service is being stopped, and finishes what it has begun
failed       it can't be loaded, for good
unavailable  its service doesn't answer, or isn't the one that the manifest describes
"""

READY, STARTING, DRAINING = "ready", "starting", "draining"
FAILED, UNAVAILABLE = "failed", "unavailable"

BEST_FIRST = (READY, STARTING, DRAINING, FAILED, UNAVAILABLE)


def worst(statuses: list[str]) -> str:
    """The worst of some statuses."""
    return max(statuses, key=BEST_FIRST.index)
