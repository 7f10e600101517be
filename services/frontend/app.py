"""START HERE: `predict` is a picture's way through the page, in order."""

import flask
import flask_babel
import httpx

from passerelle.client import connections
from passerelle.server import flask_app
from passerelle.server.application import Application
from passerelle.server.wsgi import Threads
from services.frontend import (
    answer,
    choices,
    error_page,
    forms,
    language,
    models,
    navigation,
    rollouts,
    session,
    settings,
    state,
    status,
    upload,
)  # fmt: skip
from services.frontend.client import Gateway
from services.frontend.rate_limit import RateLimiter

SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' blob: data:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}

blueprint = flask.Blueprint("predict", __name__)


@blueprint.post("/model/<model_id>/predict")
def predict(model_id: str) -> flask.Response:
    """Check the token, count, read, ask the gateway, and show where the time went."""
    request, page, request_span = flask.request, state.current(), flask_app.span()
    session.check_token(request.headers.get(session.TOKEN_HEADER))
    page.rate_limiter.hit(session.get_id())
    picture = upload.limited(flask_app.body(), page.options.max_body)
    threshold = forms.parse_threshold(request.args.get("threshold"))
    with request_span.hop("gateway", "POST", "gateway") as hop, page.gateway.client() as client:
        reply = client.predict(model_id, picture, threshold=threshold, headers=hop.trace.headers)
    request_span.downstream = reply.server_timing
    question = answer.Question(page.options.public_gateway, threshold=threshold)
    return flask.jsonify(answer.from_reply(model_id, reply, request_span, question).document())


def create_app(options: settings.Settings | None = None) -> Application:
    """The page's application: Flask answers everything, in its threads.

    Raises:
        SettingError: a setting or the page's key can't be used.
    """
    options = options or settings.read()
    max_body = options.max_body + upload.MAX_BESIDE
    threads = Threads(create_pages(options), options.request_threads, max_body)
    return Application("frontend", options, threads)


def create_pages(options: settings.Settings, http: httpx.Client | None = None) -> flask.Flask:
    """The Flask application. `http` has the connections to the gateway; by no proxy unless given.

    Raises:
        SettingError: the page's key can't be used.
    """
    http = http or connections.new(options.gateway, use_proxy=False)
    app = flask_app.create("frontend", error_page.render, pages="services.frontend")
    app.extensions["passerelle"] = state.State(
        options,
        Gateway(options.gateway, options.key_file, http),
        RateLimiter(options.rate),
    )
    key, path = settings.read_key(options.key_file), options.path_prefix
    session.install(app, key, https=options.https, path=path)
    flask_babel.Babel(app, locale_selector=language.preferred)
    install_template_names(app, options.max_body)
    pages = blueprint, forms.blueprint, status.blueprint, rollouts.blueprint, choices.blueprint
    for each in pages:
        app.register_blueprint(each)
    app.after_request(add_headers)
    return app


def install_template_names(app: flask.Flask, max_body: int) -> None:
    """What every template can use beside what its handler gives it."""
    app.jinja_env.filters |= {
        "percent": language.percent,
        "number": language.number,
        "score": language.score,
    }
    app.jinja_env.globals |= {
        "csrf_token": session.token,
        "languages": language.LANGUAGES,
        "locale": flask_babel.get_locale,
        "paths": navigation.PATHS,
        "relative": navigation.relative,
        "max_body": max_body,
        "measures": models.measures,
        "agreement": models.agreement,
    }


def add_headers(response: flask.Response) -> flask.Response:
    """The headers of every answer: nothing foreign is loaded, and no page is cached."""
    response.headers.update(SECURITY_HEADERS)
    if flask.request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
        response.vary.update(["Cookie", "Accept-Language"])
    return response
