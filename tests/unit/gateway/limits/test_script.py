"""The script in Redis; tests/system/test_limits_store.py runs it."""

import hashlib

from gateway.limits import script


def test_redis_knows_the_script_by_its_hash() -> None:
    digest = hashlib.new("sha1", script.TEXT.encode(), usedforsecurity=False)
    assert digest.hexdigest() == script.SHA1


def test_every_key_that_is_written_has_an_expiry() -> None:
    writes = [line for line in script.TEXT.splitlines() if "'SET'" in line]
    assert len(writes) == 1
    assert "'PX'" in writes[0]
