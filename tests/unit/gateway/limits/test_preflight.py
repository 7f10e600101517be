"""Before a gateway with limits starts."""

import pytest

from gateway.keys.api_keys import Keys
from gateway.limits import preflight
from passerelle.manifest.model import Manifest, Model
from passerelle.protocol.rates import Rate
from passerelle.server.settings import SettingError
from tests.unit.gateway import made

QUOTA = Rate(amount=1, seconds=3600)
NO_KEYS = Keys({})


def manifest(**given: Rate) -> Manifest:
    model: Model = made.model(**given)
    return Manifest(models=(model,))


def test_several_workers_can_not_count_limits_without_redis() -> None:
    preflight.check(1, "", manifest(quota=QUOTA), NO_KEYS)
    preflight.check(2, "", manifest(), NO_KEYS)
    preflight.check(2, "redis://redis", manifest(quota=QUOTA), NO_KEYS)
    with pytest.raises(SettingError, match=r"PASSERELLE_WORKERS is 2.* set REDIS_URL"):
        preflight.check(2, "", manifest(quota=QUOTA), NO_KEYS)


def test_an_address_with_an_option_that_there_is_not_is_told_without_the_password() -> None:
    for url in ("redis://:s3cret@redis?colour=red", "redis://:s3cret@redis?db=red"):
        with pytest.raises(SettingError, match="REDIS_URL can't be used: ") as raised:
            preflight.check(1, url, manifest(), NO_KEYS)
        assert "s3cret" not in str(raised.value)
