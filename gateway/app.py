"""START HERE: `predict` is a request's way through the gateway, in order.

It runs on the event loop; what people ask beside it is in control.py.
"""

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator

from gateway import (
    answering,
    auth,
    control,
    cors,
    known_keys,
    limiting,
    metrics,
    picture_by_url,
    promoting,
    settings,
    via,
)
from gateway.capturing.capturer import Capturer
from gateway.front_ends import huggingface, open_inference, open_inference_models
from gateway.front_ends import passerelle as own
from gateway.front_ends.front_end import FrontEnd
from gateway.keys import api_keys
from gateway.keys.wrong_keys import WrongKeys
from gateway.limits import shared
from gateway.mirroring.mirrors import Mirrors
from gateway.routes import RouteTable
from gateway.state import State
from gateway.traffic import following
from gateway.traffic.traffic import Traffic
from gateway.usage.usage import Usage
from passerelle.manifest import reading
from passerelle.protocol.problems import Problem
from passerelle.server.application import ANY, Application
from passerelle.server.file_watcher import FileWatcher
from passerelle.server.messages import Request, Response
from passerelle.server.metrics import PATH, Metrics
from passerelle.server.wsgi import Threads

PREDICT = "/model/{model_id}/predict{below:path}"
FRONT_ENDS: tuple[tuple[str, str, FrontEnd], ...] = (
    ("POST", PREDICT, own),
    ("POST", "/hf/{model_id}", huggingface),
    ("POST", "/v2/models/{model_id}/infer", open_inference),
    ("POST", "/v2/models/{model_id}/versions/{version}/infer", open_inference),
)  # what clients speak, by the method and path of their requests


async def predict(gateway: State, front_end: FrontEnd, request: Request) -> Response:
    """Receive, identify, route, limit, read, fetch a picture named by its address, answer."""
    exchange = front_end.receive(request)
    with exchange.span.step("auth"):
        caller = await auth.identify(gateway, exchange.client, exchange.span)
        auth.permit(gateway, caller, "predict", exchange.model_id)
    with exchange.span.step("route"):
        route = gateway.routes.current.find(exchange.model_id, caller)
        route.introduce(exchange, request.method)
        exchange.via = via.extended(request.headers.get("via", ""), gateway.name)
    await limiting.admit(gateway, exchange, caller, route)
    await front_end.read_payload(exchange, request, gateway.options.max_body)
    await picture_by_url.complete(gateway, exchange, request, route)
    return await answering.answer(gateway, exchange, route, front_end, request)


async def predict_any(gateway: State, request: Request) -> Response:
    """The same with another method than POST, which only a backend may take that takes any.

    OPTIONS that doesn't get as far is told what every model takes.
    """
    try:
        return await predict(gateway, own, request)
    except Problem as problem:
        if request.method == "OPTIONS" and "backend" not in problem.members:
            return Response(200, headers=[("Allow", own.ALLOWED)])
        raise


def create_app(options: settings.Settings | None = None) -> Application:
    """The gateway's application, which follows the key file and the manifest while it runs."""
    options = options or settings.read()
    table = RouteTable(options)
    read_keys = known_keys.reader(options)
    traffic = Traffic(options.traffic)
    promotions = promoting.of(options, table, traffic)
    key_files = [each for each in (options.page_key, options.metrics_key) if each]
    gateway = State(
        options,
        FileWatcher(
            options.keys, read_keys, lambda keys: keys, api_keys.KeysError, beside=key_files
        ),
        FileWatcher(options.manifest, table.read, table.accept, reading.ManifestError),
        usage=Usage(options.usage, options.usage_days) if options.usage else None,
        traffic=traffic,
        promotions=promotions,
        limits=shared.of(options.redis, options.redis_timeout, options.workers),
        wrong_keys=WrongKeys(options.max_wrong_keys),
        capturer=Capturer(options.capture) if options.capture else None,
    )
    return make_app(gateway, table)


def make_app(gateway: State, table: RouteTable) -> Application:
    """The application around its state."""
    options = gateway.options
    measured = metrics.of(gateway, table.limits)
    threads = Threads(control.create_app(gateway), options.request_threads, options.max_body)
    mirrors = Mirrors(gateway.traffic, gateway.capturer.differ if gateway.capturer else None)
    lifespan = functools.partial(running, gateway, table, measured, mirrors)
    app = Application("gateway", options, threads, lifespan)
    app.intercept = functools.partial(cors.intercept, gateway)
    if gateway.usage:
        app.observers.append(gateway.usage.observe)
    gateway.followers.append(following.follower(gateway.traffic))
    gateway.followers.append(lambda found: mirrors.follow(found, gateway.routes.current.by_id))
    if gateway.capturer:
        gateway.followers.append(gateway.capturer.take)
    for method, path, front_end in FRONT_ENDS:
        handler = functools.partial(predict, gateway, front_end)
        app.add_route(method, path, handler, front_end.refuse)
    app.add_route(ANY, PREDICT, functools.partial(predict_any, gateway))
    for method, path, ask in open_inference_models.HANDLERS:
        app.add_route(method, path, functools.partial(ask, gateway), open_inference.refuse)
    for method, path, answer in control.HANDLERS:
        app.add_route(method, path, functools.partial(answer, gateway, threads))
    app.add_route("POST", promoting.PATH, functools.partial(promoting.ask, gateway))
    app.add_route("GET", "/health/ready", functools.partial(control.ready, gateway))
    app.add_route("GET", PATH, functools.partial(control.metrics, gateway, measured))
    measured.follow(app)
    return app


@contextlib.asynccontextmanager
async def running(
    gateway: State, table: RouteTable, measured: Metrics, mirrors: Mirrors
) -> AsyncIterator[None]:
    """Follow the services, the files and the other workers, for as long as the gateway runs.

    Requests come once it has heard of the services: a worker that takes another's place would
    refuse its first ones.
    """
    table.start()
    await table.heard()
    parts = [each for each in (gateway.usage, gateway.capturer, gateway.traffic, mirrors) if each]
    async with contextlib.AsyncExitStack() as entered, asyncio.TaskGroup() as tasks:
        for part in parts:
            await entered.enter_async_context(part.running())
        await gateway.promotions.begin()
        watched = gateway.keys, gateway.routes, table, table.issuers, measured, gateway.promotions
        watching = [tasks.create_task(each.watch()) for each in watched]
        yield
        for each in watching:
            each.cancel()
    table.stop()
    await gateway.limits.close()
