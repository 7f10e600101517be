"""KServe's and Triton's clients, unmodified, against a real stack with a model of each task."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support import documents, open_inference, python_client, stack, task_nets
from tests.support.open_inference import SIDE, own, png, small

TRITON, KSERVE = "tritonclient[http]==2.73.0", "kserve==0.21.0"
NETWORKS = ("boxes", "bands", "colours", "means")


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stack.Stack]:
    with open_inference.running(tmp_path_factory.mktemp("open-inference")) as started:
        yield started


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the pictures that a client sends: one of 200 x 100 pixels, one as small."""
    folder = tmp_path_factory.mktemp("sent")
    (folder / "large.png").write_bytes(task_nets.picture())
    (folder / "small.png").write_bytes(png(small()))
    np.save(folder / "small.npy", small())
    return folder


# Each prints {model: {how it was sent: {output: [shape, values]}}}.
COMMON = """
import base64, json, sys
import numpy as np

url, key, folder = sys.argv[1:]
LARGE, SMALL = (open(f"{folder}/{name}.png", "rb").read() for name in ("large", "small"))
PIXELS = np.load(f"{folder}/small.npy")[np.newaxis]
MODELS = ("first", "boxes", "bands", "colours", "means", "words")
def plain(array):
    flat = array.reshape(-1).tolist()
    texts = [each.decode() if isinstance(each, bytes) else each for each in flat]
    return [list(array.shape), texts]
"""
WITH_TRITON = (
    COMMON
    + """
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

client = triton.InferenceServerClient(url.removeprefix("http://"))
def headers():
    return {"X-API-Key": key}  # a new one each time: the client adds its own to it

def infer(model, given, names=(), compression=None, **options):
    wanted = [triton.InferRequestedOutput(name, **options) for name in names]
    found = client.infer(model, [given], headers=headers(), request_id="mine",
                         outputs=wanted or None, request_compression_algorithm=compression)
    answer = found.get_response()
    assert answer["id"] == "mine" and answer["model_name"] == model
    return {each["name"]: plain(found.as_numpy(each["name"])) for each in answer["outputs"]}

def picture(content, count=1):
    given = triton.InferInput("image", [count], "BYTES")
    return given.set_data_from_numpy(np.array([content] * count, object))

def tensor(pixels, binary=True):
    given = triton.InferInput("pixels", pixels.shape, "UINT8")
    return given.set_data_from_numpy(pixels, binary_data=binary)

metadata = {model: client.get_model_metadata(model, headers=headers()) for model in MODELS}
outputs = {model: [each["name"] for each in metadata[model]["outputs"]] for model in MODELS}
networks = [model for model in MODELS if model not in ("first", "words")]
found = {model: {
    "large": infer(model, picture(LARGE)),
    "small": infer(model, picture(SMALL)),
    "gzip": infer(model, picture(SMALL), compression="gzip"),
    "deflate": infer(model, picture(SMALL), compression="deflate"),
    "json out": infer(model, picture(SMALL), outputs[model], binary_data=False),
} for model in MODELS}
for model in networks:
    found[model]["tensor"] = infer(model, tensor(PIXELS))
    found[model]["tensor in json"] = infer(model, tensor(PIXELS, binary=False))
    found[model]["first output"] = infer(model, tensor(PIXELS), outputs[model][:1])
found["colours"]["batch"] = infer("colours", tensor(np.concatenate([PIXELS, PIXELS * 0])))
found["colours"]["pictures"] = infer("colours", picture(SMALL, 2))
found["first"]["classes"] = infer("first", picture(LARGE), ["logits"], class_count=2)

def failing(ask):
    try:
        ask()
    except InferenceServerException as error:
        return [error.status(), error.message()]
errors = {
    "no such model": failing(lambda: infer("nobody", picture(LARGE))),
    "no key": failing(lambda: client.infer("boxes", [picture(LARGE)])),
    "no picture": failing(lambda: infer("boxes", picture(b"hello"))),
    "broken": failing(lambda: infer("boxes", picture(LARGE[:200]))),
    "batch of boxes": failing(lambda: infer("boxes", tensor(np.concatenate([PIXELS] * 2)))),
    "classes of boxes": failing(lambda: infer("boxes", picture(LARGE), ["boxes"], class_count=2)),
    "other shape": failing(lambda: infer("bands", tensor(PIXELS[:, :32]))),
    "statistics": failing(lambda: client.get_inference_statistics("boxes", headers=headers())),
    "version": failing(lambda: client.get_model_metadata("boxes", "2", headers=headers())),
    "unload": failing(lambda: client.unload_model("boxes", headers=headers())),
}
print(json.dumps({
    "found": found, "errors": errors, "metadata": metadata,
    "server": client.get_server_metadata(headers=headers()),
    "ready": [client.is_server_live(), client.is_server_ready(),
              client.is_model_ready("boxes", headers=headers()),
              client.is_model_ready("boxes", "1", headers=headers())],
    "not ready": [client.is_model_ready("nobody", headers=headers()),
                  client.is_model_ready("boxes", "2", headers=headers()),
                  client.is_model_ready("boxes")],
    "index": client.get_model_repository_index(headers=headers()),
}))
"""
)
WITH_KSERVE = (
    COMMON
    + """
import asyncio
import httpx
import kserve

HEADERS = {"Authorization": f"Bearer {key}"}

async def infer(client, model, given):
    sent = kserve.InferRequest(model, [given])
    found = await client.infer(url, sent, model_name=model, headers=dict(HEADERS))
    assert found.model_name == model and found.id
    return {each.name: plain(each.as_numpy()) for each in found.outputs}

def picture(content):
    given = kserve.InferInput("image", [1], "BYTES")
    given.set_data_from_numpy(np.array([content], object))
    return given

def text(content):
    data = [base64.b64encode(content).decode()]
    return kserve.InferInput("image", [1], "BYTES", data, {"content_type": "base64"})

def tensor(pixels):
    return kserve.InferInput("pixels", list(pixels.shape), "UINT8", pixels)

def listed(pixels):
    return kserve.InferInput("pixels", list(pixels.shape), "UINT8", pixels.tolist())

async def failing(asked):
    try:
        await asked
    except httpx.HTTPStatusError as error:
        return [error.response.status_code, str(error)]

async def main():
    async with kserve.InferenceRESTClient(kserve.RESTConfig(protocol="v2")) as client:
        found = {model: {
            "large": await infer(client, model, picture(LARGE)),
            "small": await infer(client, model, picture(SMALL)),
            "base64": await infer(client, model, text(SMALL)),
        } for model in MODELS}
        for model in MODELS[1:-1]:
            found[model]["tensor"] = await infer(client, model, tensor(PIXELS))
            found[model]["tensor in json"] = await infer(client, model, listed(PIXELS))
        errors = {
            "no such model": await failing(infer(client, "nobody", picture(LARGE))),
            "no picture": await failing(infer(client, "boxes", picture(b"hello"))),
            "other shape": await failing(infer(client, "bands", tensor(PIXELS[:, :32]))),
        }
        ready = [await client.is_server_live(url), await client.is_server_ready(url),
                 await client.is_model_ready(url, "boxes", headers=HEADERS)]
        not_ready = [await client.is_model_ready(url, "nobody", headers=HEADERS)]
        print(json.dumps({
            "found": found, "errors": errors, "ready": ready, "not ready": not_ready,
        }))

asyncio.run(main())
"""
)


