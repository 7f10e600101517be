"""Headers by which a proxy or a gateway tells what is behind it who asks, and from where.

A backend may take their word for it, so that none goes on as a client sent it. Which names there
are was gathered from what nginx, Envoy, Traefik, Kong, OAuth2 Proxy, and the identity-aware proxies
of Google, Amazon, Microsoft and Cloudflare set or are told to set.
"""

import functools
import re

NAMES = frozenset({
    "cf-connecting-ip", "client-ip", "fastly-client-ip", "forwarded", "remote-email",
    "remote-groups", "remote-name", "remote-user", "true-client-ip", "x-anonymous-consumer",
    "x-client-cert", "x-client-ip", "x-cluster-client-ip", "x-email", "x-groups", "x-real-ip",
    "x-user", "x-user-email", "x-user-id", "x-username",
})  # fmt: skip
BEGINNINGS = re.compile(
    "x-(auth|authenticated|request|forwarded|original|rewrite|remote|webauth|consumer|credential|ssl|"
    "goog-authenticated|goog-iap|amzn-oidc|ms-client-principal|ms-token|envoy)-|cf-access-|ssl-client-"
)


@functools.lru_cache(1_000)
def is_one(name: str) -> bool:
    """Whether a header, its name in lower case, with dashes or underscores, is one of these."""
    dashed = name.replace("_", "-")
    return dashed in NAMES or bool(BEGINNINGS.match(dashed))
