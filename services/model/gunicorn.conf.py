"""gunicorn for the model service. The service runs in one process: threads share the model."""

from passerelle.artifact import card
from passerelle.server.settings import SettingError
from services.model import settings

try:
    options = settings.read()
    for folder in options.artifacts:
        card.read(folder)
except SettingError as error:
    raise SystemExit(f"The model service can't start. {error}") from None
except (OSError, ValueError, TypeError, KeyError) as error:
    raise SystemExit(f"{folder} is no artifact; bake it again. ({error})") from None

wsgi_app = "services.model.app:create_app()"
bind = list(options.bind)
workers = 1
worker_class = "passerelle.server.worker.DrainingWorker"
threads = options.request_threads
keepalive = 75  # seconds; longer than the gateway keeps an idle connection
graceful_timeout = 8  # seconds; whoever stops a container kills it after ten
control_socket_disable = True
sendfile = False  # would go round the socket's deadlines
header_map = "refuse"
forwarder_headers = ""
forwarded_allow_ips = ""  # nobody's word is taken for who the client is
