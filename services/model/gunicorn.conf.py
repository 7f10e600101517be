"""gunicorn for the model service. The service runs in one process: threads share the model."""

from pathlib import Path

from passerelle.artifact import card
from passerelle.protocol import file_errors
from passerelle.server.gunicorn_settings import *  # noqa: F403  # gunicorn reads this module's names
from passerelle.server.settings import SettingError
from services.model import settings

try:
    options = settings.read()
    for folder in options.artifacts:
        card.read(folder)
        for file in folder.rglob("*"):
            if not file.is_dir():
                file.open("rb").close()
except SettingError as error:
    raise SystemExit(f"The model service can't start. {error}") from None
except PermissionError as error:
    file = Path(error.filename)
    reason = file_errors.reason(file, error)
    raise SystemExit(f"The model service can't start. {file} {reason}.") from None
except (OSError, ValueError, TypeError, KeyError) as error:
    raise SystemExit(
        f"The model service can't start. {folder} is no artifact; bake it again. ({error})"
    ) from None

wsgi_app = "services.model.app:create_app()"
bind = list(options.bind)
