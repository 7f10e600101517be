"""models.yaml: all problems at once, each with its line, its field, and the mend."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passerelle.manifest import reading, schema
from passerelle.manifest.model import Accept, Cache, Input, Model
from tests.support import stack

GOOD = """\
version: 1
defaults: {timeout: 500ms}
models:
  - id: net
    architecture: torchvision:resnet18
    weights: torchvision:DEFAULT
"""


def problems(text: str, tmp_path: Path) -> list[str]:
    path = tmp_path / "models.yaml"
    path.write_text(text)
    with pytest.raises(reading.ManifestError) as caught:
        reading.read(path)
    return [str(problem) for problem in caught.value.problems]


def models(text: str, tmp_path: Path) -> tuple[Model, ...]:
    path = tmp_path / "models.yaml"
    path.write_text(text)
    return reading.read(path)


def entry(**fields: object) -> str:
    """The good manifest with fields of its model changed, added, or (None) left out."""
    base: dict[str, object] = {
        "id": "net", "architecture": "torchvision:resnet18", "weights": "torchvision:DEFAULT",
    }  # fmt: skip
    chosen = {name: value for name, value in (base | fields).items() if value is not None}
    return f"version: 1\nmodels: [{json.dumps(chosen)}]"


def test_a_model_is_completed_from_the_defaults(tmp_path: Path) -> None:
    (model,) = models(GOOD, tmp_path)
    assert (model.title, model.service, model.timeout) == ("net", "net", 0.5)
    assert (model.engine, model.precision, model.input) == ("openvino", "fp32", None)


def test_every_problem_is_reported_at_once_at_its_line(tmp_path: Path) -> None:
    text = (
        "version: 2\n"
        "models:\n"
        "  - id: Net\n"
        "    weigths: random\n"
        "    input: {size: 4}\n"
        "  - id: a\n"
        "    architecture: torchvision:resnet18\n"
        "    weights: https://example.org/a.pth\n"
        "    id: b\n"
        "  - just text\n"
    )
    assert problems(text, tmp_path) == [
        "line 1: version: 2 is unknown; write 1",
        "line 3: models[0].id: 'Net' does not fit; "
        "write lower-case letters, digits and inner hyphens, at most 63",
        "line 4: models[0].weigths: unknown key; did you mean 'weights'?",
        "line 5: models[0].input.size: 4 is too small; write at least 16",
        "line 6: models[1].sha256: missing; https weights need the file's SHA-256",
        "line 9: models[1].id: written twice, first on line 6; remove one",
        "line 10: models[2]: 'just text' has no fields; write key: value lines",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "the file is empty; it needs version: 1 and a list of models"),
        ("version: 1\n\tmodels: x", "this is not YAML"),
        ("just text", "has no fields; write key: value lines"),
        ("version: 1", "models: missing; add it"),
        ("version: 1\nmodels: []", "there is none; write at least 1"),
        ("version: 1\nmodels: !!python/name:os.system x", "this is not YAML"),
        ("version: 1\nmodels: &a [*a]", "this alias holds itself; write the values out"),
        (entry(id=None), "models[0].id: missing; add it"),
        (entry(id="-net"), "lower-case letters, digits and inner hyphens"),
        (entry(id="n" * 64), "at most 63"),
        (entry(id="gateway"), "gateway is taken; choose another name"),
        (entry(service="frontend"), "models[0].service: frontend is taken"),
        (entry(id=True), "id: true is not text; write 'true', in quotes"),
        (entry(architecture=None), "architecture: missing; write torchvision:NAME"),
        (entry(architecture="resnet18"), "write torchvision:NAME, package.module:callable or onnx"),
        (entry(weights=None), "weights: missing; write torchvision:DEFAULT"),
        (entry(weights="ftp://host/net.pth"), "'ftp://host/net.pth' does not fit; write torchvi"),
        (entry(weights={"file": "a", "kee": "b"}), "weights.kee: unknown key; did you mean 'key'"),
        (entry(weights={"file": "a", "strip": ""}), "models[0].weights.strip: "),
        (entry(weights={"https": "a"}), "weights.https: 'a' does not fit; write an address"),
        (entry(weights=["a"]), "models[0].weights: ['a'] does not fit; write torchvision:NAME"),
        (entry(architecture="my:Net"), "only a torchvision: architecture has torchvision: weights"),
        (entry(architecture="my:Net", weights="random"), "input: missing; write input: {size: …}"),
        (entry(sha256="12"), "64 hexadecimal digits"),
        (entry(engine="onnx"), "'onnx' is unknown; write 'openvino' or 'torch'"),
        (entry(precision="int4"), "'int4' is unknown; write 'fp32', 'bf16' or 'int8'"),
        (entry(precision="int8", engine="torch"), "only engine: openvino runs int8; write fp32"),
        (entry(calibration="pictures"), "only int8 is calibrated, not fp32; remove it"),
        (entry(accept={"agreement": 0.9}), "fp32 is what others are compared with; remove it"),
        (entry(accept={"agreement": 2}, precision="bf16"), "2 is too large; write at most 1"),
        (entry(accept={"agrement": 1}, precision="bf16"), "did you mean 'agreement'?"),
        (entry(timeout="9999m"), "write at most 60m"),
        (entry(cache={"ttl": "999h"}), "cache: ttl 999h is too long; write at most 168h"),
        (entry(cache={"size": -1}), "models[0].cache.size: -1 is too small; write at least 0"),
        (entry(cache={"size": "all"}), "'all' is not a whole number; write one"),
        (entry(cache={"tll": "1m"}), "unknown key; did you mean 'ttl'?"),
        (entry(replicas=0), "replicas: 0 is too small; write at least 1"),
        (entry(resources={"memory": "1 GB"}), "such as 512Mi or 2Gi"),
        (entry(scale={"min": 3, "max": 2}), "scale: min 3 is more than max 2; swap them"),
        (entry(cache=True), "cache: true has no fields; write key: value lines"),
        (entry(input={"std": [1, 1, 0]}).replace(" 0]", " .nan]"), "write another"),
        (entry(title="x").replace('"x"', "2024-13-45"), "and a date in YAML 1.1; write '2024-13"),
        (entry(title="x").replace('"x"', "1e999"), "'1e999' is no such value; put it in quotes"),
        (entry(title="x").replace('"x"', "!!bool x"), "'x' is no such value; put it in quotes"),
        ("version: " + "1" * 5000, "put it in quotes"),
        ("[" * 1000, "nested too deep"),
        ("version: 1\nmodels: \x00", "line 2: a NUL byte"),
        (
            "a: &a [1,1,1,1,1,1,1,1,1,1]\n"
            + "".join(
                f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 10)}]\n"
                for n in range(7)
            ),
            "more than 100,000 values",
        ),
        (entry(output=1.0), "output: 1.0 does not fit; write a name or a number, such as logits"),
        (entry(output=[0]), "output: [0] does not fit; write a name or a number, such as logits"),
        (entry(activation="relu"), "activation: 'relu' is unknown; write 'softmax', 'sigmoid' or"),
        (entry(timeout=10), "timeout: 10 does not fit; write a number with its unit"),
        (entry(timeout="0s"), "a number with its unit, such as 10s, 500ms or 2m"),
        (entry(arguments=[]).replace("[]", "[2030-01-01]"), "write '2030-01-01', in quotes"),
        (entry(timeout="10"), "a number with its unit, such as 10s, 500ms or 2m"),
        (entry(labels="imagenet"), "'imagenet' is unknown; write imagenet-1k, file:PATH or a list"),
        (entry(input={"size": 224, "resize": 200}), "resize 200 is less than size 224; swap them"),
        (entry(input={"std": [1, 1, 0]}), "none of its numbers may be 0"),
        (entry(input={"mean": True}), "mean: true is not a list; write a number for each channel"),
        (entry(input={"mean": "half"}), "'half' is not a list; write a number for each channel"),
        (entry(weights="own"), "'own' does not fit; write torchvision:NAME, file:PATH, https"),
        (entry(input={"mean": ["a", 1, 1]}), "models[0].input.mean[0]: 'a' is not a number"),
        (entry(input={"mean": [1, 1, 1, 1]}), "mean has 4 numbers for channels: 3; write 3"),
        (entry(arguments="a"), "'a' is not a list"),
        (entry(keywords=[1]), "has no fields; write key: value lines"),
        (entry(like="other"), "like: there is no model 'other'; known are net"),
        (entry(like="net"), "like: net -> net is a loop; break it"),
    ],
)
def test_each_mistake_is_told_with_its_mend(text: str, expected: str, tmp_path: Path) -> None:
    assert any(expected in problem for problem in problems(text, tmp_path))


def test_a_missing_file_and_a_file_that_is_no_text_are_told(tmp_path: Path) -> None:
    with pytest.raises(reading.ManifestError, match="there is no such file"):
        reading.read(tmp_path / "none.yaml")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(reading.ManifestError, match="line 1: half a character"):
        reading.read(tmp_path / "binary.yaml")
    with pytest.raises(reading.ManifestError, match="line 1: is a folder; put a file there"):
        reading.read(tmp_path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_manifest_is_read_however_an_editor_saved_it(
    encoding: str, end: str, tmp_path: Path
) -> None:
    text = f"---\n{GOOD}    title: Chats câlins\n...\n".replace("\n", end)
    (tmp_path / "models.yaml").write_bytes(text.encode(encoding))
    (model,) = reading.read(tmp_path / "models.yaml")
    assert model.title == "Chats câlins"


def test_each_line_in_another_encoding_is_told(tmp_path: Path) -> None:
    (tmp_path / "models.yaml").write_bytes(f"{GOOD}    title: câlin  # é\n".encode("latin-1"))
    with pytest.raises(reading.ManifestError, match=r"line 7: byte 0xe2 behind .*save the file as"):
        reading.read(tmp_path / "models.yaml")


def test_of_very_many_problems_the_first_are_shown_and_how_many_follow(tmp_path: Path) -> None:
    (tmp_path / "models.yaml").write_text(f"{GOOD}    labels: {[*range(1000)]}\n")
    with pytest.raises(reading.ManifestError) as caught:
        reading.read(tmp_path / "models.yaml")
    assert len(caught.value.problems) == 1000
    assert str(caught.value).splitlines()[50:] == [f"{tmp_path / 'models.yaml'}: and 950 more"]


def test_duplicate_ids_are_refused(tmp_path: Path) -> None:
    text = GOOD + "  - {id: net, architecture: 'torchvision:vgg16', weights: random}\n"
    assert problems(text, tmp_path) == [
        "line 7: models[1].id: net is already the id of a model above; rename one"
    ]


def test_like_takes_every_field_but_id_and_title(tmp_path: Path) -> None:
    text = """\
