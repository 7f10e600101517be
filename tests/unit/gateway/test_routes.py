"""Which service a model's requests go to."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from gateway import routes, settings
from gateway.adapters.raw import Raw
from gateway.keys import api_keys
from gateway.routes import Routes, RouteTable
from gateway.status import Status
from gateway.upstream import Upstream
from passerelle.manifest import reading
from passerelle.manifest.model import Cache, ExternalModel
from passerelle.protocol import problems
from tests.unit.gateway import made
from tests.unit.gateway.conftest import Clock
from tests.unit.gateway.made import settle, until

MANIFEST = """\
version: 1
models:
  - {id: one, architecture: "torchvision:resnet18", weights: random, service: zoo, cache: {}}
  - {id: two, architecture: "torchvision:resnet18", weights: random, service: zoo}
"""

BACKEND = """\
version: 1
models:
  - {id: ocr, backend: {protocol: passerelle, %s}}
"""


def table(**given: str) -> RouteTable:
    return RouteTable(settings.read({"PASSERELLE_KEYS": "keys.yaml", **given}))


def written(folder: Path, text: str = MANIFEST) -> Path:
    file = folder / "models.yaml"
    file.write_text(text)
    return file


def key(*models: str) -> Any:
    return api_keys.new("test", models or ("*",), None)[1].caller


def accepted(found: RouteTable, folder: Path, text: str = MANIFEST) -> Routes:
    """The routes of a manifest, which the table accepts."""
    return found.accept(found.read(written(folder, text)))


def test_models_of_one_service_share_its_upstream(tmp_path: Path) -> None:
    found = accepted(table(), tmp_path)
    assert found.by_id["one"].upstream is found.by_id["two"].upstream
    assert list(found.by_id["one"].upstream.location.addresses) == ["http://zoo:8080"]


def test_reading_changes_nothing_before_what_was_read_is_accepted(tmp_path: Path) -> None:
    found = table()
    accepted(found, tmp_path)
    before = dict(found.upstreams)
    manifest = found.read(written(tmp_path, MANIFEST.replace("zoo", "park")))
    assert [model.service for model in routes.served(manifest)] == ["park", "park"]
    assert found.upstreams == before


def test_the_hosts_that_pictures_come_from_follow_the_manifest(tmp_path: Path) -> None:
    assert accepted(table(), tmp_path).fetch is None
    given = accepted(table(), tmp_path, f"{MANIFEST}fetch: {{hosts: [a.example]}}\n").fetch
    assert given
    assert given.hosts == ("a.example",)


def test_a_new_reading_keeps_upstreams_histories_and_caches_that_stay(tmp_path: Path) -> None:
    found = table()
    before = accepted(found, tmp_path).by_id["one"]
    after = accepted(found, tmp_path, MANIFEST.replace("id: two", "id: three")).by_id["one"]
    assert (after.upstream, after.history, after.cache) == (
        before.upstream, before.history, before.cache,
    )  # fmt: skip


def test_another_cache_in_the_manifest_starts_empty(tmp_path: Path) -> None:
    found = table()
    before = accepted(found, tmp_path).by_id["one"].cache
    after = accepted(found, tmp_path, MANIFEST.replace("cache: {}", "cache: {size: 5}"))
    assert after.by_id["one"].cache is not before
    gone = accepted(found, tmp_path, MANIFEST.replace(", cache: {}", ""))
    assert gone.by_id["one"].cache is None


class Followed:
    """In place of following services: which begin to be followed, and which are no more."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.started: list[str] = []
        self.stopped: list[str] = []
        monkeypatch.setattr(Upstream, "start", lambda each: self.started.append(each.service))
        monkeypatch.setattr(Upstream, "stop", lambda each: self.stopped.append(each.service))


def test_services_are_followed_from_the_tables_start_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    followed, found = Followed(monkeypatch), table()
    accepted(found, tmp_path)
    assert not followed.started  # the loop doesn't run yet
    found.start()
    accepted(found, tmp_path)
    assert followed.started == ["zoo"]
    accepted(found, tmp_path, MANIFEST.replace("service: zoo}", "service: park}"))
    assert followed.started == ["zoo", "park"]
    assert not followed.stopped
    found.stop()
    assert sorted(followed.stopped) == ["park", "zoo"]


