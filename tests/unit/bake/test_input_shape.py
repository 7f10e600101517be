"""An input is what the manifest says, over what the weights' publisher says."""

from typing import Any

import pytest

from passerelle.artifact import card
from passerelle.artifact.card import Input
from passerelle.manifest import model
from services.bake import input_shape, torchvision_operators
from services.bake.errors import ArchitectureError
from tests.unit.bake import nets

pytestmark = pytest.mark.torch


def transforms_of(name: str) -> Any:
    """The transforms that go with torchvision's weights of a model."""
    models = torchvision_operators.import_torchvision().models
    return models.get_model_weights(name).DEFAULT.transforms()


def resnet18() -> dict[str, Any]:
    """What these say of an input for a classifier."""
    return input_shape.of_classifier(transforms_of("resnet18"))


def test_what_the_manifest_says_of_the_input_comes_before_the_transforms() -> None:
    transforms = resnet18()
    given = model.Input(size=(192, 192), interpolation="bicubic")
    shape = input_shape.complete(given, transforms)
    assert (shape.size, shape.resize, shape.interpolation) == ((192, 192), 256, "bicubic")
    assert shape.mean == input_shape.MEAN[3]


def test_without_transforms_the_defaults_are_imagenets() -> None:
    assert input_shape.complete(model.Input(size=(224, 224))) == Input(
        (224, 224), 256, "bilinear", input_shape.MEAN[3], input_shape.STD[3]
    )


def test_a_segmentation_is_given_the_whole_picture() -> None:
    given = model.Input(size=(224, 224))
    shape = input_shape.complete(given, task="segmentation")
    assert (shape.fit, shape.resize) == ("squash", None)
    with pytest.raises(ArchitectureError, match="write fit: squash or fit: letterbox"):
        input_shape.complete(model.Input(size=(224, 224), fit="crop"), task="segmentation")


def test_a_larger_size_than_the_weights_resize_has_a_resize_of_its_own() -> None:
    transforms = resnet18()
    larger = input_shape.complete(model.Input(size=(384, 384)), transforms)
    assert larger.resize == round(384 / 0.875)
    oblong = input_shape.complete(model.Input(size=(384, 128)), transforms)
    assert oblong.resize is None
    squashed = input_shape.complete(model.Input(fit="squash"), transforms)
    assert (squashed.size, squashed.resize, squashed.pad) == ((224, 224), None, ())


def test_a_resize_that_is_less_than_the_publishers_size_is_told() -> None:
    with pytest.raises(ArchitectureError, match="resize 200 is less than size 224; swap them"):
        input_shape.complete(model.Input(resize=200), resnet18())
    both = model.Input(resize=(256, 200))
    with pytest.raises(ArchitectureError, match=r"less than size \[224, 224\], both \[height, w"):
        input_shape.complete(both, resnet18())


def test_a_border_is_of_the_same_grey_unless_it_is_given() -> None:
    boxed = model.Input(size=(64, 32), fit="letterbox")
    assert input_shape.complete(boxed).pad == (114, 114, 114)
    given = boxed.model_copy(update={"channels": 1, "pad": (9,)})
    assert input_shape.complete(given).pad == (9,)


@pytest.mark.parametrize("channels", [1, 3, "rgb", "bgr"])
def test_imagenets_numbers_are_in_the_order_of_the_channels(channels: model.Channels) -> None:
    given = model.Input(size=(64, 64), channels=channels)
    shape = input_shape.complete(given)
    turn = -1 if channels == "bgr" else 1
    assert shape.channels == (1 if channels == 1 else 3)
    assert shape.order == ("bgr" if channels == "bgr" else "rgb")
    assert shape.mean == input_shape.MEAN[shape.channels][::turn]
    published = input_shape.complete(given, resnet18())
    assert published.std == input_shape.STD[shape.channels][::turn]
    written = given.model_copy(update={"mean": (1.0, 2.0, 3.0)})
    if channels != 1:
        assert input_shape.complete(written, resnet18()).mean == (1, 2, 3)


def test_torchvisions_segmenters_take_the_whole_picture_as_a_square() -> None:
    published = input_shape.of_segmenter(transforms_of("lraspp_mobilenet_v3_large"))
    shape = input_shape.complete(None, published, "segmentation")
    assert (shape.size, shape.fit, shape.pad) == ((520, 520), "squash", ())
    assert (shape.mean, shape.std) == (input_shape.MEAN[3], input_shape.STD[3])
    given = model.Input(size=(256, 512), fit="letterbox")
    boxed = input_shape.complete(given, published, "segmentation")
    assert (boxed.size, boxed.pad) == ((256, 512), (124, 116, 104))  # the mean colour


def test_a_publishers_border_is_in_the_networks_order() -> None:
    published = {"pad": (1, 2, 3), "mean": (0.0,), "std": (1.0,), "size": (64, 64)}
    given = model.Input(channels="bgr")
    shape = input_shape.complete(given, published, "detection")
    assert (shape.fit, shape.pad, shape.mean) == ("letterbox", (3, 2, 1), (0, 0, 0))
    grey = input_shape.complete(model.Input(channels=1), published, "detection")
    assert (grey.pad, grey.mean, grey.std) == ((114,), (0,), (1,))


def test_the_input_is_a_handlers_where_that_prepares_it_or_nobodys() -> None:
    plain = nets.recipe(handler="handlers:Own")
    without = nets.recipe(handler="handlers:Own", input=None)
    assert input_shape.complete(None) == card.BY_HANDLER
    assert input_shape.of(without, card.BY_HANDLER, prepares=True) == card.BY_HANDLER
    assert input_shape.of(plain, nets.SHAPE, prepares=False) == nets.SHAPE
    with pytest.raises(ArchitectureError, match=r"has a preprocess.*Remove input"):
        input_shape.of(plain, nets.SHAPE, prepares=True)
    with pytest.raises(ArchitectureError, match=r"has no preprocess.*Write input: \{size: …\}"):
        input_shape.of(without, card.BY_HANDLER, prepares=False)
