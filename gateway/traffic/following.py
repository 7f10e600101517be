"""Counting what clients were answered, by variant: of splits, and of models that have a mirror."""

from gateway.followed import Followed, Follower
from gateway.traffic.counts import ANSWER
from gateway.traffic.traffic import Traffic


def follower(traffic: Traffic) -> Follower:
    """What counts each answer. A mirror's own are counted where it is asked."""

    def follow(found: Followed) -> None:
        answered_by, status, seconds = found.route.model, found.status, found.seconds
        name = answered_by.id
        if found.exchange.chosen:
            traffic.count(found.model_id, name, ANSWER, found.revision, status, seconds)
        if answered_by.mirror:  # which follows it as a split's variant, too
            traffic.count(name, name, ANSWER, 0, status, seconds)

    return follow
