"""What is kept on one machine, and by whom: a Swarm's volumes belong to one machine each."""

from ruamel.yaml.comments import CommentedMap

from passerelle.deploy import compose_observability
from passerelle.deploy.yaml_text import remark

# What the gateway writes, by the settings that say where; and the volumes that this is in.
GATEWAY_FILES = {
    "PASSERELLE_PAGE_KEY": "/page/key",
    "PASSERELLE_USAGE": "/usage/usage.db",
    **compose_observability.KEY,
}
GATEWAY_MOUNTS = ("page:/page", "usage:/usage", compose_observability.KEY_VOLUME)


def volumes() -> CommentedMap:
    """All of them."""
    found = CommentedMap(page=None, usage=None, metrics=None, prometheus=None)
    remark(found, "page", "the page's own key, which the gateway makes")
    remark(found, "usage", "how much was asked, by key, model and day")
    remark(found, "metrics", "Prometheus' own key, which the gateway makes")
    remark(found, "prometheus", "what it has scraped")
    return found
