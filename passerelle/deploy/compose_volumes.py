"""What is kept on one machine, and by whom: a Swarm's volumes belong to one machine each."""

from collections.abc import Iterable

from ruamel.yaml.comments import CommentedMap

from passerelle.deploy import compose_observability, rollouts
from passerelle.deploy.yaml_text import remark
from passerelle.manifest.model import AnyModel

# What the gateway writes, by the settings that say where; and the volumes that this is in.
GATEWAY_FILES = {
    "PASSERELLE_PAGE_KEY": "/page/key",
    "PASSERELLE_USAGE": "/usage/usage.db",
    **compose_observability.KEY,
}
GATEWAY_MOUNTS = ("page:/page", "usage:/usage", compose_observability.KEY_VOLUME)


def gateway_files(models: Iterable[AnyModel], *, swarm: bool) -> dict[str, str]:
    """The gateway's settings that name a file or folder in a volume."""
    own = {each.setting: each.path for each in _rollouts(tuple(models), swarm=swarm)}
    return own if swarm else GATEWAY_FILES | own


def gateway_mounts(models: Iterable[AnyModel], *, swarm: bool) -> tuple[str, ...]:
    """The gateway's volumes, each with its folder."""
    own = tuple(each.mount for each in _rollouts(tuple(models), swarm=swarm))
    return own if swarm else GATEWAY_MOUNTS + own


def volumes(models: Iterable[AnyModel], *, swarm: bool) -> CommentedMap:
    """All of them."""
    found = CommentedMap() if swarm else _always()
    for each in _rollouts(tuple(models), swarm=swarm):
        found[each.volume] = None
        remark(found, each.volume, each.about)
    return found


def placement(models: Iterable[AnyModel]) -> CommentedMap:
    """Where a Swarm runs a gateway that keeps something: always on the node that has it."""
    found = CommentedMap(constraints=[f"node.labels.{rollouts.NODE_LABEL} == true"])
    text = f"its volumes are there: docker node update --label-add {rollouts.NODE_LABEL}=true NODE"
    remark(found, "constraints", text)
    return found if rollouts.needs_files(models) else CommentedMap()


def _always() -> CommentedMap:
    """Those of every manifest."""
    found = CommentedMap(page=None, usage=None, metrics=None, prometheus=None)
    remark(found, "page", "the page's own key, which the gateway makes")
    remark(found, "usage", "how much was asked, by key, model and day")
    remark(found, "metrics", "Prometheus' own key, which the gateway makes")
    remark(found, "prometheus", "what it has scraped")
    return found


def _rollouts(models: tuple[AnyModel, ...], *, swarm: bool) -> tuple[rollouts.Kept, ...]:
    """What is kept of splits, mirrors and captures; in a Swarm only where it must last."""
    return rollouts.kept(models) if rollouts.needs_files(models) or not swarm else ()
