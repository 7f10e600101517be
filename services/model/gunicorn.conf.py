"""gunicorn for the model service. The service runs in one process: threads share the model."""

from passerelle.artifact import card
from passerelle.server.gunicorn_settings import *  # noqa: F403  # gunicorn reads this module's names
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
