"""Which adapter asks which service."""

import pytest

from gateway import adapters
from gateway.adapters.passerelle import Passerelle
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
