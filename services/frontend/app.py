"""START HERE: `predict` is a picture's way through the page, in order."""

import contextvars
import dataclasses
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import flask
from babel.numbers import format_decimal, format_percent
from flask_babel import Babel, get_locale

from passerelle.protocol import problems
from passerelle.server import log, memory, problem_responses, request_body, span
from services.frontend import answer, charts, client, errors, session, settings, upload

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' blob: data:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
PAGES = {"classify": "model", "compare": "models"}  # and what the cookie calls their choice
AT_ONCE = 8  # models that one form asks; the others wait
WAYS = {"classify": "/", "compare": "/compare", "status": "/status"}


def create_app(options: settings.Settings | None = None) -> flask.Flask:  # noqa: C901, PLR0915  # the routes, one after the other
    """The page: `span.TracingMiddleware` outermost, so that every answer is traced, then the routes."""
    options = options or settings.read()
    memory.return_freed_memory()
    log.project = options.project
    gateway, counter = client.Client(options), session.Counter(options.rate)
    app = flask.Flask(__name__)
    app.secret_key = session.secret(settings.key(options.key_file))
    app.config.update(
        SESSION_COOKIE_NAME="passerelle", SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=options.https, WTF_CSRF_TIME_LIMIT=None,
    )  # fmt: skip
    Babel(app, locale_selector=session.language)
    app.jinja_env.filters |= {"percent": percent, "number": number}
    app.jinja_env.globals |= {"token": session.token, "languages": session.LANGUAGES}
    app.jinja_env.globals |= {"locale": get_locale, "ways": WAYS, "max_body": options.max_body}
    problem_responses.install(app, refuse)
    app.wsgi_app = span.TracingMiddleware(app.wsgi_app, "frontend")  # type: ignore[method-assign]  # Flask's own way to add a layer

    @app.post("/model/<model_id>/predict")
    def predict(model_id: str) -> flask.Response:
        """Check, count, read, ask the gateway, and say where the time went."""
        request, here, began = flask.request, span.current(), time.perf_counter()
        session.check(request.headers.get(session.TOKEN_HEADER))
        counter.count(session.identify())
        with here.step("read"):
            picture = request_body.read(request, options.max_body)
        with here.step("gateway"):
            reply = gateway.predict(model_id, picture, here.trace.headers)
        here.downstream = reply.timing
        found = answer.of(reply, here.steps["read"], began, options.shown)
        return flask.jsonify(dataclasses.asdict(found))

    @app.get("/", defaults={"page": "classify"})
    @app.get("/compare", defaults={"page": "compare"})
    def show(page: str) -> str:
        """The form, with the visitor's choice."""
        return rendered(page)

    @app.post("/", defaults={"page": "classify"})
    @app.post("/compare", defaults={"page": "compare"})
    def submit(page: str) -> tuple[str, int]:
        """The same for a browser without scripts: one picture, to one model or to several."""
        request, here, began = flask.request, span.current(), time.perf_counter()
        with here.step("read"):
            form = upload.form(request, options.max_body)
        session.check(form.fields.get(session.TOKEN))
        wanted = form.fields.getlist("model")
        session.choose(PAGES[page], wanted)
        results: list[Any] = []
        try:
            if not wanted:
                raise errors.no_model()
            if form.picture is None:
                raise errors.no_picture()
            counter.count(session.identify(), len(wanted))
            results = asked(wanted, form.picture, here, began)
        except errors.Refusal as refusal:
            return rendered(page, picture=form.picture, problem=refusal), refusal.status
        bad = [each.status for _, each in results if isinstance(each, errors.Refusal)]
        status = bad[0] if len(bad) == len(results) else 200
        return rendered(page, picture=form.picture, results=results), status

    def asked(wanted: list[str], picture: upload.Picture, here: span.Span, began: float) -> Any:
        """Each model's answer or refusal, several asked at once."""

        def ask(model_id: str) -> Any:
            try:
                reply = gateway.predict(model_id, picture.content, here.trace.headers)
            except errors.Refusal as refusal:
                return model_id, refusal
            name = picture.name or answer.NAME
            return model_id, answer.of(reply, here.steps["read"], began, options.shown, name)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            runs = [pool.submit(contextvars.copy_context().run, ask, each) for each in wanted]
            return [run.result() for run in runs]

    def rendered(page: str, **shown: Any) -> str:
        """The form of a page, also where the gateway is away."""
        models: list[dict[str, Any]] = []
        try:
            models = gateway.models(span.current().trace.headers)
        except errors.Refusal as refusal:
            shown.setdefault("problem", refusal)
        session.identify()
        ready = [each["id"] for each in models if each["status"] == "ready"]
        chosen = session.chosen(PAGES[page], [each["id"] for each in models], ready)
        titles = {each["id"]: each["title"] for each in models}
        return flask.render_template(
            "classify.html", page=page, models=models, chosen=chosen, titles=titles,
            request_id=span.current().trace.request_id, **shown,
        )  # fmt: skip

    @app.get("/status")
    def status() -> str:
        """Every model's health, load and latency; `?part` is what a script refreshes."""
        told = gateway.history(span.current().trace.headers)
        seconds = told["slot_seconds"]
        drawn = [(each, charts.of(each["slots"], seconds)) for each in told["models"]]
        template = "charts.html" if "part" in flask.request.args else "status.html"
        minutes = round(
            seconds * max((len(each["slots"]) for each in told["models"]), default=0) / 60
        )
        return flask.render_template(template, page="status", drawn=drawn, minutes=minutes)

    @app.post("/choice")
    def choose() -> flask.typing.ResponseReturnValue:
        """Remember the models or the language that were chosen."""
        fields = flask.request.form
        session.check(fields.get(session.TOKEN))
        remember(fields)
        if "back" not in fields:
            return "", 204
        return flask.redirect(WAYS.get(fields["back"], "/"), 303)

    @app.get("/health/live")
    def live() -> dict[str, str]:
        """Whether the process answers at all."""
        return {"status": "live"}

    @app.after_request
    def protect(response: flask.Response) -> flask.Response:
        """The headers that every page has."""
        response.headers.update(HEADERS)
        if flask.request.endpoint != "static":
            response.headers["Cache-Control"] = "no-store"
            response.vary.update(["Cookie", "Accept-Language"])
        return response

    return app


def remember(fields: "MultiDict[str, str]") -> None:
    """Keep what a form says was chosen in the visitor's cookie."""
    session.choose_language(fields.get("language", ""))
    for page, kind in PAGES.items():
        if fields.get("page") == page:
            session.choose(kind, fields.getlist("model"))


def refuse(problem: problems.Problem) -> flask.Response:
    """A problem in the visitor's language: a page for a person, JSON for a script."""
    refusal = errors.translated(problem)
    response = problem_responses.respond(refusal)
    if errors.wants_page():
        response.set_data(
            flask.render_template(
                "problem.html", page="", problem=refusal,
                request_id=span.current().trace.request_id,
            )
        )  # fmt: skip
        response.mimetype = "text/html"
    return response


def percent(share: float) -> str:
    """A share, 0..1, in the visitor's language."""
    return str(format_percent(round(share, 3), locale=get_locale(), decimal_quantization=False))


def number(value: float) -> str:
    """A number with one digit behind the point, in the visitor's language."""
    return str(format_decimal(round(value, 1), locale=get_locale()))
