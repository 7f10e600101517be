"""What splits, mirrors, promotions and captures need of whatever runs the gateway."""

from typing import Any

import pytest

from passerelle.deploy import rollouts
from passerelle.manifest.model import AnyModel, Capture, Mirror, Promote
from tests.unit.deploy import made

MIRRORED = made.model("one", mirror=Mirror(to="two"))
CAPTURED = made.model("one", capture=Capture())
BACKEND = made.external().model_copy(update={"capture": Capture()})
PROMOTE = Promote(p95=1.2)


@pytest.mark.parametrize(
    ("models", "settings"),
    [
        ([made.model("one"), made.external()], []),
        ([made.split()], ["PASSERELLE_TRAFFIC"]),
        ([MIRRORED], ["PASSERELLE_TRAFFIC"]),
        ([BACKEND], ["PASSERELLE_CAPTURE"]),
        ([CAPTURED, made.split()], ["PASSERELLE_TRAFFIC", "PASSERELLE_CAPTURE"]),
    ],
)
def test_what_is_written_is_known_by_the_fields(models: list[AnyModel], settings: Any) -> None:
    assert [each.setting for each in rollouts.kept(models)] == settings


def test_each_is_in_a_volume_of_its_name() -> None:
    for each in (rollouts.TRAFFIC, rollouts.CAPTURE):
        assert each.mount == f"{each.volume}:/{each.volume}"
        assert each.path.startswith(f"/{each.volume}")


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        (made.model("one"), []),
        (made.split(), []),
        (made.split(sticky="key"), []),
        (made.split(compare=0.1), ["compare"]),
        (made.split(promote=PROMOTE), ["promote"]),
        (made.split(compare=0.1, promote=PROMOTE), ["compare", "promote"]),
        (MIRRORED, ["mirror"]),
        (BACKEND, ["capture"]),
    ],
)
def test_a_split_alone_needs_no_files_that_last(model: AnyModel, fields: list[str]) -> None:
    assert [name for _, name in rollouts.lasting([model])] == fields
    assert rollouts.needs_files([model]) is bool(fields)


def test_what_a_platform_cant_honour_is_named_with_what_to_do_instead() -> None:
    models: list[AnyModel] = [
        MIRRORED, BACKEND, made.split("pets", compare=0.1),
        made.split("dogs", compare=0.1, promote=PROMOTE),
    ]  # fmt: skip
    found = list(rollouts.refusals(models, "Mars"))
    assert [each.split(" works")[0] for each in found] == [
        "one: mirror", "ocr: capture", "pets: compare", "dogs: compare", "dogs: promote",
    ]  # fmt: skip
    assert all("Mars's instances have none; " in each for each in found)
    assert found[4].endswith("change the split's weights by hand; the split itself works.")
