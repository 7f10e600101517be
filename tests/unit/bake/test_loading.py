"""Loading a checkpoint into a network: to the same answers, or refused; never something else."""

import copy
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from passerelle.artifact.weight_sources import WeightsError
from services.bake import loading, torchvision_operators
from services.bake.checkpoint import Checkpoint
from services.bake.loading import Loaded
from tests.unit.bake import nets

pytestmark = pytest.mark.torch

State = dict[str, torch.Tensor]
Change = Callable[[State], Any]


class Net(torch.nn.Module):
    """A convolution, a norm with running values and a counter, and a head."""

    def __init__(self, classes: int = 4) -> None:
        super().__init__()
        self.body = torch.nn.Sequential(torch.nn.Conv2d(3, 5, 3), torch.nn.BatchNorm2d(5))
        self.head = torch.nn.Linear(5, classes)
        self.register_buffer("transient", torch.ones(1), persistent=False)

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        """(N, 3, H, W) -> (N, classes)."""
        logits: torch.Tensor = self.head(self.body(batch).mean((2, 3))) * self.transient
        return logits


class Wrapping(torch.nn.Module):
    """The same network one level deeper."""

    def __init__(self) -> None:
        super().__init__()
        self.net = Net()

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        """(N, 3, H, W) -> (N, classes)."""
        logits: torch.Tensor = self.net(batch)
        return logits


def made(seed: int = 1, kind: type[torch.nn.Module] = Net) -> torch.nn.Module:
    torch.manual_seed(seed)
    module = kind().eval()
    for name, buffer in module.named_buffers():
        if "running" in name:
            buffer.uniform_(0.5, 1.5)
    return module


PICTURE = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(3))


def answer(module: torch.nn.Module) -> torch.Tensor:
    with torch.inference_mode():
        output: torch.Tensor = module.eval()(PICTURE)
    return output


TRAINED = made()
STATE = TRAINED.state_dict()
OTHER = made(seed=2).state_dict()


def load(content: Any, kind: type[torch.nn.Module] = Net, **fields: Any) -> Loaded:
    """What was taken; the network answers as the trained one does."""
    module = made(seed=9, kind=kind)
    loaded = loading.load(
        module, Checkpoint(content), nets.recipe(weights="file:/x/net.pth", **fields)
    )
    assert torch.equal(answer(module), answer(TRAINED))
    return loaded


def prefixed(prefix: str, state: State = STATE) -> State:
    return {prefix + name: each for name, each in state.items()}


@pytest.mark.parametrize(
    ("content", "key", "strip"),
    [
        (STATE, "", ""),
        ({"state_dict": STATE, "epoch": 3}, "state_dict", ""),
        ({"state_dict": None, "model": STATE}, "model", ""),
        (prefixed("module."), "", "module."),
        ({"net": {"ema": prefixed("_orig_mod.module.")}}, "net.ema", "_orig_mod.module."),
        ({"optimizer": {0: {"exp_avg": STATE["head.bias"]}}, "model": STATE}, "model", ""),
        ({"a": STATE, "b": copy.deepcopy(STATE)}, "a", ""),
        (prefixed("model.") | {"criterion.weight": torch.ones(4)}, "", "model."),
        ([STATE], "0", ""),
    ],
)  # fmt: skip
def test_a_state_dict_is_found_where_training_scripts_put_it(
    content: Any, key: str, strip: str
) -> None:
    loaded = load(content)
    assert (loaded.key, loaded.strip, loaded.left) == (key, strip, ())
    assert (loaded.tensors, loaded.values) == (9, sum(each.numel() for each in STATE.values()))


def test_what_lies_beside_is_named() -> None:
    assert load(prefixed("model.") | {"loss.weight": torch.ones(1)}).unused == ("loss.weight",)


@pytest.mark.parametrize("part", ["module", "_orig_mod", "_fsdp_wrapped_module"])
def test_what_wrappers_add_within_a_name_is_taken_out(part: str) -> None:
    load({name.replace("body.", f"body.{part}."): each for name, each in STATE.items()})


def test_a_network_that_wraps_the_one_in_the_file_is_filled() -> None:
    load(STATE, Wrapping)
    load({"model": prefixed("module.")}, Wrapping)
    load(prefixed("net."), Wrapping)


def test_counters_may_be_more_or_fewer() -> None:
    counter = "body.1.num_batches_tracked"
    fewer = {name: each for name, each in STATE.items() if name != counter}
    assert load(fewer).left == (counter,)
    more = {"total_ops": torch.zeros(1), "body.0.total_params": torch.zeros(1)}
    assert load(dict(STATE) | more).left == ()


def test_half_precision_is_made_single() -> None:
    module = made(seed=9)
    half = {name: each.half() if each.is_floating_point() else each for name, each in STATE.items()}
    loading.load(module, Checkpoint(half), nets.recipe(weights="file:net.pth"))
    assert module.state_dict()["head.bias"].dtype == torch.float32
    assert torch.allclose(answer(module), answer(TRAINED), atol=1e-2)


