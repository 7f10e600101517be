"""Several models under one id, through real processes."""

import collections
import concurrent.futures
import json
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests

from tests.conftest import shared_state
from tests.support import small_net, stack

pytestmark = pytest.mark.torch

MANIFEST = (
    small_net.MANIFEST
    + """\
  - {id: second, like: first}
  - {id: pets, title: Pets, split: {first: 90, second: 10}}
  - {id: keyed, split: {first: 50, second: 50}, sticky: key}
  - {id: named, split: {first: 50, second: 50}, sticky: header X-User}
  - {id: none, split: {first: 100, second: 0}}
"""
)
REQUESTS = 1_500
