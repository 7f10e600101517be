"""ONNX files through real processes: baked, served, and refused by name."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, quantize_static
from PIL import Image

from passerelle.artifact import card
from passerelle.manifest import reading
from services.bake import errors, pipeline
from tests.support import onnx_files, stack
from tests.support.onnx_files import node

SERVED = """\
version: 1
models:
  - {id: classes, architecture: onnx, weights: "file:classes.onnx"}
  - {id: vector, task: embedding, architecture: onnx, weights: "file:vector.onnx"}
  - {id: map, task: tensor, architecture: onnx, weights: "file:map.onnx", input: {size: 64}}
  - {id: bytes, architecture: onnx, weights: "file:bytes.onnx"}
"""


def baked(folder: Path, name: str, **fields: Any) -> Path:
    """The artifact of one file, in this process."""
    entry = {"id": "net", "architecture": "onnx", "weights": f"file:{name}"} | fields
    text = "".join(f"    {key}: {value}\n" for key, value in entry.items())
    (folder / "models.yaml").write_text(f"version: 1\nmodels:\n  -\n{text}")
    (model,) = reading.read(folder / "models.yaml")
    return pipeline.bake(model.recipe, folder / "artifacts", lambda _: None)


def test_files_of_several_tasks_answer_as_onnx_runtime_does(tmp_path: Path) -> None:
    names = {"names": str({number: f"class {number}" for number in range(5)})}
    onnx_files.classifier(tmp_path / "classes.onnx", external="classes.data", metadata=names)
    pooled = (node("GlobalAveragePool", "features", "pooled"), node("Flatten", "pooled", "flat"))
    onnx_files.net(tmp_path / "vector.onnx", *pooled, outputs=["flat"])
    identity = node("Identity", "features", "features_too")
    onnx_files.net(
        tmp_path / "map.onnx", identity, outputs=["features_too"], shape=("n", 3, "h", "w")
    )
    onnx_files.classifier(
        tmp_path / "bytes.onnx", shape=(1, 64, 64, 3), is_last=True, datatype=TensorProto.UINT8
    )
    (tmp_path / "models.yaml").write_text(SERVED)
    with stack.running(tmp_path / "models.yaml", tmp_path / "state") as up:
        answer = up.predict("classes").json()
        assert answer["category"].startswith("class ")
        assert len(up.predict("vector").json()["embedding"]) == onnx_files.FEATURES
        (output,) = up.predict("map").json()["outputs"]
        assert (output["name"], output["shape"]) == ("features_too", [1, 8, 32, 32])
        made = up.get("/models").json()["models"][0]["card"]
        assert (made["weights"]["source"], made["labels"]) == (
            "file:classes.onnx", "the ONNX file's metadata",
        )  # fmt: skip
        image = Image.open(stack.PICTURES / "chelsea.png").convert("RGB").crop((80, 0, 380, 300))
        small = np.asarray(image.resize((64, 64)))[np.newaxis]
        session = onnxruntime.InferenceSession(tmp_path / "bytes.onnx")
        (expected,) = session.run(None, {"images": small})
        assert up.predict("bytes").json()["predictions"][0]["class_id"] == int(expected.argmax())


def test_a_file_is_baked_in_lower_precisions_as_any_network(tmp_path: Path) -> None:
    onnx_files.classifier(tmp_path / "net.onnx")
    for precision in ("int8", "bf16"):
        made = card.read(baked(tmp_path, "net.onnx", precision=precision))
        assert made.agreement
        assert made.agreement["value"] > 0.9


class Random(CalibrationDataReader):  # type: ignore[misc]  # it has no types
    """Eight random pictures."""

    def __init__(self) -> None:
        chance = np.random.default_rng(0)
        self.left = [chance.normal(0, 1, (1, 3, 64, 64)).astype(np.float32) for _ in range(8)]

    def get_next(self) -> Any:
        return {"images": self.left.pop()} if self.left else None


def test_a_file_that_is_quantized_already_is_served_as_it_is(tmp_path: Path) -> None:
    onnx_files.classifier(tmp_path / "net.onnx")
    quantize_static(str(tmp_path / "net.onnx"), str(tmp_path / "qdq.onnx"), Random())
    operators = {each.op_type for each in onnx.load(tmp_path / "qdq.onnx").graph.node}
    assert {"QuantizeLinear", "DequantizeLinear"} <= operators
    made = card.read(baked(tmp_path, "qdq.onnx"))
    assert made.check["error"] <= made.check["tolerance"]
    with pytest.raises(errors.ArchitectureError, match="quantized already; write precision: fp32"):
        baked(tmp_path, "qdq.onnx", precision="int8")


def test_a_changed_weight_beside_a_file_is_baked_anew(tmp_path: Path) -> None:
    onnx_files.classifier(tmp_path / "net.onnx", external="net.data")
    first = baked(tmp_path, "net.onnx")
    assert baked(tmp_path, "net.onnx") == first
    data = bytearray((tmp_path / "net.data").read_bytes())
    data[3] ^= 1
    (tmp_path / "net.data").write_bytes(data)
    assert baked(tmp_path, "net.onnx") != first


@pytest.mark.parametrize(
    ("make", "told"),
    [
        ({"opset": 99}, "ONNX Runtime can't load net.onnx, of opset 99"),
        ({"shape": (1, 6, 64, 64)}, "takes 6 channels"),
        ({"shape": (4, 3, 64, 64)}, "takes 4 pictures at once"),
        ({"shape": ("n", 3, "h", "w")}, "several sizes; write input"),
    ],
)
def test_a_file_that_can_not_be_served_is_told(
    make: dict[str, Any], told: str, tmp_path: Path
) -> None:
    onnx_files.classifier(tmp_path / "net.onnx", **make)
    with pytest.raises(errors.BakeError, match=told):
        baked(tmp_path, "net.onnx")


def test_an_operation_that_openvino_lacks_is_told_by_its_name(tmp_path: Path) -> None:
    far = numpy_helper.from_array(np.eye(32, dtype=np.float32) * 1000, "")
    tail = [
        node("Constant", "", "far", value=far),
        node("Add", "features far", "regular"),
        node("Inverse", "regular", "logits", domain="com.microsoft"),
    ]
    onnx_files.net(tmp_path / "net.onnx", *tail)
    with pytest.raises(errors.EngineError, match=r"com.microsoft.Inverse.*Export the file again"):
        baked(tmp_path, "net.onnx", task="tensor")
