"""What a visitor chose: models for each page, and a language. The session's cookie keeps it.

A model is named by every request that sends a picture; the cookie only says what is chosen when a
page is opened.
"""

from collections.abc import Sequence

import flask

from passerelle.protocol import statuses
from services.frontend import language, models, navigation, session
from services.frontend.models import Model

COOKIE_FIELDS = {"ask": "model", "compare": "models"}  # where each page's choice is kept
MAX_MODELS = 32  # that the cookie remembers; browsers refuse one of over 4 KB

blueprint = flask.Blueprint("choices", __name__)


@blueprint.post("/choice")
def choose() -> flask.typing.ResponseReturnValue:
    """Remember the models or the language that were chosen."""
    fields = flask.request.form
    session.check_token(fields.get(session.TOKEN_FIELD))
    language.choose(fields.get("language", ""))
    if fields.get("page") in COOKIE_FIELDS:
        save_models(fields["page"], fields.getlist("model"))
    if "back" not in fields:
        return "", 204
    return flask.redirect(navigation.relative(navigation.PATHS.get(fields["back"], "/")), 303)


def save_models(page: str, model_ids: list[str]) -> None:
    """Remember the models of a page: one for `ask`, several for `compare`."""
    kept = 1 if page == "ask" else MAX_MODELS
    flask.session[COOKIE_FIELDS[page]] = model_ids[:kept]


def chosen_models(page: str, known: Sequence[Model]) -> list[str]:
    """The ids that are chosen as a page opens: the visitor's own, if they are still known.

    Otherwise a page that compares begins with all that are ready and of the first one's task, and
    one that asks a single model with the first that is ready, or the first known.
    """
    saved = flask.session.get(COOKIE_FIELDS[page], [])
    own = _of_one_task([each for each in known if each["id"] in saved])
    if own:
        return sorted((each["id"] for each in own), key=saved.index)
    ready = [each for each in known if each["status"] == statuses.READY]
    chosen = _of_one_task(ready) if page == "compare" else (ready or known)[:1]
    return [each["id"] for each in chosen]


def _of_one_task(found: Sequence[Model]) -> Sequence[Model]:
    """Those of the first one's task."""
    return next(iter(models.by_task(found).values()), [])
