"""Whether there is a redis-server to test with: on CI there has to be."""

import os
import shutil

import pytest

from bench import redis_server

MARK = pytest.mark.skipif(
    shutil.which(redis_server.NAME) is None and os.environ.get("CI") != "true",
    reason=redis_server.LACK,
)
