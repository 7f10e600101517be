"""Whether limits can hold as a gateway is set up, before it starts."""

from gateway.keys.api_keys import Keys
from gateway.limits import shared
from passerelle.manifest.model import Manifest
from passerelle.server.settings import SettingError

ALONE = (
    "PASSERELLE_WORKERS is {workers}, and there are rates or quotas, which each worker would count "
    "for itself; set REDIS_URL, where they are counted together, or leave one worker."
)


def check(workers: int, redis_url: str, manifest: Manifest, keys: Keys) -> None:
    """Return only if all workers can count together, if there are limits to count.

    Raises:
        SettingError
    """
    try:
        shared.of(redis_url, 1)
    except ValueError as error:
        raise SettingError(f"REDIS_URL can't be used: {error}.") from None
    if workers > 1 and not redis_url and is_limited(manifest, keys):
        raise SettingError(ALONE.format(workers=workers))


def is_limited(manifest: Manifest, keys: Keys) -> bool:
    """Whether there is any rate or quota now; the files may say another thing later."""
    callers = [each.caller for each in keys.by_prefix.values()]
    return any(each.rate or each.quota for each in (*manifest.models, *manifest.tokens, *callers))
