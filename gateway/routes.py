"""Which upstream a model's requests go to. The table follows models.yaml while the gateway runs."""

import asyncio
import contextlib
import dataclasses
import difflib
import functools
from collections.abc import Mapping
from pathlib import Path

from gateway import access, adapters, service_address, settings
from gateway.access import Access
from gateway.adapters.adapter import ServedModel
from gateway.any_route import AnyRoute
from gateway.backend_headers import BackendHeaders
from gateway.cache_store import CacheStore
from gateway.caller import Caller
from gateway.history import History
from gateway.location import Location
from gateway.promotion import one_ledger
from gateway.route import PipelineRoute, Route
from gateway.split_route import InForce, SplitRoute, as_written
from gateway.tokens.issuer_table import IssuerTable
from gateway.tokens.issuers import Issuers
from gateway.upstream import RESOLVE_INTERVAL, Limits, Upstream
from passerelle.manifest import reading, source
from passerelle.manifest.model import (
    Cache,
    ExternalModel,
    Fetch,
    Manifest,
    Pipeline,
    Split,
    of_kind,
)
from passerelle.protocol import problems

HEARING_TIMEOUT = 1.0  # seconds of a gateway's start, for services that hang


@dataclasses.dataclass(frozen=True)
class Routes:
    """The table of one reading of the manifest. It never changes; a new reading makes a new one."""

    by_id: dict[str, Route]  # of the models that have a service
    fetch: Fetch | None = None  # from where pictures are fetched; None: no picture is
    pipelines: Mapping[str, PipelineRoute] = dataclasses.field(default_factory=dict)  # by id
    splits: Mapping[str, SplitRoute] = dataclasses.field(default_factory=dict)  # by id
    order: tuple[str, ...] = ()  # of all ids in the manifest; those that aren't in it come last
    origins: frozenset[str] = frozenset()  # of the pages elsewhere that may ask; * is any
    access: Access = Access()  # noqa: RUF009  # it never changes
    issuers: Issuers = dataclasses.field(default_factory=Issuers)  # whose tokens are taken

    def find(self, model_id: str, caller: Caller) -> AnyRoute:
        """The route of a model.

        Raises:
            NotFound: with the nearest ids among those that the caller may read of.
        """
        found = (
            self.by_id.get(model_id) or self.splits.get(model_id) or self.pipelines.get(model_id)
        )
        if found:
            return found.current
        known = [each.model.id for each in self.allowed(caller)]
        nearest = difflib.get_close_matches(model_id, known, n=3, cutoff=0.4)
        hint = f"Did you mean {' or '.join(nearest)}?" if nearest else "GET /models lists them."
        raise problems.NotFound(f"There is no model {model_id[:63]!r}. {hint}", nearest=nearest)

    def allowed(self, caller: Caller) -> list[AnyRoute]:
        """The routes of the models that a caller may read of, in the manifest's order."""
        found: dict[str, AnyRoute] = {**self.by_id, **self.splits, **self.pipelines}
        ids = dict.fromkeys([*(each for each in self.order if each in found), *found])
        may_read = functools.partial(self.access.allows, caller, "read")
        return [found[each].current for each in ids if may_read(each)]


def served(manifest: Manifest) -> tuple[ServedModel, ...]:
    """The models of a manifest that have a service."""
    return tuple(each for each in manifest.models if not isinstance(each, Pipeline | Split))


