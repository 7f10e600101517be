"""Hugging Face's clients, unmodified, against a real stack with a model of each task."""

import base64
import io
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests
from huggingface_hub import InferenceClient, errors
from PIL import Image

from gateway.keys import api_keys
from passerelle.local import key_changes
from tests.support import documents, javascript, processes, stack, task_nets

CLIENT = "@huggingface/inference@4.13.30"
_NETS = {
    "people": 'task: detection, architecture: "task_nets:Boxes", labels: [poor, bright]',
    "rooms": 'task: segmentation, architecture: "task_nets:Bands", labels: [dark, bright]',
    "similar": 'task: embedding, architecture: "task_nets:Colours"',
    "kept": "like: similar, cache: {size: 9, ttl: 60s}",
    "means": 'task: tensor, architecture: "task_nets:Means"',
    "words": 'like: means, handler: "task_words:Words"',
}
_REST = "weights: architecture, input: {size: 64, fit: squash, mean: 0, std: 1}"
MODELS = "".join(f"  - {{id: {name}, {fields}, {_REST}}}\n" for name, fields in _NETS.items())
PIPELINE = "  - {id: parts, pipeline: [people, similar]}\n"
STREET = task_nets.picture()
TEXT = base64.b64encode(STREET).decode()
LITE0 = processes.LITE0


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stack.Stack]:
    """A stack with a classifier of the default manifest and small networks of the other tasks."""
    from tests.conftest import shared_state

    folder = tmp_path_factory.mktemp("huggingface")
    task_nets.write(folder)
    classifier = (stack.ROOT / "models.yaml").read_text().split("\n\n")[1].strip("\n")
    manifest = folder / "models.yaml"
    manifest.write_text(f"version: 1\n{classifier}\n{MODELS}{PIPELINE}")
    with stack.running(manifest, shared_state(folder / "state"), "--no-page") as started:
        yield started


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the pictures that the document names, in which the test runs."""
    (tmp_path / "cat.png").write_bytes(stack.CAT)
    (tmp_path / "street.png").write_bytes(STREET)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def client(up: stack.Stack, model: str, **options: Any) -> InferenceClient:
    return InferenceClient(model=f"{up.url}/hf/{model}", token=up.key, **options)


def ask(up: stack.Stack, target: str, body: Any = STREET, **options: Any) -> requests.Response:
    """The answer to an HTTP client, which is held against the contract."""
    return up.request("POST", f"/hf/{target}", data=body, **options)


def own(up: stack.Stack, model: str, query: str = "", body: bytes = STREET) -> Any:
    """Our own API's answer."""
    answer = up.predict(model, body, query)
    assert answer.ok, answer.text
    return answer.json()


def meant_for(up: stack.Stack, code: str) -> str:
    """Code of the document, with the address and the key of a stack."""
    for shown, real in (("http://127.0.0.1:8080", up.url), ("psl_…", up.key)):
        assert shown in code
        code = code.replace(shown, real)
    return code


def as_boxes(answer: Any) -> list[dict[str, Any]]:
    """What a detection of ours is to Hugging Face."""
    return [
        {
            "label": each["label"],
            "score": each["score"],
            "box": {edge: int(value) for edge, value in each["box"].items()},
        }
        for each in answer["predictions"]
    ]


def pixels(mask: str) -> Any:
    """A mask's pixels, 0 and 255."""
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(mask))).convert("L"))


# The documents' own code.