@pytest.fixture(scope="module")
def triton(up: stack.Stack, files: Path) -> Any:
    return json.loads(python_client.run(TRITON, WITH_TRITON, up.url, up.key, str(files)))


@pytest.fixture(scope="module")
def kserve(up: stack.Stack, files: Path) -> Any:
    return json.loads(python_client.run(KSERVE, WITH_KSERVE, up.url, up.key, str(files)))


@pytest.fixture(params=["triton", "kserve"])
def client(request: pytest.FixtureRequest) -> Any:
    """What either client found."""
    return request.getfixturevalue(request.param)


# What the clients found.


def test_health_and_readiness_are_read_by_either_client(client: Any) -> None:
    assert set(client["ready"]) == {True}
    assert set(client["not ready"]) == {False}


def test_a_classifications_outputs_are_the_values_of_its_classes(
    client: Any, up: stack.Stack
) -> None:
    shape, logits = client["found"]["first"]["large"]["logits"]
    best = own(up, "first", "?top=4")["predictions"]
    shares = np.exp(logits) / np.exp(logits).sum()
    assert shape == [1, 4]
    assert [shares[each["class_id"]] for each in best] == pytest.approx(
        [each["score"] for each in best], abs=1e-5
    )


def test_a_detections_boxes_are_in_pixels_of_the_picture(client: Any, up: stack.Stack) -> None:
    found = client["found"]["boxes"]["large"]
    boxes = np.reshape(found["boxes"][1], found["boxes"][0])
    wanted = own(up, "boxes", "?threshold=0")["predictions"]
    assert [[*each["box"].values()] for each in wanted] == boxes.round(2).tolist()
    assert [each["score"] for each in wanted] == found["scores"][1]
    assert [each["class_id"] for each in wanted] == found["labels"][1]
    assert boxes[0].tolist() == pytest.approx(task_nets.BOX, abs=2)


