"""gunicorn for the gateway."""

from gateway import known_keys, settings
from gateway.keys import api_keys, key_file
from gateway.limits import preflight
from passerelle.manifest import reading
from passerelle.server.gunicorn_settings import *  # noqa: F403  # gunicorn reads this module's names
from passerelle.server.settings import SettingError

try:
    options = settings.read()
    manifest = reading.read_manifest(options.manifest)
    keys = key_file.read(options.keys)
    preflight.check(options.workers, options.redis, manifest, keys)
    known_keys.own_keys(options)
    known_keys.demo_key()
except (SettingError, reading.ManifestError, api_keys.KeysError) as error:
    raise SystemExit(f"The gateway can't start.\n{error}") from None

wsgi_app = "gateway.app:create_app()"
bind = list(options.bind)
workers = options.workers
if workers > 1:
    from passerelle.server import metric_files

    raw_env = [f"{metric_files.VARIABLE}={metric_files.make()}"]
    pre_fork, post_fork = metric_files.number, metric_files.join
    child_exit, on_exit = metric_files.leave, metric_files.remove