def test_the_documents_python_runs(
    up: stack.Stack, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert folder == Path.cwd()
    first, second = [
        each for each in documents.blocks("docs/clients.md", "python") if "huggingface_hub" in each
    ]
    exec(compile(meant_for(up, first), "clients.md", "exec"), {})  # noqa: S102  # it is what it says
    exec(compile(meant_for(up, second), "clients.md", "exec"), {})  # noqa: S102  # the same
    printed = capsys.readouterr().out
    assert "tiger cat 0.4" in printed
    assert "bright 50 20 100" in printed
    assert "dark (200, 100)" in printed
    assert -1 < float(printed.splitlines()[-1]) < 1


def test_the_documents_javascript_runs(up: stack.Stack, folder: Path) -> None:
    (code,) = documents.blocks("docs/clients.md", "javascript")
    printed = json.loads(javascript.run(CLIENT, meant_for(up, code), folder))
    best = own(up, LITE0, "?top=3", stack.CAT)["predictions"]
    assert printed["classes"] == [{"label": e["label"], "score": e["score"]} for e in best]
    assert printed["objects"] == [
        each | {"box": each["box"]} for each in as_boxes(own(up, "people", "?threshold=0.2"))
    ]
    for each, segment in zip(printed["masks"], own(up, "rooms")["segments"], strict=True):
        assert (pixels(each["mask"]) == pixels(segment["mask"])).all()


# In Python.


@pytest.mark.parametrize("picture", [stack.CAT, "cat.png", Path("cat.png")], ids=type)
@pytest.mark.usefixtures("folder")
def test_a_classification_is_ours_however_the_picture_is_given(
    picture: Any, up: stack.Stack
) -> None:
    found = client(up, LITE0).image_classification(picture)
    wanted = own(up, LITE0, body=stack.CAT)["predictions"]
    assert [each.label for each in found] == [each["label"] for each in wanted]
    assert [each.score for each in found] == pytest.approx([e["score"] for e in wanted], abs=1e-4)


@pytest.mark.parametrize(("top_k", "count"), [(1, 1), (7, 7), (5000, 1000)])
def test_as_many_classes_come_as_are_asked_for_or_there_are(
    top_k: int, count: int, up: stack.Stack
) -> None:
    found = client(up, LITE0).image_classification(stack.CAT, top_k=top_k)
    wanted = own(up, LITE0, f"?top={count}", stack.CAT)["predictions"]
    assert [(e.label, e.score) for e in found] == [(e["label"], e["score"]) for e in wanted]


@pytest.mark.parametrize("threshold", [None, 0.1, 0.9])
def test_a_detection_is_ours(threshold: float | None, up: stack.Stack) -> None:
    found = client(up, "people").object_detection(STREET, threshold=threshold)
    wanted = own(up, "people", f"?threshold={threshold}" if threshold else "")
    assert [json.loads(json.dumps(each)) for each in found] == as_boxes(wanted)
    assert len(found) == {None: 1, 0.1: 2, 0.9: 0}[threshold]


def test_a_segmentation_is_ours(up: stack.Stack) -> None:
    found = client(up, "rooms").image_segmentation(STREET, subtask="semantic")
    segments = own(up, "rooms")["segments"]
    assert [each.label for each in found] == [each["label"] for each in segments]
    for each, segment in zip(found, segments, strict=True):
        mask: Any = each.mask
        assert (mask.mode, mask.size) == ("L", task_nets.SIZE)
        assert (np.asarray(mask) == pixels(segment["mask"])).all()


def test_an_embedding_is_ours(up: stack.Stack) -> None:
    wanted = own(up, "similar")["embedding"]
    found = client(up, "similar").feature_extraction(TEXT)
    assert found.tolist() == pytest.approx(wanted)
    two = client(up, "similar").feature_extraction([TEXT, f"data:image/png;base64,{TEXT}"])
    assert two.tolist() == [pytest.approx(wanted)] * 2
    one = client(up, "similar").feature_extraction(TEXT, normalize=True)
    assert np.linalg.norm(one) == pytest.approx(1)


@pytest.mark.parametrize(
    ("model", "task", "options", "sentence"),
    [
        (LITE0, "image_classification", {"function_to_apply": "sigmoid"}, "scores by softmax"),
        ("rooms", "image_segmentation", {"mask_threshold": 0.5}, "mask_threshold is for a model"),
        ("rooms", "image_segmentation", {"threshold": 0.5}, '"threshold" is no parameter'),
        ("rooms", "image_segmentation", {"subtask": "panoptic"}, "has only semantic"),
        ("rooms", "image_to_image", {"prompt": "a cat"}, "makes no pictures"),
        ("rooms", "image_to_image", {}, "makes no pictures"),
        (LITE0, "zero_shot_image_classification", {"candidate_labels": ["a", "b"]}, "no parameter"),
        (LITE0, "visual_question_answering", {"question": "?"}, '"question" is no parameter'),
    ],
)
def test_what_a_model_does_not_do_is_an_error_that_says_so(
    model: str, task: str, options: dict[str, Any], sentence: str, up: stack.Stack
) -> None:
    with pytest.raises(errors.BadRequestError, match=sentence) as caught:
        getattr(client(up, model), task)(STREET, **options)
    assert caught.value.request_id


@pytest.mark.parametrize(
    ("model", "token", "picture", "status", "sentence"),
    [
        ("none", None, STREET, 404, "There is no model 'none'"),
        ("people", "psl_wrong", STREET, 401, "This key is unknown"),
        ("people", None, b"nonsense", 415, "Send a JPEG"),
        ("people", None, STREET[:200], 422, "cut short"),
    ],
)
def test_an_error_has_its_status_and_its_sentence(
    model: str, token: str | None, picture: bytes, status: int, sentence: str, up: stack.Stack
) -> None:
    asking = InferenceClient(model=f"{up.url}/hf/{model}", token=token or up.key)
    with pytest.raises(errors.HfHubHTTPError, match=sentence) as caught:
        asking.object_detection(picture)
    assert caught.value.response.status_code == status
    assert sentence in (caught.value.server_message or "")


def test_a_pipeline_says_where_it_is_asked(up: stack.Stack) -> None:
    with pytest.raises(errors.BadRequestError, match="Ask it at POST /model/parts/predict"):
        client(up, "parts").object_detection(STREET)


# In JavaScript.


def in_javascript(address: str, key: str, folder: Path, *calls: str) -> list[Any]:
    """What each call gives, or the message of its error."""
    head = f"""
import {{ readFileSync }} from "node:fs";
import {{ InferenceClient }} from "@huggingface/inference";
const client = new InferenceClient({json.dumps(key)});
const at = (model) => ({{ endpointUrl: `{address}/hf/${{model}}` }});
const street = new Blob([readFileSync("street.png")]);
const text = readFileSync("street.png").toString("base64");
const told = (call) => call().catch((error) => error.message);
const found = [];
"""
    lines = "".join(f"found.push(await told(() => client.{each}));\n" for each in calls)
    found: list[Any] = json.loads(
        javascript.run(CLIENT, f"{head}{lines}console.log(JSON.stringify(found));", folder)
    )
    return found


def test_each_task_is_ours_in_javascript(up: stack.Stack, folder: Path) -> None:
    one, several, parameters, objects, tensors = in_javascript(
        up.url, up.key, folder,
        'featureExtraction({...at("similar"), inputs: text})',
        'featureExtraction({...at("similar"), inputs: [text, text], normalize: true})',
        'imageSegmentation({...at("rooms"), inputs: street, parameters: {subtask: "semantic"}})',
        'endpoint(at("people").endpointUrl).objectDetection({inputs: street})',
        'request({...at("means"), data: street})',
    )  # fmt: skip
    assert one == own(up, "similar")["embedding"]
    assert [sum(each**2 for each in row) for row in several] == pytest.approx([1, 1])
    assert [each["label"] for each in parameters] == ["dark", "bright"]
    assert objects == as_boxes(own(up, "people"))
    assert tensors == own(up, "means")["outputs"]


def test_errors_are_sentences_in_javascript(up: stack.Stack, folder: Path) -> None:
    unknown, parameter, question, labels = in_javascript(
        up.url, up.key, folder,
        'imageClassification({...at("none"), inputs: street})',
        'imageSegmentation({...at("rooms"), inputs: street, parameters: {threshold: 0.5}})',
        'visualQuestionAnswering({...at("people"), inputs: {image: street, question: "?"}})',
        'zeroShotImageClassification({...at("people"), inputs: street, parameters: {}})',
    )  # fmt: skip
    assert "There is no model 'none'" in unknown
    assert '"threshold" is no parameter' in parameter
    assert "No question and no labels are taken" in question
    assert "No question and no labels are taken" in labels


def test_a_client_that_asks_again_at_once_does_so_once_in_a_second(
    folder: Path, state: Path, tmp_path: Path
) -> None:
    javascript.installed(CLIENT)  # or the test is skipped, before anything waits for it
    artifact, at = processes.artifact(state / "artifacts"), f"127.0.0.1:{stack.free_port()}"
    call = f'imageClassification({{...at("{LITE0}"), inputs: street}})'
    with processes.gateway(tmp_path, f"{LITE0}=http://{at}") as door, ThreadPoolExecutor(1) as pool:
        began = time.monotonic()
        asking = pool.submit(in_javascript, door.url, door.key, folder, call)
        log = tmp_path / "gateway.log"
        stack.wait_for(lambda: log.read_text().count(f"{LITE0} 503") >= 3, 30)
        with processes.service(artifact, at):
            (found,) = asking.result(60)
        asked = log.read_text().count(f"{LITE0} 503")
        assert asked <= time.monotonic() - began + 1
    assert len(found) == 5


# Any client: what the door promises.


@pytest.mark.parametrize(
    "media_type", [None, "image/jpeg", "text/html", "application/x-www-form-urlencoded"]
)
def test_a_picture_is_one_whatever_it_is_called(media_type: str | None, up: stack.Stack) -> None:
    headers = {"Content-Type": media_type}
    assert ask(up, "people", headers=headers).json() == as_boxes(own(up, "people"))
    document = json.dumps({"inputs": TEXT, "parameters": {"threshold": 0.1}})
    assert len(ask(up, "people", document, headers=headers).json()) == 2


def test_outputs_and_handlers_answers_come_as_they_are(up: stack.Stack) -> None:
    assert ask(up, "means").json() == own(up, "means")["outputs"]
    assert ask(up, "words").json() == own(up, "words")["result"]


def test_a_list_has_a_list_of_answers_or_the_problem_of_one(up: stack.Stack) -> None:
    found = ask(up, "people", json.dumps({"inputs": [TEXT, TEXT]}))
    assert found.json() == [as_boxes(own(up, "people"))] * 2
    broken = ask(up, "people", json.dumps({"inputs": [TEXT, "bm9uc2Vuc2U="]}))
    assert (broken.status_code, broken.json()["error"][:10]) == (415, "inputs[1]:")


def test_a_key_may_use_only_its_models(up: stack.Stack) -> None:
    text, key = api_keys.new("narrow", ("people",), None)
    known = up.state / "keys.yaml"
    key_changes.add(known, key)
    stack.wait_for(lambda: ask(up, "people", headers={"X-API-Key": text}).ok, 20)
    asking = InferenceClient(model=f"{up.url}/hf/rooms", token=text)
    with pytest.raises(errors.HfHubHTTPError, match="This key may not use 'rooms'") as caught:
        asking.image_segmentation(STREET)
    assert caught.value.response.status_code == 403


def test_an_answer_is_kept_for_both_forms_of_a_picture(up: stack.Stack) -> None:
    new = ask(up, "kept", headers={"X-Use-Cache": "false"})
    found = ask(up, "kept", json.dumps({"inputs": TEXT, "normalize": True}))
    assert "hit" in found.headers["Cache-Status"]
    assert "fwd=request" in new.headers["Cache-Status"] or "fwd=miss" in new.headers["Cache-Status"]
    again = ask(up, "kept", headers={"X-Use-Cache": "false"})
    assert "fwd=request" in again.headers["Cache-Status"]


def test_a_clients_trace_goes_on(up: stack.Stack) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    traced = client(up, "people", headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
    assert traced.object_detection(STREET)
    log = up.state / "logs" / "gateway.log"
    stack.wait_for(lambda: trace in log.read_text(), 5)


def test_a_deadline_travels(up: stack.Stack) -> None:
    late = client(up, LITE0, headers={"X-Request-Timeout": "0.001"})
    with pytest.raises(errors.HfHubHTTPError, match=r"did not answer within 0\.001 s") as caught:
        late.image_classification(stack.CAT)
    assert caught.value.response.status_code == 504


def test_a_body_may_be_as_large_as_any(up: stack.Stack) -> None:
    padded = STREET + bytes(14_900_000 - len(STREET))  # nobody reads what follows a picture's end
    document = json.dumps({"inputs": base64.b64encode(padded).decode()})
    assert ask(up, "people", document).json() == as_boxes(own(up, "people"))
    assert ask(up, "people", document + " " * 200_000).status_code == 413
