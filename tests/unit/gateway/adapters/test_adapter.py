"""Which adapter asks which service."""

import pytest

from gateway import adapters
from gateway.adapters.adapter import Adapter, Get, ServedModel
from gateway.adapters.passerelle import Passerelle
from gateway.exchange import Exchange
from gateway.status import Status, Statuses
from gateway.transport import Request, Response
from passerelle.manifest.model import Backend, ExternalModel
from tests.unit.gateway import made


def external(**given: str) -> ExternalModel:
    backend = Backend.model_validate({"url": "http://10.0.0.5:5000", **given})
    return ExternalModel(id="m", title="M", timeout=1.0, service="m", backend=backend)


def test_our_own_services_have_no_backend() -> None:
    found = adapters.of(made.model())
    assert isinstance(found, Passerelle)
    assert (found.backend, dict(found.models)) == (None, {})


@pytest.mark.parametrize("protocol", adapters.BY_PROTOCOL)
def test_a_backend_is_asked_as_its_protocol_has_it(protocol: str) -> None:
    found = adapters.of(external(protocol=protocol))
    assert type(found) is adapters.BY_PROTOCOL[protocol]
    assert found.backend == external(protocol=protocol).backend


class Plain(Adapter):
    """One that adds nothing of its own."""

    def request(self, exchange: Exchange, model: ServedModel) -> Request:
        raise NotImplementedError

    def check(self, response: Response, exchange: Exchange, model: ServedModel) -> Response:
        raise NotImplementedError

    async def probe(self, get: Get, known: Statuses) -> Statuses:
        raise NotImplementedError


def test_answers_of_others_are_kept_by_what_the_manifest_says_of_their_backend() -> None:
    one, same, other = (Plain(external(path=path).backend) for path in ("/a", "/a", "/b"))
    digests = [each.digest(Status("ready")) for each in (one, same, other)]
    assert digests[0] == digests[1] != digests[2]
    assert one.is_by(Response(200, {}, b""), digests[0] or "")
