"""Which upstream a model's requests go to. The table follows models.yaml while the gateway runs."""

import dataclasses
import difflib
from pathlib import Path
from typing import Any

from gateway import adapters, service_address, settings
from gateway.adapters.adapter import Adapter, ServedModel, StreamingAdapter
from gateway.api_keys import Key
from gateway.backend_headers import BackendHeaders
from gateway.cache_store import CacheStore
from gateway.history import History
from gateway.location import Location
from gateway.status import Status
from gateway.upstream import Limits, Upstream
from passerelle.manifest import reading, source
from passerelle.manifest.model import Cache, ExternalModel, Fetch, Manifest, Model, Pipeline
from passerelle.protocol import problems, statuses


@dataclasses.dataclass(frozen=True)
class Route:
    """One model, and where it is."""

    model: ServedModel
    upstream: Upstream
    cache: CacheStore | None  # None: the cache is off
    history: History

    @property
    def adapter(self) -> Adapter:
        """How its service is asked."""
        return self.upstream.adapter

    @property
    def protocol(self) -> str:
        """What its backend speaks."""
        backend = self.model.backend if isinstance(self.model, ExternalModel) else None
        return backend.protocol if backend else "passerelle"

    def is_streamed(self, method: str) -> bool:
        """Whether requests of a method and their answers go through as they come."""
        streams = isinstance(self.adapter, StreamingAdapter)
        return streams and (self.cache is None or method != "POST")

    @property
    def current(self) -> "Route":
        """This, or that of the backend before, as long as it alone has the model ready."""
        before, model_id = self.upstream.predecessor, self.model.id
        if before is None or before.status(model_id).status != statuses.READY:
            return self
        return dataclasses.replace(self, model=before.adapter.models[model_id], upstream=before)

    @property
    def status(self) -> Status:
        """The model's status now."""
        return self.upstream.status(self.model.id)

    @property
    def description(self) -> dict[str, Any]:
        """The model for `/models`: what the manifest says, its status, and its card."""
        status = self.status
        weights = self.model.weights if isinstance(self.model, Model) else ""
        return {
            "id": self.model.id,
            "title": self.model.title,
            "status": status.status,
            "reason": status.reason or None,
            "protocol": self.protocol,
            "weights": weights.partition(":")[0] or None,
            "replicas": self.upstream.count_replicas(self.model.id),
            "non_finite": self.upstream.count_non_finite(self.model.id),
            "note": NOTES.get(weights),
            "predict": f"/model/{self.model.id}/predict",
            "card": status.card,
        }

    @property
    def last_minutes(self) -> dict[str, Any]:
        """The model for `/history`: its status, and its last minutes."""
        status = self.status
        return {
            "id": self.model.id,
            "title": self.model.title,
            "status": status.status,
            "reason": status.reason or None,
            "replicas": self.upstream.count_replicas(self.model.id),
            "non_finite": self.upstream.count_non_finite(self.model.id),
            **self.history.document(),
        }


NOTES = {"random": "The weights are random, for trials: the answers mean nothing."}


@dataclasses.dataclass(frozen=True)
class Routes:
    """The table of one reading of the manifest. It never changes; a new reading makes a new one."""

    by_id: dict[str, Route]
    fetch: Fetch | None = None  # from where pictures are fetched; None: no picture is

    def find(self, model_id: str, key: Key) -> Route:
        """The route of a model.

        Raises:
            NotFound: with the nearest ids among those that the key may use.
        """
        if model_id in self.by_id:
            return self.by_id[model_id].current
        known = [each for each in self.by_id if key.allows(each)]
        nearest = difflib.get_close_matches(model_id, known, n=3, cutoff=0.4)
        hint = f"Did you mean {' or '.join(nearest)}?" if nearest else "GET /models lists them."
        raise problems.NotFound(f"There is no model {model_id[:63]!r}. {hint}", nearest=nearest)

    def allowed(self, key: Key) -> list[Route]:
        """The routes of the models that a key may use."""
        return [each.current for each in self.by_id.values() if key.allows(each.model.id)]


def served(manifest: Manifest) -> tuple[ServedModel, ...]:
    """The models of a manifest that have a service."""
    return tuple(each for each in manifest.models if not isinstance(each, Pipeline))


class RouteTable:
    """Makes the routes of each reading; keeps the upstreams and caches that stay.

    Per process. `start` and whatever `accept` is given from then on are of its event loop alone.
    """

    def __init__(self, options: settings.Settings) -> None:
        self.options = options
        self.limits = Limits(options.max_in_flight)  # of which all services share the retries
        self.upstreams: dict[str, Upstream] = {}
        self.caches: dict[str, CacheStore] = {}  # by the model's id
        self._started = False

    def start(self) -> None:
        """Begin to follow the services; those that come later are followed from then on."""
        self._started = True
        for each in self.upstreams.values():
            each.start()

    def stop(self) -> None:
        """Follow them no longer."""
        for each in self.upstreams.values():
            each.stop()

    def read(self, path: Path) -> Manifest:
        """The manifest at `path`.

        Raises:
            reading.ManifestError: also for a service that the setting gives no address.
        """
        manifest = reading.read_manifest(path)
        try:
            for model in served(manifest):
                self._address(model)
        except KeyError as error:
            message = f"PASSERELLE_UPSTREAM gives no address for the service {error}; add it"
            raise reading.ManifestError(path, [source.Problem(1, "", message)]) from None
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
            if self.options.refuse_others or isinstance(services[name], ExternalModel):
                each.expect({model.id: model for model in models if model.service == name})
        for name in new if self._started else ():
            self.upstreams[name].start()
        self.caches = {m.id: self._cache(m.id, m.cache) for m in models if m.cache}
        return Routes({model.id: self._route(model) for model in models}, manifest.fetch)

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