def test_a_segmentations_values_are_of_the_input(client: Any, up: stack.Stack) -> None:
    shape, values = client["found"]["bands"]["small"]["logits"]
    bright = float((np.reshape(values, shape)[0].argmax(0) == 1).mean())
    segments = own(up, "bands", body=png(small()))["segments"]
    assert bright == pytest.approx({each["class_id"]: each["share"] for each in segments}[1])


def test_an_embedding_is_the_same_numbers(client: Any, up: stack.Stack) -> None:
    shape, values = client["found"]["colours"]["large"]["embedding"]
    wanted = own(up, "colours")["embedding"]
    assert shape == [1, len(wanted)]
    assert values == pytest.approx(wanted)


def test_tensors_are_the_same_tensors(client: Any, up: stack.Stack) -> None:
    found = client["found"]["means"]["large"]
    for each in own(up, "means")["outputs"]:
        assert found[each["name"]][0] == each["shape"]
        assert found[each["name"]][1] == pytest.approx(each["data"])


def test_code_of_its_own_answers_with_json(client: Any, up: stack.Stack) -> None:
    shape, (text,) = client["found"]["words"]["large"]["result"]
    assert shape == [1]
    assert json.loads(text) == {"result": own(up, "words")["result"]}


def test_however_it_is_sent_it_is_the_same_answer(client: Any) -> None:
    others = {"large", "classes", "first output", "batch", "pictures"}
    for model, ways in client["found"].items():
        for way, outputs in ways.items():
            if way not in others and not (model == "boxes" and "tensor" in way):
                assert outputs == ways["small"], (model, way)


def test_boxes_of_a_tensor_are_in_pixels_of_the_tensor(client: Any) -> None:
    ways = client["found"]["boxes"]
    assert ways["tensor"] == ways["tensor in json"] == ways["small"]  # whose size is the input's


def test_one_output_may_be_asked_for_alone(triton: Any) -> None:
    for model in NETWORKS:
        (name,) = triton["found"][model]["first output"]
        assert (
            triton["found"][model]["first output"][name] == (triton["found"][model]["tensor"][name])
        )


def test_a_batch_is_answered_row_by_row(triton: Any) -> None:
    ways = triton["found"]["colours"]
    shape, one = ways["small"]["embedding"]
    assert ways["batch"]["embedding"][0] == [2, shape[1]]
    assert ways["batch"]["embedding"][1][: shape[1]] == one
    assert ways["batch"]["embedding"][1][shape[1] :] == [-0.5] * shape[1]
    assert ways["pictures"]["embedding"] == [[2, shape[1]], one * 2]