async def test_of_services_that_hang_the_table_waits_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    answering, found = asyncio.Event(), table()
    monkeypatch.setattr(Upstream, "heard", lambda _: answering.wait())
    accepted(found, tmp_path)
    hearing = asyncio.create_task(found.heard())
    await settle()
    assert not hearing.done()
    clock.now += routes.HEARING_TIMEOUT
    await until(hearing.done)
    await hearing
    answering.set()
    await found.heard()  # at once


def test_a_service_that_is_gone_is_followed_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    followed, found = Followed(monkeypatch), table()
    accepted(found, tmp_path)
    accepted(found, tmp_path, MANIFEST.replace("zoo", "park"))
    assert followed.stopped == ["zoo"]
    assert set(found.upstreams) == {"park"}


def test_all_services_share_one_budget_of_retries(tmp_path: Path) -> None:
    found = accepted(table(), tmp_path, MANIFEST.replace("service: zoo}", "service: park}"))
    one, two = (found.by_id[each].upstream for each in ("one", "two"))
    assert one is not two
    assert one.limits.retry_budget is two.limits.retry_budget


def test_a_service_without_an_address_is_a_problem_of_the_manifest(tmp_path: Path) -> None:
    with pytest.raises(reading.ManifestError, match="gives no address for the service 'zoo'"):
        table(PASSERELLE_UPSTREAM="park=http://10.0.0.1").read(written(tmp_path))


def test_what_is_captured_needs_a_folder(tmp_path: Path) -> None:
    text = MANIFEST.replace("cache: {}", "capture: {share: 1%}")
    with pytest.raises(reading.ManifestError, match="no folder for what one captures; set it to"):
        table().read(written(tmp_path, text))
    assert table(PASSERELLE_CAPTURE=str(tmp_path)).read(written(tmp_path, text))


@pytest.mark.parametrize(
    ("backend", "address"),
    [
        ("url: http://10.0.0.5:9", "http://10.0.0.5:9"),
        ("image: acme/ocr", "http://ocr:8080"),
        ("image: acme/ocr, port: 5000", "http://ocr:5000"),
    ],
)
def test_a_backend_is_at_its_url_or_where_its_image_listens(
    backend: str, address: str, tmp_path: Path
) -> None:
    route = accepted(table(), tmp_path, BACKEND % backend).by_id["ocr"]
    assert list(route.upstream.location.addresses) == [address]


def test_what_runs_here_says_its_port_in_a_file(tmp_path: Path) -> None:
    found = table(PASSERELLE_PORTS="/run", PASSERELLE_UPSTREAM="unix:/run/{service}.sock")
    route = accepted(found, tmp_path, BACKEND % "command: [serve]").by_id["ocr"]
    assert isinstance(route.model, ExternalModel)
    file = Path("/run", f"ocr.{route.model.backend.start_digest}.port")
    assert route.upstream.location.port_file == file
    url = accepted(found, tmp_path, BACKEND % "url: http://10.0.0.5").by_id["ocr"]
    assert url.upstream.location.port_file is None


@pytest.mark.parametrize(("where", "token"), [("url: https://a", False), ("image: acme/ocr", True)])
def test_googles_token_goes_to_services_of_ours_alone(
    *, where: str, token: bool, tmp_path: Path
) -> None:
    google = table(PASSERELLE_UPSTREAM="https://{service}", PASSERELLE_UPSTREAM_AUTH="google")
    route = accepted(google, tmp_path, BACKEND % where).by_id["ocr"]
    (credentials,) = route.upstream.location.addresses.values()
    assert (credentials is not None) is token


async def test_a_backends_headers_are_of_the_gateways_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "variable", {"TOKEN": "secret"}.get)
    manifest = BACKEND % "url: https://a, headers: {X-Key: env:TOKEN}"
    route = accepted(table(), tmp_path, manifest).by_id["ocr"]
    (credentials,) = route.upstream.location.addresses.values()
    assert credentials
    assert await credentials() == {"X-Key": "secret"}


