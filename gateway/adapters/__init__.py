"""Backend adapters: an exchange becomes a service's request, and its response an answer."""

from gateway.adapters.adapter import Adapter, ServedModel
from gateway.adapters.oip import OpenInference
from gateway.adapters.passerelle import Passerelle
from gateway.adapters.raw import Raw
from passerelle.manifest.model import ExternalModel

BY_PROTOCOL: dict[str, type[Adapter]] = {
    "passerelle": Passerelle,
    "oip": OpenInference,
    "raw": Raw,
}


def of(model: ServedModel) -> Adapter:
    """How the service of a model is asked.

    Raises:
        KeyError: its protocol is not spoken here.
    """
    if isinstance(model, ExternalModel):
        return BY_PROTOCOL[model.backend.protocol](model.backend)
    return Passerelle()
