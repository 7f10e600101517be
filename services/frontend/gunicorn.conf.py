"""gunicorn for the page."""

from passerelle.server.settings import SettingError
from services.frontend import settings

try:
    options = settings.read()
    settings.key(options.key_file)
except SettingError as error:
    raise SystemExit(f"The page can't start. {error}") from None

wsgi_app = "services.frontend.app:create_app()"
bind = list(options.bind)
workers = 1  # a thread waits cheaply, and one process counts each visitor's pictures
worker_class = "passerelle.server.worker.Worker"
threads = options.request_threads
keepalive = 30  # seconds
graceful_timeout = 8  # seconds; whoever stops a container kills it after ten
control_socket_disable = True
sendfile = False  # would go round the socket's deadlines
header_map = "refuse"
forwarder_headers = ""
forwarded_allow_ips = ""  # nobody's word is taken for who the client is
