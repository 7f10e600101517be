"""The Python SDK against a real gateway: pictures, answers, errors, and many at once."""

import asyncio
import io
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from passerelle.client import AsyncClient, Client, answers, errors
from tests.conftest import shared_state
from tests.support import small_net, stack, task_nets

NAN = """\
import torch

class Contrast(torch.nn.Module):
    '''Divides by the picture's range, which is nought for a plain one.'''
    def forward(self, batch):
        low, high = batch.amin((1, 2, 3), keepdim=True), batch.amax((1, 2, 3), keepdim=True)
        return ((batch - low) / (high - low)).mean((2, 3))
"""
MANIFEST = f"""\
{task_nets.MANIFEST}
  - {{id: first, architecture: "small_net:Net", weights: random, input: {{size: 32}}}}
  - {{id: contrast, architecture: "contrast:Contrast", weights: architecture,
     input: {{size: 32, mean: 0, std: 1}}, activation: softmax}}
  - {{id: tagged, pipeline: [boxes, colours]}}
"""
ORIENTATION = 0x0112  # EXIF's tag
RIGHT = 6  # its value for a picture that lies on its left side
PICTURE = task_nets.picture()


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stack.Stack]:
    """A model of each task, and one that a plain picture makes divide by nought."""
    folder = tmp_path_factory.mktemp("sdk")
    task_nets.write(folder)
    (folder / "contrast.py").write_text(NAN)
    manifest = small_net.write(folder, MANIFEST)
    with stack.running(manifest, shared_state(folder / "state"), "--no-page") as running:
        yield running


@pytest.fixture
def client(up: stack.Stack) -> Iterator[Client]:
    with up.client() as opened:
        yield opened


def image(content: bytes = stack.CAT) -> Image.Image:
    return Image.open(io.BytesIO(content))


