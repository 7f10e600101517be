"""What all requests of the gateway share. Per process."""

import dataclasses

from gateway import via
from gateway.capturing.capturer import Capturer
from gateway.fetching.fetcher import Fetcher
from gateway.followed import Follower
from gateway.keys.api_keys import Keys
from gateway.keys.wrong_keys import WrongKeys
from gateway.limits.counts import Counts
from gateway.limits.limit import Store
from gateway.promotion.promotions import Promotions
from gateway.routes import Routes
from gateway.settings import Settings
from gateway.traffic.traffic import Traffic
from gateway.usage.usage import Usage
from passerelle.manifest.model import Manifest
from passerelle.server.file_watcher import FileWatcher


@dataclasses.dataclass(frozen=True)
class State:
    """Made once, by `app.create_app`."""

    options: Settings
    keys: FileWatcher[Keys, Keys]
    routes: FileWatcher[Manifest, Routes]
    fetcher: Fetcher = dataclasses.field(default_factory=Fetcher)
    name: str = dataclasses.field(default_factory=via.new_name)  # of the process, in Via
    usage: Usage | None = None  # None: none is counted
    traffic: Traffic = dataclasses.field(default_factory=Traffic)  # of splits and mirrors
    promotions: Promotions = dataclasses.field(default_factory=Promotions)
    limits: Store = dataclasses.field(default_factory=Counts)
    capturer: Capturer | None = None  # None: no folder is given
    followers: list[Follower] = dataclasses.field(default_factory=list)  # of answers
    wrong_keys: WrongKeys = dataclasses.field(default_factory=WrongKeys)
