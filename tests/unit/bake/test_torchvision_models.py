"""torchvision's models are known by its registry's names."""

import types

import pytest

from passerelle.artifact.weight_sources import WeightsError
from services.bake import torchvision_models
from services.bake.errors import ArchitectureError

pytestmark = pytest.mark.torch


def test_a_model_has_the_weights_that_are_published_for_it() -> None:
    enum = torchvision_models.weights_of("resnet18")
    assert torchvision_models.choose_weights("torchvision:DEFAULT", "resnet18", enum) == "DEFAULT"
    assert torchvision_models.choose_weights("random", "resnet18", enum) is None


def test_what_is_not_in_the_registry_is_told() -> None:
    with pytest.raises(ArchitectureError, match="torchvision has no model 'resnet19'"):
        torchvision_models.weights_of("resnet19")
    enum = types.SimpleNamespace(__members__={"V1": 1, "V2": 2})
    with pytest.raises(WeightsError, match="net has no weights 'V3'; it has DEFAULT, V1, V2"):
        torchvision_models.choose_weights("torchvision:V3", "net", enum)