def test_what_the_manifest_names_is_taken() -> None:
    both = {"model": prefixed("module.", OTHER), "ema": prefixed("module.")}
    assert load(both, weights_key="ema").key == "ema"
    flat = prefixed("student.") | prefixed("teacher.", OTHER)
    assert load(flat, weights_strip="student.").strip == "student."
    part = prefixed("net.") | {f"other.{number}": torch.ones(1) for number in range(99)}
    assert load(part, weights_strip="net.").strip == "net."


@pytest.mark.parametrize(
    ("content", "fields", "told"),
    [
        (
            {"model": STATE, "ema": OTHER},
            {},
            r"2 state dicts .* weights: {file: /x/net.pth, key: model} or weights: .* key: ema}",
        ),
        (prefixed("a.") | prefixed("b.", OTHER), {}, r"strip: a\.} or .* strip: b\.}"),
        (
            prefixed("net.") | {f"other.{number}": torch.ones(1) for number in range(99)},
            {},
            r"9 tensors fit .* 99 others \(other\.0, .*strip: net\.}",
        ),
        ({"model": STATE}, {"weights_key": "ema"}, "no tensors under key: ema.* lie under model"),
        ({"epoch": 3}, {}, "holds no tensors: it has epoch; save"),
        (dict(STATE) | {"more.weight": torch.ones(1)}, {}, "1 aren't in the network: more.weight"),
        ({"a": torch.ones(1)}, {}, "none of the network's 9 names. They are .*; those in .* a"),
        (
            {name: each for name, each in STATE.items() if name != "head.bias"},
            {},
            "1 of the network's 9 names are missing: head.bias",
        ),
        (
            dict(STATE) | {"head.weight": torch.ones(7, 5), "head.bias": torch.ones(7)},
            {},
            "head.weight is 7x5 in the file, 4x5 in the network.* If it has 7 classes",
        ),
        (
            dict(STATE) | {"head.bias": torch.ones(4, dtype=torch.int8)},
            {},
            "head.bias is torch.int8 in the file, torch.float32 in the network",
        ),
        (dict(STATE) | {"head.bias": torch.full((4,), torch.nan)}, {}, "head.bias .*NaN"),
    ],
)  # fmt: skip
def test_what_is_not_certain_is_refused_with_what_to_write(
    content: Any, fields: dict[str, Any], told: str
) -> None:
    with pytest.raises(WeightsError, match=told):
        load(content, **fields)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.float8_e4m3fn])
def test_nan_is_found_in_any_precision(dtype: torch.dtype) -> None:
    good = torch.tensor([1.0, -2.0])
    assert not loading.has_nan(good.to(dtype))
    assert loading.has_nan(torch.tensor([1.0, torch.nan, 3.0]).to(dtype))
    assert not loading.has_nan(torch.zeros(0, dtype=dtype))


def test_an_unknown_class_is_named() -> None:
    found = Checkpoint({"state_dict": 1}, ("nets.Net",))
    with pytest.raises(
        WeightsError, match=r"holds no tensors: .* objects of nets\.Net, whose code"
    ):
        loading.load(made(), found, nets.recipe())


def test_a_part_of_a_larger_network_is_not_a_smaller_one() -> None:
    larger = dict(STATE) | {"body.2.weight": torch.ones(5)}
    with pytest.raises(
        WeightsError, match=r"under the key model .*: 1 aren't in .*body\.2\.weight"
    ):
        load({"model": larger})


class Forgetful(Net):
    """Says that it loads, and does not."""

    def load_state_dict(self, *_: Any, **__: Any) -> Any:
        """Do nothing."""


class Hidden(Net):
    """Has a parameter that its state dict lacks."""

    def state_dict(self, *arguments: Any, **options: Any) -> Any:
        """All but the head's bias."""
        state = super().state_dict(*arguments, **options)
        return OrderedDict((name, each) for name, each in state.items() if name != "head.bias")


@pytest.mark.parametrize("kind", [Forgetful, Hidden])
def test_a_parameter_that_stays_as_it_was_made_fails_the_bake(kind: type[Net]) -> None:
    state = {name: each for name, each in STATE.items() if kind is Forgetful or name != "head.bias"}
    with pytest.raises(WeightsError, match=r"doesn't load .*head\.bias|doesn't load body"):
        load(state, kind)


class Versioned(Net):
    """Its weights meant the opposite in its first version."""

    _version = 2

    def _load_from_state_dict(self, state: Any, prefix: str, noted: Any, *more: Any) -> None:
        if noted.get("version") not in {1, 2}:
            raise ValueError("no version")
        if noted["version"] == 1:
            state[f"{prefix}head.weight"] = -state[f"{prefix}head.weight"]
            state[f"{prefix}head.bias"] = -state[f"{prefix}head.bias"]
        super()._load_from_state_dict(state, prefix, noted, *more)


