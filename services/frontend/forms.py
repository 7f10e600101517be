"""The pages that take a picture, `ask` and `compare`; they need no scripts."""

import base64
import contextvars
import dataclasses
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import flask

from passerelle.server import flask_app
from services.frontend import answer, choices, errors, models, session, state, table, upload
from services.frontend.answer import Answer
from services.frontend.errors import PageError
from services.frontend.models import Model
from services.frontend.upload import Picture

MAX_REQUESTS = 8  # of one form to the gateway at once; the others wait
MAX_SOURCES = 4 * upload.MAX_EMBEDDED  # bytes of a picture that is drawn upon, in all its answers
DEFAULT_THRESHOLD = 0.5  # the score from which on boxes are shown
DETECTION = "detection"

blueprint = flask.Blueprint("forms", __name__)


@dataclasses.dataclass(frozen=True)
class Result:
    """What one model made of a picture: an answer, or an error."""

    model_id: str
    answer: Answer | None = None
    problem: PageError | None = None


@dataclasses.dataclass(frozen=True)
class Asked:
    """What a form asks for, once it is read."""

    model_ids: list[str]
    picture: Picture | None
    threshold: float = DEFAULT_THRESHOLD


@blueprint.get("/", defaults={"page": "ask"})
@blueprint.get("/compare", defaults={"page": "compare"})
def show(page: str) -> str:
    """The form, with what the visitor chose last."""
    try:
        return _render(page, _known_models())
    except PageError as error:
        return _render(page, [], problem=error)


@blueprint.post("/", defaults={"page": "ask"})
@blueprint.post("/compare", defaults={"page": "compare"})
def submit(page: str) -> tuple[str, int]:
    """The form again, with each chosen model's answer to the picture."""
    with flask_app.span().step("read"):
        form = upload.read_form(flask_app.body(), flask.request, state.current().options.max_body)
    session.check_token(form.fields.get(session.TOKEN_FIELD))
    asked = Asked(form.fields.getlist("model"), form.picture)
    choices.save_models(page, asked.model_ids)
    known: list[Model] = []
    try:
        threshold = parse_threshold(form.fields.get("threshold"))
        if threshold is not None:
            asked = dataclasses.replace(asked, threshold=threshold)
        known = _known_models()
        results = _predict(asked, known)
    except PageError as error:
        return _render(page, known, asked, problem=error), error.status
    return _render(page, known, asked, results), _status(results)


def parse_threshold(text: str | None) -> float | None:
    """A score from 0 to 1, or None where none is asked for.

    Raises:
        PageError
    """
    if not text:
        return None
    try:
        threshold = float(text)
    except ValueError:
        raise errors.invalid_threshold() from None
    if not 0 <= threshold <= 1:
        raise errors.invalid_threshold()
    return threshold


def _known_models() -> list[Model]:
    """The models that the page may use.

    Raises:
        PageError
    """
    with state.current().gateway.client() as client:
        return list(client.models(flask_app.span().trace.headers))


def _predict(asked: Asked, known: list[Model]) -> list[Result]:
    """Each model's result, in the order of the ids; several models are asked at once.

    Raises:
        PageError: a form without a picture or a model, of several tasks, or too many pictures.
    """
    if not asked.model_ids:
        raise errors.no_model()
    chosen = [each for each in known if each["id"] in asked.model_ids]
    models.check_one_task(chosen)
    if asked.picture is None:
        raise errors.no_picture()
    state.current().rate_limiter.hit(session.get_id(), len(asked.model_ids))
    detects = DETECTION in models.by_task(chosen)
    threshold = asked.threshold if detects else None
    with ThreadPoolExecutor(MAX_REQUESTS) as pool:
        futures = [
            pool.submit(contextvars.copy_context().run, _result, asked.picture, each, threshold)
            for each in asked.model_ids
        ]
        return [future.result() for future in futures]


def _result(picture: Picture, model_id: str, threshold: float | None) -> Result:
    """One model's result."""
    page, request_span = state.current(), flask_app.span()
    try:
        with (
            request_span.hop("gateway", "POST", "gateway") as hop,
            page.gateway.client() as client,
        ):
            reply = client.predict(
                model_id, picture.content, threshold=threshold, headers=hop.trace.headers
            )
    except PageError as error:
        return Result(model_id, problem=error)
    name = picture.name or answer.DEFAULT_NAME
    question = answer.Question(page.options.public_gateway, name, threshold)
    return Result(model_id, answer.from_reply(model_id, reply, request_span, question))


def _status(results: list[Result]) -> int:
    """200 if any model answered, otherwise the first error's."""
    errors_ = [each.problem for each in results if each.problem]
    return errors_[0].status if len(errors_) == len(results) else 200


def _render(
    page: str,
    known: Sequence[Model],
    asked: Asked = Asked([], None),
    results: Sequence[Result] = (),
    problem: PageError | None = None,
) -> str:
    """A page's HTML, also where the gateway does not answer."""
    session.get_id()
    groups = models.by_task(known)
    return flask.render_template(
        "form.html", page=page, groups=groups, titles={each["id"]: each["title"] for each in known},
        picture=asked.picture, results=results, chosen=choices.chosen_models(page, known),
        threshold=asked.threshold if DETECTION in groups else None, problem=problem,
        source=_source(asked.picture, results), csv=_csv_address(asked.picture, results),
        request_id=flask_app.span().trace.request_id,
    )  # fmt: skip


def _source(picture: Picture | None, results: Sequence[Result]) -> str:
    """The picture's address in each answer; empty where it would make the page too large."""
    if not picture or len(picture.content) * len(results) > MAX_SOURCES:
        return ""
    return picture.address


def _csv_address(picture: Picture | None, results: Sequence[Result]) -> str:
    """The answers as a CSV file, in the address of a link; empty where there are none."""
    found = [each.answer for each in results if each.answer]
    if not (picture and found):
        return ""
    entries = [
        table.Entry(picture.name, each.model, each.task, each.findings.table) for each in found
    ]
    encoded = base64.b64encode(table.to_csv(entries).encode()).decode()
    return f"data:text/csv;charset=utf-8;base64,{encoded}"
