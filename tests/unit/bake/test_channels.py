"""How many channels of a picture a network takes."""

import dataclasses

import pytest
import torch

from passerelle.artifact.card import Input
from services.bake import channels
from services.bake.errors import ArchitectureError

pytestmark = pytest.mark.torch


def of(count: int) -> Input:
    return Input((16, 16), 16, "bilinear", (0.5,), (0.5,), count)


def convolution(count: int) -> torch.nn.Module:
    return torch.nn.Sequential(torch.nn.BatchNorm2d(count), torch.nn.Conv2d(count, 4, 8)).eval()


def flat(count: int) -> torch.nn.Module:
    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(count * 16 * 16, 4))


@pytest.mark.parametrize("made", [convolution, flat])
@pytest.mark.parametrize("count", [1, 3, 4])
def test_the_channels_of_a_network_are_found_by_trying(made: type, count: int) -> None:
    channels.require("nets:Net", made(count), of(count))
    other = 4 if count == 3 else 3
    named = "1 channel," if count == 1 else f"{count} channels,"
    with pytest.raises(ArchitectureError) as told:
        channels.require("nets:Net", made(count), of(other))
    assert str(told.value) == (
        f"nets:Net takes pictures of {named} not of {other}; write input: {{channels: {count}}}."
    )


@pytest.mark.parametrize("count", [2, 6, 13])
def test_channels_that_no_picture_has_are_told(count: int) -> None:
    with pytest.raises(ArchitectureError, match=f"takes {count} channels, which no picture has"):
        channels.require("nets:Net", convolution(count), of(3))


def test_sides_the_other_way_round_are_told() -> None:
    strict = torch.nn.Sequential(torch.nn.Conv2d(3, 4, (32, 16)), torch.nn.Flatten())
    strict.append(torch.nn.Linear(4, 4))
    channels.require("nets:Net", strict, dataclasses.replace(of(3), size=(32, 16)))
    with pytest.raises(ArchitectureError) as told:
        channels.require("nets:Net", strict, dataclasses.replace(of(3), size=(16, 32)))
    assert str(told.value) == (
        "nets:Net takes pictures that are 32 high and 16 wide; write input: {size: [32, 16]}."
    )


class Failing(torch.nn.Module):
    """Takes no picture."""

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        raise ValueError(batch.shape)


def test_a_network_that_fails_for_another_reason_is_not_told_of_channels() -> None:
    channels.require("nets:Net", Failing(), of(3))
    channels.require("nets:Net", torch.nn.Sequential(convolution(3), Failing()), of(3))