class RouteTable:
    """Makes the routes of each reading; keeps the upstreams and caches that stay.

    Per process. `start` and whatever `accept` is given from then on are of its event loop alone.
    """

    def __init__(self, options: settings.Settings) -> None:
        self.options = options
        self.limits = Limits(options.max_in_flight)  # of which all services share the retries
        self.limits.shared.has_breakers = options.breaker
        self.upstreams: dict[str, Upstream] = {}
        self.caches: dict[str, CacheStore] = {}  # by the model's id
        self.pipelines: dict[str, PipelineRoute] = {}  # by id
        self.splits: dict[str, SplitRoute] = {}  # by id
        self.in_force: InForce = as_written  # the weights of a split
        self.issuers = IssuerTable()
        self._started = False

    def start(self) -> None:
        """Begin to follow the services; those that come later are followed from then on."""
        self._started = True
        for each in self.upstreams.values():
            each.start()

    async def heard(self) -> None:
        """Wait until each service was probed once, for at most HEARING_TIMEOUT."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HEARING_TIMEOUT):
                for each in list(self.upstreams.values()):
                    await each.heard()

    def stop(self) -> None:
        """Follow them no longer."""
        for each in self.upstreams.values():
            each.stop()

    async def watch(self) -> None:
        """Record in their histories how those are that have no upstream, until stopped."""
        while True:
            routes: list[AnyRoute] = [*self.pipelines.values(), *self.splits.values()]
            for each in routes:
                each.history.record_status(each.current.status.status)
            await asyncio.sleep(RESOLVE_INTERVAL)

    def read(self, path: Path) -> Manifest:
        """The manifest at `path`.

        Raises:
            reading.ManifestError: also for what a setting is missing for.
        """
        manifest = reading.read_manifest(path)
        if message := one_ledger.problem(manifest, self.options.workers, self.options.traffic):
            raise reading.ManifestError(path, [source.Problem(1, "", message)])
        try:
            for model in served(manifest):
                self._address(model)
        except KeyError as error:
            message = f"PASSERELLE_UPSTREAM gives no address for the service {error}; add it"
            raise reading.ManifestError(path, [source.Problem(1, "", message)]) from None
        kept = [model.id for model in served(manifest) if model.capture]
        if kept and not self.options.capture:
            message = (
                f"PASSERELLE_CAPTURE names no folder for what {kept[0]} captures; set it to one "
                "that the gateway may write to, or remove capture"
            )
            raise reading.ManifestError(path, [source.Problem(1, "", message)])
        return manifest

    def accept(self, manifest: Manifest) -> Routes:
        """The routes of a manifest's models."""
        models = served(manifest)
        services = {model.service: model for model in models}
        new = {name: model for name, model in services.items() if not self._is_known(model)}
        old = {name: self.upstreams.pop(name) for name in set(self.upstreams) - set(services)}
        old |= {name: self.upstreams.pop(name) for name in set(self.upstreams) & set(new)}
        for name, model in new.items():
            self.upstreams[name] = self._upstream(model)
        for name, each in old.items():
            if name in new and each.adapter.backend and isinstance(new[name], ExternalModel):
                self.upstreams[name].take_over_from(each)
            else:
                each.stop()
        for name, each in self.upstreams.items():
            each.slots.expect(model.id for model in models if model.service == name)
            if self.options.refuse_others or isinstance(services[name], ExternalModel):
                each.expect({model.id: model for model in models if model.service == name})
        for name in new if self._started else ():
            self.upstreams[name].start()
        self.caches = {m.id: self._cache(m.id, m.cache) for m in models if m.cache}
        routes = {model.id: self._route(model) for model in models}
        self.pipelines = self._pipelines(manifest, routes)
        self.splits = self._splits(manifest, routes)
        order = tuple(each.id for each in manifest.models)
        return Routes(
            by_id=routes,
            fetch=manifest.fetch,
            pipelines=self.pipelines,
            splits=self.splits,
            order=order,
            origins=frozenset(self.options.cors_origins)
            | set(manifest.cors.origins if manifest.cors else ()),
            access=access.of(manifest),
            issuers=self.issuers.accept(manifest.tokens),
        )

    def _pipelines(
        self, manifest: Manifest, routes: Mapping[str, Route]
    ) -> dict[str, PipelineRoute]:
        """The pipelines' routes, which keep their histories."""
        known = {name: each.history for name, each in self.pipelines.items()}
        return {
            each.id: PipelineRoute(
                each,
                (routes[each.steps[0]], routes[each.steps[1]]),
                known.get(each.id) or History(),
            )
            for each in of_kind(Pipeline, manifest.models)
        }

    def _splits(self, manifest: Manifest, routes: Mapping[str, Route]) -> dict[str, SplitRoute]:
        """The splits' routes, which keep their histories."""
        known = {name: each.history for name, each in self.splits.items()}
        return {
            each.id: SplitRoute(
                each,
                {name: routes[name] for name in each.weights},
                known.get(each.id) or History(),
                self.in_force,
            )
            for each in of_kind(Split, manifest.models)
        }

    def _route(self, model: ServedModel) -> Route:
        """The route of a model, whose upstream is there."""
        found = self.upstreams[model.service]
        return Route(model, found, self.caches.get(model.id), found.history(model.id))

    def _is_known(self, model: ServedModel) -> bool:
        """Whether there is an upstream of the model's service, and the same backend behind it."""
        found = self.upstreams.get(model.service)
        backend = model.backend if isinstance(model, ExternalModel) else None
        return found is not None and found.adapter.backend == backend

    def _upstream(self, model: ServedModel) -> Upstream:
        """The service of a model, at its address."""
        return Upstream(adapters.of(model), model.service, self._location(model), self.limits)

    def _location(self, model: ServedModel) -> Location:
        """Where a model's service is, and the headers that each request to it has."""
        address, options = self._address(model), self.options
        if not isinstance(model, ExternalModel):
            return Location(address, options.upstream_auth)
        backend, headers = model.backend, None
        if backend.headers:
            headers = BackendHeaders(backend.headers, settings.variable, options.header_files)
        if backend.url or not options.ports:
            return Location(address, "" if backend.url else options.upstream_auth, headers)
        name = f"{model.service}.{backend.start_digest}.port"
        return Location(address, headers=headers, port_file=options.ports / name)

    def _address(self, model: ServedModel) -> str:
        """Where a model's service is.

        Raises:
            KeyError: the setting gives it no address.
        """
        setting = self.options.upstream
        if isinstance(model, ExternalModel):
            backend = model.backend
            port = backend.port
            return backend.url or service_address.of_image(setting, model.service, port)
        return service_address.find(setting, model.service)

    def _cache(self, model_id: str, options: Cache) -> CacheStore:
        """The cache of a model: the one that it has, unless the manifest's options changed."""
        known = self.caches.get(model_id)
        return known if known and known.options == options else CacheStore(options)
