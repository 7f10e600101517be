"""gunicorn for the gateway."""

from gateway import api_keys, known_keys, settings
from passerelle import manifest
from passerelle.server import environment, google_cloud

try:
    options = settings.read()
    manifest.read(options.manifest)
    api_keys.read(options.keys)
    known_keys.page(options)
    google_cloud.filled(options.upstream, "PASSERELLE_UPSTREAM")
except (environment.SettingError, manifest.ManifestError, api_keys.KeysError) as error:
    raise SystemExit(f"The gateway can't start.\n{error}") from None

wsgi_app = "gateway.app:create_app()"
bind = list(options.bind)
workers = 1  # a thread waits cheaply, and one process has one view of the models' health
worker_class = "passerelle.server.worker.Worker"
threads = options.request_threads
keepalive = 30  # seconds
graceful_timeout = 8  # seconds; whoever stops a container kills it after ten
control_socket_disable = True
sendfile = False  # would go round the socket's deadlines
header_map = "refuse"
forwarder_headers = ""
forwarded_allow_ips = ""  # nobody's word is taken for who the client is
