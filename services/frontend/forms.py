"""The pages that take a picture, `classify` and `compare`; they need no scripts."""

import contextvars
import dataclasses
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import flask

from passerelle.protocol import statuses
from passerelle.server import flask_app
from services.frontend import answer, choices, errors, session, state, upload
from services.frontend.answer import Answer
from services.frontend.errors import PageError
from services.frontend.upload import Picture

MAX_REQUESTS = 8  # of one form to the gateway at once; the others wait

blueprint = flask.Blueprint("forms", __name__)


@dataclasses.dataclass(frozen=True)
class Result:
    """What one model made of a picture: an answer, or an error."""

    model_id: str
    answer: Answer | None = None
    problem: PageError | None = None


@blueprint.get("/", defaults={"page": "classify"})
@blueprint.get("/compare", defaults={"page": "compare"})
def show(page: str) -> str:
    """The form, with what the visitor chose last."""
    return _render(page)


@blueprint.post("/", defaults={"page": "classify"})
@blueprint.post("/compare", defaults={"page": "compare"})
def submit(page: str) -> tuple[str, int]:
    """The form again, with each chosen model's answer to the picture."""
    with flask_app.span().step("read"):
        form = upload.read_form(flask_app.body(), flask.request, state.current().options.max_body)
    session.check_token(form.fields.get(session.TOKEN_FIELD))
    model_ids = form.fields.getlist("model")
    choices.save_models(page, model_ids)
    try:
        results = _predict(form.picture, model_ids)
    except PageError as error:
        return _render(page, form.picture, problem=error), error.status
    return _render(page, form.picture, results), _status(results)


def _predict(picture: Picture | None, model_ids: list[str]) -> list[Result]:
    """Each model's result, in the order of the ids; several models are asked at once.

    Raises:
        PageError: a form without a picture or a model, or too many pictures.
    """
    if not model_ids:
        raise errors.no_model()
    if picture is None:
        raise errors.no_picture()
    state.current().rate_limiter.hit(session.get_id(), len(model_ids))
    with ThreadPoolExecutor(MAX_REQUESTS) as pool:
        futures = [
            pool.submit(contextvars.copy_context().run, _result, picture, each)
            for each in model_ids
        ]
        return [future.result() for future in futures]


def _result(picture: Picture, model_id: str) -> Result:
    """One model's result."""
    page, request_span = state.current(), flask_app.span()
    try:
        with page.gateway.client() as client:
            reply = client.predict(model_id, picture.content, headers=request_span.trace.headers)
    except PageError as error:
        return Result(model_id, problem=error)
    name = picture.name or answer.DEFAULT_NAME
    found = answer.from_reply(reply, request_span, page.options.public_gateway, name)
    return Result(model_id, found)


def _status(results: list[Result]) -> int:
    """200 if any model answered, otherwise the first error's."""
    errors_ = [each.problem for each in results if each.problem]
    return errors_[0].status if len(errors_) == len(results) else 200


def _render(
    page: str,
    picture: Picture | None = None,
    results: Sequence[Result] = (),
    problem: PageError | None = None,
) -> str:
    """A page's HTML, also where the gateway does not answer."""
    models: list[dict[str, Any]] = []
    request_span = flask_app.span()
    try:
        with state.current().gateway.client() as client:
            models = client.models(request_span.trace.headers)
    except PageError as error:
        problem = problem or error
    session.get_id()
    titles = {each["id"]: each["title"] for each in models}
    ready = [each["id"] for each in models if each["status"] == statuses.READY]
    return flask.render_template(
        "form.html", page=page, models=models, titles=titles, picture=picture, results=results,
        chosen=choices.chosen_models(page, list(titles), ready), problem=problem,
        request_id=request_span.trace.request_id,
    )  # fmt: skip