@pytest.mark.parametrize("prefix", ["", "module."])
@pytest.mark.parametrize(("version", "sign"), [(None, 1), (2, 1), (1, -1)])
def test_the_version_that_a_file_notes_reaches_the_network(
    version: int | None, sign: int, prefix: str
) -> None:
    state = OrderedDict(
        (prefix + name, sign * each if name.startswith("head") else each)
        for name, each in STATE.items()
    )
    if version is not None:
        noted = {prefix.removesuffix("."): {"version": version}}
        state._metadata = noted  # type: ignore[attr-defined]  # as torch does
    load({"model": state}, Versioned)


def test_older_names_that_torch_itself_understands_are_loaded() -> None:
    def old() -> torch.nn.Module:
        made: torch.nn.Module = torch.nn.Linear(3, 2)
        torch.nn.utils.parametrizations.weight_norm(made)
        return made

    state = {"weight_g": torch.ones(2, 1), "weight_v": torch.ones(2, 3), "bias": torch.ones(2)}
    module = old()
    loading.load(module, Checkpoint({"model": state}), nets.recipe())
    assert torch.equal(module.state_dict()["parametrizations.weight.original1"], torch.ones(2, 3))


def densenet(models: Any) -> torch.nn.Module:
    made: torch.nn.Module = models.DenseNet(4, (1, 1), 8)
    return made


def transformer(models: Any) -> torch.nn.Module:
    made: torch.nn.Module = models.VisionTransformer(32, 16, 1, 2, 8, 8)
    return made


def mnasnet(models: Any) -> torch.nn.Module:
    made: torch.nn.Module = models.MNASNet(0.1)
    return made


@pytest.mark.parametrize(
    ("make", "spellings"),
    [
        (densenet, {".norm1.": ".norm.1.", ".conv2.": ".conv.2."}),
        (transformer, {"mlp.0.": "mlp.linear_1.", "mlp.3.": "mlp.linear_2."}),
        (mnasnet, {}),  # which wants its version, and plain mappings have none
    ],
)
def test_published_names_in_an_older_spelling_are_loaded(
    make: Callable[[Any], torch.nn.Module], spellings: dict[str, str]
) -> None:
    models = torchvision_operators.import_torchvision().models
    one, other = make(models), make(models)
    state = dict(one.state_dict())
    for new, old in spellings.items():
        assert any(new in name for name in state)
        state = {name.replace(new, old): each for name, each in state.items()}
    loading.load(other, Checkpoint(state), nets.recipe())
    filled = other.state_dict()
    assert all(torch.equal(filled[name], each) for name, each in one.state_dict().items())


def test_tied_weights_are_in_a_file_once() -> None:
    class Tied(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.two = torch.nn.Linear(3, 3), torch.nn.Linear(3, 3)
            self.two.weight = self.one.weight

    state = {name: torch.ones_like(each) for name, each in Tied().state_dict().items()}
    del state["two.weight"]
    module = Tied()
    loading.load(module, Checkpoint(state), nets.recipe())
    assert torch.equal(module.two.weight, torch.ones(3, 3))


NAMES = st.sampled_from(["model", "module", "net", "ema", "state_dict", "_orig_mod", "0", "body"])


@st.composite
def wrappings(draw: st.DrawFn) -> Any:
    """A good state dict with prefixes, in mappings, among other things, perhaps with faults."""
    content: Any = dict(STATE)
    for _ in range(draw(st.integers(0, 4))):
        name = draw(NAMES)
        match draw(
            st.sampled_from(["wrap", "prefix", "beside", "other", "drop", "half", "within"])
        ):
            case "wrap":
                content = {name: content}
            case "prefix" if all(isinstance(each, torch.Tensor) for each in content.values()):
                content = prefixed(f"{name}.", content)
            case "beside":
                content = content | {"epoch": 3, "lr": torch.ones(2)}
            case "other":
                content = content | {f"{name}2": dict(OTHER)}
            case "drop" if content:
                content.pop(draw(st.sampled_from(sorted(content))))
            case "within":
                content = {
                    key.replace("body.", f"body.{name}."): each for key, each in content.items()
                }
            case "half":
                content = content | {"again": dict(STATE), "empty": None}
    return content


@settings(max_examples=80, deadline=None)
@given(wrappings())
def test_any_wrapping_is_loaded_to_the_same_answers_or_refused(content: Any) -> None:
    module = made(seed=9)
    try:
        loading.load(module, Checkpoint(content), nets.recipe(weights="file:net.pth"))
    except WeightsError:
        return
    whole = (TRAINED, made(seed=2))  # the second is whole where the first was taken apart
    assert any(torch.equal(answer(module), answer(each)) for each in whole)