def test_a_changed_backend_is_asked_once_it_is_ready(tmp_path: Path) -> None:
    found = table()
    before = accepted(found, tmp_path, BACKEND % "url: http://10.0.0.5").by_id["ocr"]
    before.upstream.replicas = made.upstream().replicas
    (replica,) = before.upstream.replicas.values()
    replica.statuses = {"ocr": Status("ready")}
    after = accepted(found, tmp_path, BACKEND % "url: http://10.0.0.6")
    found_now = after.by_id["ocr"].current
    assert (found_now.upstream, found_now.model) == (before.upstream, before.model)
    assert after.find("ocr", key()) == found_now
    assert after.allowed(key()) == [found_now]
    replica.statuses = {"ocr": Status("unavailable")}
    assert after.find("ocr", key()) is after.by_id["ocr"]
    gone = accepted(found, tmp_path, MANIFEST)
    assert after.by_id["ocr"].upstream.predecessor is None
    assert "ocr" not in gone.by_id


def test_unless_told_otherwise_services_with_other_models_are_refused(tmp_path: Path) -> None:
    refusing = accepted(table(), tmp_path).by_id["one"].upstream
    assert set(refusing.adapter.models) == {"one", "two"}
    lenient = accepted(table(PASSERELLE_REFUSE_OTHERS="0"), tmp_path).by_id["one"].upstream
    assert not lenient.adapter.models


def test_what_a_service_should_hold_follows_the_manifest(tmp_path: Path) -> None:
    found = table()
    accepted(found, tmp_path)
    after = accepted(found, tmp_path, MANIFEST.replace("id: two", "id: three"))
    assert set(after.by_id["one"].upstream.adapter.models) == {"one", "three"}


def test_an_unknown_model_is_not_found_and_the_nearest_are_named() -> None:
    found = Routes({name: made.route(id=name) for name in ("resnet152", "vgg16", "secret152")})
    with pytest.raises(problems.NotFound, match=r"Did you mean resnet152\?") as raised:
        found.find("resnet151", key("resnet152", "vgg16"))
    assert raised.value.members == {"nearest": ["resnet152"]}
    with pytest.raises(problems.NotFound, match="GET /models lists them"):
        found.find("zzz", key())


def test_a_key_sees_its_models_alone() -> None:
    found = Routes({name: made.route(id=name) for name in ("one", "two")})
    assert [route.model.id for route in found.allowed(key("two"))] == ["two"]


def test_the_description_says_how_the_model_is_and_warns_of_random_weights() -> None:
    description = made.route(weights="random").description
    assert (description["status"], description["reason"]) == ("ready", "because")
    assert description["replicas"] == {"ready": 1, "known": 1, "ejected": 0}
    assert description["non_finite"] == made.route().last_minutes["non_finite"] == 0
    assert description["followed"] is made.route().last_minutes["followed"] is False
    assert description["note"].startswith("The weights are random")
    assert len(made.route().last_minutes["slots"]) == 60


@pytest.mark.parametrize(
    ("adapter", "kept", "method", "expected"),
    [
        (None, None, "POST", False),
        (Raw(), None, "POST", True),
        (Raw(), Cache(size=1, ttl=1), "POST", False),
        (Raw(), Cache(size=1, ttl=1), "GET", True),
    ],
)
def test_what_is_kept_does_not_go_through_as_it_comes(
    adapter: Raw | None, kept: Cache | None, method: str, *, expected: bool
) -> None:
    found = made.route(made.upstream(adapter=adapter), kept)
    assert found.is_streamed(method) is expected


def test_the_issuers_of_tokens_follow_the_manifest_and_keep_their_keys(tmp_path: Path) -> None:
    found = table()
    assert not accepted(found, tmp_path).issuers
    issuer = 'tokens: [{issuer: "https://login.example.com", audience: a}]\n'
    first = accepted(found, tmp_path, MANIFEST + issuer).issuers
    second = accepted(found, tmp_path, MANIFEST + issuer.replace(": a}", ": b}")).issuers
    assert first
    assert second
    assert first._issuers[0].source is second._issuers[0].source
