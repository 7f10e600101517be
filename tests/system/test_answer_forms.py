"""An answer in the form that its client prefers, through a real service, gateway and cache."""

import base64
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import requests
from PIL import Image

from passerelle.client import Client
from tests.conftest import shared_state
from tests.support import small_net, stack

SOURCE = """\
import torch

class Rooms(torch.nn.Module):
    '''Each pixel is of the class of its strongest colour.'''
    def forward(self, batch):
        return torch.nn.functional.avg_pool2d(batch, 4)
"""
MANIFEST = f"""\
{small_net.MANIFEST}
  - id: rooms
    task: segmentation
    architecture: rooms:Rooms
    weights: architecture
    input: {{size: 32, fit: squash}}
    labels: [red, green, blue]
    cache: {{size: 9, ttl: 60s}}
"""
PATH = "/model/rooms/predict"
PNG = {"Accept": "image/png"}


@pytest.fixture(scope="module")
def rooms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stack.Stack]:
    """A classification and a segmentation, both of a small network."""
    folder = tmp_path_factory.mktemp("rooms")
    (folder / "rooms.py").write_text(SOURCE)
    manifest = small_net.write(folder, MANIFEST)
    with stack.running(manifest, shared_state(folder / "state"), "--no-page") as running:
        yield running


def half_blue() -> bytes:
    """A picture of 64 x 48 pixels, red on its left and blue on its right."""
    out, picture = io.BytesIO(), Image.new("RGB", (64, 48), "red")
    picture.paste("blue", (32, 0, 64, 48))
    picture.save(out, "PNG")
    return out.getvalue()


PICTURE = half_blue()


def label_map(content: bytes) -> Any:
    return np.asarray(Image.open(io.BytesIO(content)).convert("L"))


def cached(answer: requests.Response) -> bool:
    return "hit" in answer.headers["Cache-Status"]


def test_who_prefers_a_png_has_the_map_of_classes(rooms: stack.Stack) -> None:
    answer = rooms.predict(
        "rooms", PICTURE, headers={"Accept": "image/png, application/json;q=0.9"}
    )
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png")
    assert answer.headers["Vary"] == "Accept"
    assert answer.headers["X-Request-ID"]
    assert "present;dur=" in answer.headers["Server-Timing"]
    assert not {"Model", "Artifact-Digest"} & set(answer.headers)
    found = label_map(answer.content)
    assert found.shape == (48, 64)
    assert (found[:, :24] == 0).all()
    assert (found[:, 40:] == 2).all()


@pytest.mark.parametrize("accept", [None, "*/*", "application/json", "text/html", "image/webp"])
def test_everybody_else_has_json(rooms: stack.Stack, accept: str | None) -> None:
    answer = rooms.predict("rooms", PICTURE, headers={"Accept": accept})
    assert answer.headers["Vary"] == "Accept"
    first, second = answer.json()["segments"]
    assert {first["label"], second["label"]} == {"red", "blue"}
    assert first["share"] + second["share"] == pytest.approx(1)
    for each in (first, second):
        mask = label_map(base64.b64decode(each["mask"]))
        assert mask.shape == (48, 64)
        assert (mask == 255).mean() == pytest.approx(each["share"], abs=1e-6)


def test_the_cache_keeps_each_form_for_who_prefers_it(rooms: stack.Stack) -> None:
    fresh = {"Cache-Control": "no-cache"}
    png = rooms.predict("rooms", PICTURE, headers=PNG | fresh)
    json = rooms.predict("rooms", PICTURE, headers=fresh)
    again = rooms.predict("rooms", PICTURE, headers={"Accept": "image/*"})
    assert (cached(png), cached(json), cached(again)) == (False, False, True)
    assert again.content == png.content
    assert again.headers["Content-Type"] == "image/png"
    assert again.headers["Vary"] == "Accept"
    assert again.headers["X-Request-ID"] != png.headers["X-Request-ID"]
    also = rooms.predict("rooms", PICTURE)
    assert (cached(also), also.json()["segments"]) == (True, json.json()["segments"])
    assert also.json()["request_id"] == also.headers["X-Request-ID"]


def test_a_task_without_another_form_answers_json(rooms: stack.Stack) -> None:
    answer = rooms.predict("first", PICTURE, headers=PNG)
    assert answer.json()["task"] == "classification"
    assert "Vary" not in answer.headers


def test_several_pictures_are_json_whatever_is_preferred(rooms: stack.Stack) -> None:
    with Client(rooms.url, rooms.key) as client:
        reply = client.predict_many("rooms", [PICTURE, b"none"], headers=PNG)
        png = client.predict("rooms", PICTURE, headers=PNG)
    assert reply.media_type == "application/json"
    good, bad = reply.document["results"]
    assert len(good["segments"]) == 2
    assert bad["problem"]["status"] == 415
    assert (png.media_type, png.document) == ("image/png", {})
    assert label_map(png.content).shape == (48, 64)


def test_a_problem_is_one_whatever_is_preferred(rooms: stack.Stack) -> None:
    answer = rooms.predict("rooms", b"none", headers=PNG)
    assert (answer.status_code, answer.headers["Content-Type"]) == (415, "application/problem+json")
