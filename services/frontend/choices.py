"""What a visitor chose: models for each page, and a language. The session's cookie keeps it.

A model is named by every request that sends a picture; the cookie only says what is chosen when a
page is opened.
"""

import flask

from services.frontend import language, navigation, session

COOKIE_FIELDS = {"classify": "model", "compare": "models"}  # where each page's choice is kept
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
    """Remember the models of a page: one for `classify`, several for `compare`."""
    kept = 1 if page == "classify" else MAX_MODELS
    flask.session[COOKIE_FIELDS[page]] = model_ids[:kept]


def chosen_models(page: str, known: list[str], ready: list[str]) -> list[str]:
    """The ids that are chosen as a page opens: the visitor's own, if they are still known.

    Otherwise a page that compares begins with all that are ready, and one that classifies with
    the first of those, or the first known.
    """
    own = [each for each in flask.session.get(COOKIE_FIELDS[page], []) if each in known]
    return own or (ready if page == "compare" else (ready or known)[:1])
