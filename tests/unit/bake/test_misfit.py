"""What is said of a checkpoint that doesn't fit."""

import pytest
import torch

from passerelle.artifact.weight_sources import WeightsError
from services.bake import misfit
from services.bake.checkpoint import Checkpoint
from services.bake.fitting import Fit
from services.bake.state_dict import Entry
from tests.unit.bake import nets

pytestmark = pytest.mark.torch
RECIPE = nets.recipe(weights="file:/home/ann/nets/w/net.pth", module_folders=("/home/ann/nets",))


def fit(*shape: int, prefix: str = "", more: tuple[str, ...] = ()) -> Fit:
    return Fit({"fc.weight": Entry(torch.ones(shape), (), "fc.weight")}, prefix, "", more, ())


def test_a_file_is_named_as_the_manifest_may_name_it() -> None:
    entry = Entry(torch.ones(1), ("ema",), "module.a")
    found = Fit({"a": entry}, "ema.module.", "", (), ())
    assert misfit.line(found, RECIPE) == "weights: {file: w/net.pth, key: ema, strip: module.}"
    url = nets.recipe(weights="https://example.org/net.pth")
    assert misfit.line(found, url).startswith("weights: {https: https://example.org/net.pth, key")
    package = nets.recipe(weights="package:nets/net.pth")
    assert misfit.line(fit(1), package) == "weights: {package: nets/net.pth}"


def test_what_lies_under_a_key_is_chosen() -> None:
    entries = [Entry(torch.ones(1), (name,), "a") for name in ("model", "ema")]
    chosen = misfit.under_key(entries, RECIPE.model_copy(update={"weights_key": "ema"}))
    assert chosen == entries[1:]
    assert misfit.under_key(entries, RECIPE) == entries
    with pytest.raises(WeightsError, match=r"under key: x; tensors lie under ema, model\."):
        misfit.under_key(entries, RECIPE.model_copy(update={"weights_key": "x"}))


@pytest.mark.parametrize(
    ("recipe", "found", "missing", "told"),
    [
        ({"architecture": "torchvision:vgg11"}, fit(7, 2), [], "keywords: {num_classes: 7}"),
        ({}, fit(7, 2), [], "by arguments or keywords"),
        (
            {"architecture": "torchvision:inception_v3"},
            fit(3, 2),
            ["AuxLogits.fc.weight"],
            "keywords: {aux_logits: false}",
        ),
        ({}, fit(3, 2), ["fc.bias"], "Name another architecture"),
    ],
)
def test_what_to_write_is_told_where_it_can_be_known(
    recipe: dict[str, str], found: Fit, missing: list[str], told: str
) -> None:
    tensors = {"fc.weight": torch.ones(3, 2)}
    assert told in misfit.hint(missing, found, tensors, nets.recipe(**recipe))


def test_a_checkpoint_without_tensors_says_what_it_has() -> None:
    told = str(misfit.no_tensors(Checkpoint({"epoch": 1}, ("a.B", "c.D")), RECIPE))
    assert "it has epoch, and objects of a.B, c.D, whose code isn't run" in told
    assert "holds no tensors; save" in str(misfit.no_tensors(Checkpoint(3), RECIPE))


def test_long_lists_are_cut() -> None:
    assert misfit.listed("abcde") == "a, b, c and 2 more"
    assert misfit.listed("abc") == "a, b, c"