def png(picture: Image.Image, **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG", **options)
    return file.getvalue()


def scores(client: Client, picture: Any) -> list[tuple[int, float]]:
    found = client.predict("first", picture, expect=answers.Classification).answer.predictions
    return [(each.class_id, each.score) for each in found]


def test_a_picture_is_answered_alike_however_it_is_given(client: Client, tmp_path: Path) -> None:
    (tmp_path / "cat.png").write_bytes(stack.CAT)
    pixels = np.asarray(image().convert("RGB"))
    given = [tmp_path / "cat.png", bytearray(stack.CAT), memoryview(stack.CAT), image(), pixels,
             np.asfortranarray(pixels), Image.fromarray(pixels)]  # fmt: skip
    expected = scores(client, stack.CAT)
    assert len(expected) == 4
    assert [scores(client, each) for each in given] == [expected] * len(given)


def test_grey_and_transparent_pictures_keep_what_they_are(client: Client) -> None:
    grey = image().convert("L")
    clear = image().convert("RGBA")
    clear.putalpha(Image.linear_gradient("L").resize(clear.size))
    for picture in (grey, clear, grey.convert("LA"), image().convert("P"), grey.convert("1")):
        file = scores(client, png(picture))
        assert scores(client, picture) == file
        if picture.mode in ("L", "RGBA"):
            assert scores(client, np.asarray(picture)) == file


def test_a_picture_on_its_side_is_turned_alike_as_a_file_and_as_an_image(client: Client) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = RIGHT
    content = png(image(PICTURE), exif=exif)
    turned = [
        client.predict("boxes", each, expect=answers.Detection).answer
        for each in (content, image(content))
    ]
    assert turned[0] == turned[1]
    assert (turned[0].image.width, turned[0].image.height) == task_nets.SIZE[::-1]


def test_each_task_has_its_type(client: Client) -> None:
    found = client.predict("boxes", PICTURE, expect=answers.Detection).answer
    box = found.predictions[0].box
    edges = (box.xmin, box.ymin, box.xmax, box.ymax)
    assert edges == pytest.approx(task_nets.BOX, abs=4)
    assert (found.image.width, found.image.height) == task_nets.SIZE
    bands = client.predict("bands", PICTURE, expect=answers.Segmentation).answer
    mask = {each.label: each.array() for each in bands.segments}["bright"]
    assert mask.shape == task_nets.SIZE[::-1]
    assert mask[40, 75]
    assert not mask[5, 5]
    own = client.predict("words", PICTURE, expect=answers.OwnAnswer).answer
    assert own.result["says"] == "<b>dark</b>"


@pytest.mark.parametrize("form", [None, "float", "base64"])
def test_numbers_are_the_same_in_either_form(client: Client, form: str | None) -> None:
    colours = client.predict("colours", PICTURE, expect=answers.Embedding, encoding_format=form)
    assert colours.answer.array().shape == (48,)
    assert colours.answer.dimensions == colours.document["dimensions"]
    means = client.predict("means", PICTURE, expect=answers.Tensors, encoding_format=form).answer
    arrays = {each.name: each.array() for each in means.outputs}
    expected = np.asarray(image(PICTURE)).mean() / 255
    assert arrays["colour"].shape == (1, 3)
    assert arrays["colour"].mean() == pytest.approx(expected, abs=0.02)


def test_a_map_of_classes_is_a_picture(client: Client) -> None:
    reply = client.predict("bands", PICTURE, headers={"Accept": "image/png"})
    assert isinstance(reply.answer, answers.Content)
    assert reply.answer.array().shape == task_nets.SIZE[::-1]
    assert set(np.unique(reply.answer.array())) == {0, 1}


def test_a_reply_has_all_that_came_with_the_answer(client: Client) -> None:
    reply = client.predict("first", stack.CAT, headers={"X-Request-ID": "mine-1"})
    assert reply.request_id == reply.document["request_id"] == "mine-1"
    assert "infer;dur=" in reply.server_timing
    assert 0 < reply.seconds < 30


def test_of_several_pictures_each_has_its_answer_or_its_problem(client: Client) -> None:
    shown = image(PICTURE)
    given: list[Any] = [PICTURE, b"no picture", shown, np.asarray(shown)]
    reply = client.predict_many("boxes", given, expect=answers.Detection)
    first, problem, *others = reply.answer
    assert isinstance(first, answers.Detection)
    assert others == [first, first]
    assert isinstance(problem, answers.Problem)
    assert problem.status == 415
    assert "Send a JPEG, PNG or WebP" in problem.detail
    (only,) = client.predict_many("boxes", [PICTURE]).answer
    assert only == first


def test_a_part_of_a_picture_is_answered_as_if_it_were_cut_out(client: Client) -> None:
    found = client.predict("boxes", PICTURE, expect=answers.Detection).answer.predictions
    parts: list[Any] = [found[0].box, (0, 0, 40, 50), (30, 20, 10, 10)]
    reply = client.predict_boxes("colours", image(PICTURE), parts, expect=answers.Embedding)
    bright, dark, swapped = reply.answer
    cut = client.predict("colours", image(PICTURE).crop((0, 0, 40, 50)))
    assert isinstance(bright, answers.Embedding)
    assert dark == cut.answer
    assert bright.array().mean() > 0.4
    assert cut.document["embedding"][0] < 0
    assert isinstance(swapped, answers.Problem)


def test_a_pipelines_steps_are_of_their_models_types(client: Client) -> None:
    steps = client.predict("tagged", image(PICTURE), expect=answers.Steps).answer.steps
    assert [each.model for each in steps] == ["boxes", "colours"]
    alone = client.predict("boxes", PICTURE, expect=answers.Detection).answer
    assert steps[0].answer == alone
    boxes = [each.box for each in alone.predictions]
    assert steps[1].answer == client.predict_boxes("colours", PICTURE, boxes).answer
    nothing = client.predict("tagged", PICTURE, threshold=1, expect=answers.Steps).answer
    assert nothing.steps[1] == answers.Step("colours", answers.Results([]))


def test_another_task_than_expected_is_told(client: Client) -> None:
    with pytest.raises(errors.UnreadableAnswer, match="type Detection, and Embedding was expected"):
        client.predict("boxes", PICTURE, expect=answers.Embedding)


@pytest.mark.parametrize(
    ("model", "picture", "status"),
    [
        ("contrast", np.full((32, 32, 3), 7, np.uint8), 422),  # NaN
        ("first", b"no picture", 415),
        ("first", stack.CAT[:5000], 422),
        ("firts", stack.CAT, 404),
        ("../models", stack.CAT, 404),
    ],
)
def test_what_the_gateway_says_is_the_error(
    client: Client, model: str, picture: Any, status: int
) -> None:
    with pytest.raises(errors.Refused) as caught:
        client.predict(model, picture)
    assert caught.value.status == status
    assert caught.value.members["detail"] == caught.value.detail
    assert caught.value.request_id
    assert "first" in (caught.value.members.get("nearest") or ["first"])


def test_a_gateway_that_may_fetch_no_picture_says_so(client: Client) -> None:
    with pytest.raises(errors.Refused, match="fetch"):
        client.predict("first", url="https://example.org/cat.jpg")


@pytest.mark.parametrize("key", ["psl_none", "", "psl_\u20ac", "psl_a\r\nX-Other: 1"])
def test_a_key_that_is_wrong_is_told(up: stack.Stack, key: str) -> None:
    with up.client(key) as other, pytest.raises(errors.ClientError) as caught:
        other.predict("first", stack.CAT)
    is_refused = isinstance(caught.value, errors.Refused)
    assert is_refused == (key in ("psl_none", ""))
    assert not is_refused or caught.value.status == 401  # type: ignore[attr-defined]  # it is one
    assert not key or key not in str(caught.value)


def test_a_timeout_travels_to_the_gateway(client: Client) -> None:
    large = io.BytesIO()
    Image.effect_noise((4000, 3000), 100).save(large, "JPEG")  # takes far longer than that
    began = time.monotonic()
    with pytest.raises(errors.Refused) as caught:
        client.predict("first", large.getvalue(), timeout=0.001)
    assert caught.value.status == 504
    assert time.monotonic() - began < 1  # the gateway's answer, before the client's own end
    assert client.predict("first", stack.CAT, timeout=20).document["category"]


async def test_twenty_tasks_ask_at_once(up: stack.Stack) -> None:
    async with AsyncClient(up.url, up.key) as client:
        asked = [client.predict("boxes", PICTURE, expect=answers.Detection) for _ in range(20)]
        replies = await asyncio.gather(*asked)
        many = await client.predict_many("boxes", [PICTURE, image(PICTURE)])
        assert [each["id"] for each in await client.models()] == [*up.statuses()]
    assert len({each.request_id for each in replies}) == 20
    found = [each.answer for each in replies] + many.answer.results
    assert found == [found[0]] * 22


async def test_an_event_loops_errors_are_the_same(up: stack.Stack) -> None:
    async with AsyncClient(up.url, "psl_none") as client:
        with pytest.raises(errors.Refused, match="key") as caught:
            await client.predict("boxes", PICTURE)
    assert caught.value.status == 401
    async with AsyncClient(f"http://127.0.0.1:{stack.free_port()}") as client:
        with pytest.raises(errors.ConnectionFailed, match="Nothing answers"):
            await client.models()


def test_threads_share_a_client(client: Client) -> None:
    async def ask() -> list[Any]:
        asked = (asyncio.to_thread(client.predict, "boxes", PICTURE) for _ in range(12))
        return [reply.answer for reply in await asyncio.gather(*asked)]

    found = asyncio.run(ask())
    assert found == [found[0]] * 12


def test_neither_pillow_nor_numpy_is_needed_or_imported(up: stack.Stack, tmp_path: Path) -> None:
    (tmp_path / "picture.png").write_bytes(PICTURE)
    code = f"""
import pathlib, sys
sys.modules.update(PIL=None, numpy=None)
from passerelle.client import Client, answers
client = Client({up.url!r}, {up.key!r})
reply = client.predict("bands", pathlib.Path("picture.png"), expect=answers.Segmentation)
print(len(reply.answer.segments[0].mask), "torch" in sys.modules, "flask" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    size, *others = done.stdout.split()
    assert int(size) > 50
    assert others == ["False", "False"]
