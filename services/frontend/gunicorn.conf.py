"""gunicorn for the page, which runs in one process: that counts each session's pictures."""

from passerelle.server.gunicorn_settings import *  # noqa: F403  # gunicorn reads this module's names
from passerelle.server.settings import SettingError
from services.frontend import settings

try:
    options = settings.read()
    settings.read_key(options.key_file)
except SettingError as error:
    raise SystemExit(f"The page can't start. {error}") from None

wsgi_app = "services.frontend.app:create_app()"
bind = list(options.bind)