version: 1
models:
  - {id: c, like: b, input: {size: 64}}
  - {id: a, title: A, architecture: "my:net", input: {size: 32, resize: 128},
     weights: "https://example.org/a.pth", sha256: "%s", timeout: 1s}
  - {id: b, like: a, weights: random}
"""
    by_id = {model.id: model for model in models(text % ("0" * 64), tmp_path)}
    assert by_id["c"].architecture == "my:net"
    assert by_id["c"].input == Input(size=(64, 64), resize=128)
    assert (by_id["c"].title, by_id["c"].timeout) == ("c", 1.0)
    assert (by_id["b"].weights, by_id["b"].sha256) == ("random", None)
    assert by_id["a"].sha256 == "0" * 64


def test_what_belongs_to_a_field_goes_with_it(tmp_path: Path) -> None:
    text = GOOD + "    precision: int8\n    calibration: own\n    accept: {agreement: 0.9}\n"
    text += "  - {id: full, like: net, precision: fp32}\n  - {id: same, like: net}\n"
    _, full, same = models(text, tmp_path)
    assert (full.precision, full.calibration, full.accept) == ("fp32", None, None)
    assert (same.precision, same.accept) == ("int8", Accept(agreement=0.9))


def test_the_cache_is_off_unless_given_here_or_by_default_and_is_inherited(tmp_path: Path) -> None:
    own = "    cache: {size: 7, ttl: 1h}\n  - {id: heir, like: net}\n"
    off = "  - {id: none, like: net, cache: {size: 0}}\n"
    assert [model.cache for model in models(GOOD, tmp_path)] == [None]
    seven = Cache(size=7, ttl=3600.0)
    assert [model.cache for model in models(GOOD + own + off, tmp_path)] == [seven, seven, None]
    text = GOOD.replace("500ms}", "500ms, cache: {}}") + off
    assert [model.cache for model in models(text, tmp_path)] == [Cache(size=1000, ttl=600.0), None]


def test_an_inherited_mistake_is_told_once_where_it_is_written(tmp_path: Path) -> None:
    text = GOOD + "    engine: onnx\n  - {id: other, like: net}\n"
    assert problems(text, tmp_path) == [
        "line 7: models[0].engine: 'onnx' is unknown; write 'openvino' or 'torch'"
    ]


def test_a_loop_of_likes_is_refused(tmp_path: Path) -> None:
    text = "version: 1\nmodels:\n  - {id: a, like: b}\n  - {id: b, like: a}\n"
    assert problems(text, tmp_path) == [
        "line 3: models[0].like: a -> b -> a is a loop; break it",
        "line 4: models[1].like: b -> a -> b is a loop; break it",
    ]


def test_file_paths_are_relative_to_the_manifest(tmp_path: Path) -> None:
    (model,) = models(entry(weights="file:net.pth", labels="file:names.txt"), tmp_path)
    assert model.weights == f"file:{tmp_path / 'net.pth'}"
    assert model.labels == f"file:{tmp_path / 'names.txt'}"


def test_the_default_manifest_and_the_examples_are_good() -> None:
    for path in [stack.ROOT / "models.yaml", *(stack.ROOT / "examples").glob("*.yaml")]:
        assert reading.read(path)


def test_the_published_schema_is_that_of_the_fields() -> None:
    published = json.loads((stack.ROOT / "models.schema.json").read_text())
    assert published == json.loads(json.dumps(schema.schema()))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
entries = st.dictionaries(st.sampled_from([*schema.Entry.model_fields, "odd"]), json_values)


@given(st.lists(entries | json_values, max_size=3), json_values)
def test_nothing_but_a_manifest_error_comes_of_any_content(
    listed: list[object], defaults: object
) -> None:
    text = json.dumps({"version": 1, "defaults": defaults, "models": listed})
    document = reading.load(text)
    reading.complete(reading.validate(document), document, Path("/"))
    assert all(problem.line >= 1 and problem.message for problem in document.problems)


def test_models_of_one_service_run_in_the_same_containers(tmp_path: Path) -> None:
    mates = "    service: zoo\n    replicas: {}\n  - {{id: heir, like: net, replicas: 2}}\n"
    alike = models(GOOD + mates.format(2), tmp_path)
    assert [model.deployment.replicas for model in alike] == [2, 2]
    assert [model.deployment.memory for model in alike] == ["1Gi", "1Gi"]
    with pytest.raises(reading.ManifestError, match="shares its service with net; write replicas"):
        models(GOOD + mates.format(3), tmp_path)


@pytest.mark.parametrize("listed", ["[{}]", "\n    - {}", "[cat, {}]"])
@pytest.mark.parametrize(
    "word",
    [
        "yes", "no", "on", "off", "Yes", "NO", "true", "False", "null", "~", "0", "007", "0777",
        "0o17", "0x10", "1_000", "0b1", "1.0", "1e3", ".5e3", ".inf", ".NaN", "12:30", "2024-01-01",
        "=",
    ],
)  # fmt: skip
def test_a_label_that_may_be_no_text_is_told_as_it_is_written(
    word: str, listed: str, tmp_path: Path
) -> None:
    text = f"{GOOD}    labels: {listed.format(word)}\n"
    number = int("cat" in listed)
    (found,) = problems(text, tmp_path)
    assert found.startswith(f"line {7 + listed.count(chr(10))}: models[0].labels[{number}]: {word}")
    assert found.endswith(f"write '{word}', in quotes")
    quoted = f"{GOOD}    labels: {listed.format(repr(word))}\n"
    assert models(quoted, tmp_path)[0].labels == [*(["cat"] * number), word]


@pytest.mark.parametrize("word", ["50", "1e3", "null", "no", "0x10", "2024-01-01", "007"])
def test_a_word_in_any_field_of_text_is_told_as_it_is_written(word: str, tmp_path: Path) -> None:
    fields = ("id", "title", "calibration", "service", "sha256", "like")
    for field in fields if word != "null" else ("id",):
        text = GOOD.replace("id: net\n", f"id: other\n    {field}: {word}\n").replace(
            "id: other\n    id", "id"
        )
        told = [each for each in problems(text, tmp_path) if f"models[0].{field}: " in each]
        assert f"{word} is" in told[0] or f"'{word}' does not fit" in told[0], told


def test_what_is_wrong_in_a_list_is_told_once_and_not_of_the_whole(tmp_path: Path) -> None:
    (found,) = problems(GOOD + "    labels: [a, {b: c}]\n", tmp_path)
    assert found == "line 7: models[0].labels[1]: {'b': 'c'} is not text; put it in quotes"
    (found,) = problems(GOOD + "    labels: {0: a, 1: b}\n", tmp_path)
    assert "is not a list; write file:PATH, or a list of names" in found
    (found,) = problems(GOOD + "    labels:\n    -\n    - b\n", tmp_path)
    assert found == "line 8: models[0].labels[0]: there is no value; write one"


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("1e-3", 1e-3), ("1E5", 1e5), ("1e+3", 1e3), (".5e3", 500.0), ("+1e3", 1e3), ("0o17", 15),
        ("0x1F", 31), ("1.", 1.0), ("-.inf", float("-inf")), ("08", 8), ("x", "x"), ("'no'", "no"),
        ("~", None), ("true", True), ("12:x", "12:x"),
    ],
)  # fmt: skip
def test_arguments_are_read_by_yaml_1_2(word: str, value: object, tmp_path: Path) -> None:
    (model,) = models(f"{GOOD}    keywords: {{on: {word}}}\n    arguments: [{word}]\n", tmp_path)
    assert (model.keywords, model.arguments) == ({"on": value}, [value])
    assert Model.model_validate_json(model.model_dump_json()) == model


@pytest.mark.parametrize(
    ("word", "mend"),
    [
        ("no", "write false, or 'no', in quotes"),
        ("0777", "write 777, or 511"),
        ("12:30", "write 750, or '12:30', in quotes"),
        ("1_000", "write 1000, or '1_000', in quotes"),
        ("0b1", "write 1, or '0b1', in quotes"),
        ("2024-01-01", "write '2024-01-01', in quotes"),
        ("None", "write null, or 'None', in quotes"),
        ("1/255", "write the number that it gives, or '1/255', in quotes"),
    ],
)
def test_an_argument_that_two_readers_read_differently_is_not_guessed(
    word: str, mend: str, tmp_path: Path
) -> None:
    (found,) = problems(f"{GOOD}    keywords: {{flag: {word}}}\n", tmp_path)
    assert found.startswith(f"line 7: models[0].keywords.flag: {word} is ")
    assert found.endswith(mend)
    assert mend in problems(f"{GOOD}    keywords: {{a: [1, {{b: {word}}}]}}\n", tmp_path)[0]


def test_a_number_with_a_zero_before_it_is_not_guessed(tmp_path: Path) -> None:
    (found,) = problems(f"{GOOD}    input: {{size: 0224}}\n", tmp_path)
    assert found.endswith("size: 0224 is 224 in YAML 1.2, and 148 in YAML 1.1; write 224, or 148")


def test_a_title_is_one_line_and_holds_no_control_characters(tmp_path: Path) -> None:
    title = "    title: |\n      A net for cats\n        and: dogs\n"
    assert models(GOOD + title, tmp_path)[0].title == "A net for cats and: dogs"
    (found,) = problems(f'{GOOD}    title: "a\\e[31mb"\n', tmp_path)
    assert "title: 'a\\x1b[31mb' holds U+001B, which is no part of a name; remove it" in found
    (found,) = problems(f'{GOOD}    labels: [a, "b\\nc"]\n', tmp_path)
    assert "labels[1]: 'b\\nc' holds U+000A" in found