def test_the_likeliest_classes_are_those_of_our_own_answer(triton: Any, up: stack.Stack) -> None:
    shape, texts = triton["found"]["first"]["classes"]["logits"]
    best = own(up, "first", "?top=2")["predictions"]
    assert shape == [1, 2]
    assert texts == [f"{e['score']:.6f}:{e['class_id']}:{e['label']}" for e in best]


def test_the_metadata_is_what_a_client_may_send_and_gets(triton: Any) -> None:
    for model in NETWORKS:
        given = triton["metadata"][model]
        assert given["inputs"] == [
            {"name": "pixels", "datatype": "UINT8", "shape": [-1, SIDE, SIDE, 3]}
        ]
        made = triton["found"][model]["tensor"]
        assert [each["name"] for each in given["outputs"]] == [*made]
        for each in given["outputs"]:
            shape = made[each["name"]][0]
            assert len(shape) == len(each["shape"])
            assert all(
                side in {-1, known} for side, known in zip(each["shape"], shape, strict=True)
            )
    assert triton["metadata"]["boxes"]["platform"] == "passerelle_openvino"
    assert triton["server"]["extensions"] == ["binary_tensor_data", "classification"]
    assert {each["name"]: each["state"] for each in triton["index"]}["boxes"] == "READY"


def test_errors_are_the_clients_own_exceptions_with_our_words(triton: Any) -> None:
    expected = {
        "no such model": ("404", "There is no model 'nobody'"),
        "no key": ("401", "There is no key"),
        "no picture": ("415", "This is text. Send a JPEG, PNG or WebP file"),
        "broken": ("422", "broken or cut short"),
        "batch of boxes": ("400", "Send one picture a request"),
        "classes of boxes": ("400", "classification can't be asked for"),
        "other shape": ("400", "this model takes UINT8 of shape [-1, 64, 64, 3]"),
        "statistics": ("404", "There is nothing at /v2/models/boxes/stats"),
        "version": ("404", "boxes has no version '2'"),
        "unload": ("404", "There is nothing at /v2/repository/models/boxes/unload"),
    }
    for name, (status, text) in expected.items():
        assert triton["errors"][name][0] == status, name
        assert text in triton["errors"][name][1], name


def test_kserves_errors_have_our_words_too(kserve: Any) -> None:
    expected = {
        "no such model": (404, "There is no model 'nobody'"),
        "no picture": (415, "This is text. Send a JPEG, PNG or WebP file"),
        "other shape": (400, "this model takes UINT8 of shape [-1, 64, 64, 3]"),
    }
    for name, (status, text) in expected.items():
        assert kserve["errors"][name][0] == status, name
        assert text in kserve["errors"][name][1], name


# The document's own code.


def documented(up: stack.Stack, package: str, folder: Path) -> list[str]:
    """What the code prints that uses a package, in a folder with the pictures that it names."""
    (folder / "cat.png").write_bytes(stack.CAT)
    (folder / "street.png").write_bytes(task_nets.picture())
    code = next(each for each in documents.blocks("docs/clients.md", "python") if package in each)
    for shown, real in (("127.0.0.1:8080", up.url.removeprefix("http://")), ("psl_…", up.key)):
        assert shown in code
        code = code.replace(shown, real)
    requirement = TRITON if package == "tritonclient" else KSERVE
    return python_client.run(requirement, code, folder=folder).splitlines()


def test_the_documents_code_for_triton_runs(up: stack.Stack, tmp_path: Path) -> None:
    *classes, shape = documented(up, "tritonclient", tmp_path)
    best = own(up, "efficientnet-lite0", "?top=3", stack.CAT)["predictions"]
    assert classes == [f"{e['score']:.6f}:{e['class_id']}:{e['label']}" for e in best]
    assert shape == "(2, 48)"


def test_the_documents_code_for_kserve_runs(up: stack.Stack, tmp_path: Path) -> None:
    boxes, scores, labels = documented(up, "kserve", tmp_path)
    assert boxes.startswith("boxes [2, 4] [[50.0, 2")
    assert scores == "scores [2] [0.75, 0.25]"
    assert labels == "labels [2] [1, 0]"
