"""The format of models.yaml: its fields, their types, and what each is for.

The JSON Schema that editors use (`models.schema.json`) is generated from these classes, and
docs/manifest.md is checked against them.
"""

from typing import Annotated, Any, Literal

import pydantic
from pydantic import BeforeValidator, Field, JsonValue

from passerelle.manifest import input_fields, names
from passerelle.manifest.access_fields import Cors, Quota, Rate, TokenIssuer
from passerelle.manifest.backend_fields import Backend, Fetch
from passerelle.manifest.fields import Fields
from passerelle.manifest.model import Activation, Engine, Fit, Interpolation, Open, Precision
from passerelle.manifest.rollout_fields import Capture, Mirror, Percent, Promote, Sticky, Weight
from passerelle.manifest.weights_fields import Weights, WeightsFile
from passerelle.protocol.tasks import Task

ID = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
ARCHITECTURE = r"^(onnx|[A-Za-z_][\w.]*:[A-Za-z_][\w.]*)$"
HANDLER = r"^[A-Za-z_][\w.]*:[A-Za-z_][\w.]*$"
OUTPUT = r"^\S.*$"
DURATION = (  # more than none
    r"^([0-9]*[1-9][0-9]*(\.[0-9]+)?|[0-9]+\.[0-9]*[1-9][0-9]*)(ms|s|m|h)$"
)
SHA256 = r"^[0-9a-f]{64}$"

MAX_VARIANTS = 16
MEMORY = r"^[1-9][0-9]{0,5}(Mi|Gi)$"

Memory = Annotated[str, Field(pattern=MEMORY, examples=["512Mi", "2Gi"])]
Id = Annotated[str, Field(pattern=ID)]
Duration = Annotated[str, Field(pattern=DURATION, examples=["10s", "500ms", "2m"])]
Title = Annotated[str, pydantic.AfterValidator(names.in_one_line)]
ClassName = Annotated[str, pydantic.AfterValidator(names.checked)]
PER_CHANNEL = (
    "For values in 0..1: a number for each channel, or one for all; ImageNet's unless given."
)
OutputName = Annotated[
    str,
    Field(pattern=OUTPUT),
    BeforeValidator(
        lambda given: str(given) if type(given) is int else given,  # not True, which is one too
        json_schema_input_type=int | str,
    ),
]


class Input(Fields):
    """How a picture becomes the model's input."""

    size: input_fields.Size | None = Field(
        None,
        examples=[224, [256, 128]],
        description="Side of the square, or [height, width], in pixels.",
    )
    fit: Fit | None = Field(
        None,
        description=(
            "crop (unless given) cuts the middle out, squash scales each side by itself, letterbox "
            "puts a border around the whole picture."
        ),
    )
    resize: input_fields.Resize | None = Field(
        None,
        examples=[256, [256, 256]],
        description=(
            "Short side before the crop, in pixels, or [height, width], whatever the picture's "
            "proportions; size / 0.875 unless given."
        ),
    )
    pad: input_fields.BytePerChannel | None = Field(
        None,
        description="Letterbox's border, 0..255, for each channel or for all; 114 unless given.",
    )
    interpolation: Interpolation | None = Field(
        None, description="How to resize; bilinear unless given."
    )
    channels: input_fields.ChannelOrder | None = Field(
        None,
        description="1 for grey, 3 or rgb (unless given), bgr, 4 for RGB and alpha.",
    )
    mean: input_fields.PerChannel | None = Field(None, description=PER_CHANNEL)
    std: input_fields.PerChannel | None = Field(None, description=PER_CHANNEL)


class Accept(Fields):
    """What fails a bake."""

    agreement: float = Field(
        ge=0, le=1, strict=False, description="With fp32: the share of pictures, 0..1."
    )


class Cache(Fields):
    """How many answers the gateway keeps, and how long."""

    size: int = Field(
        1000, ge=0, le=1_000_000, description="The most answers that are kept; 0 keeps none."
    )
    ttl: Duration = Field("10m", description="How long one is kept.")


class Resources(Fields):
    """What one replica of a service may use."""

    cpu: int = Field(2, ge=1, le=64, description="Processors.")
    memory: Memory = Field("1Gi", description="Memory; a replica that takes more is stopped.")


class Scale(Fields):
    """How many instances Cloud Run or Knative may run, by load."""

    min: int = Field(0, ge=0, le=100, description="Instances that stay without load.")
    max: int = Field(4, ge=1, le=100, description="The most instances.")


class Entry(Fields):
    """One model, as written."""

    id: Id = Field(description="Its name in URLs, and its container's and cloud service's name.")
    title: Title | None = Field(None, description="Its name for people; the id unless given.")
    like: Id | None = Field(None, description="Take every field not given here from that model.")
    backend: Backend | None = Field(
        None, description="Somebody else's service, in place of an architecture of ours."
    )
    pipeline: list[Id] | None = Field(
        None,
        min_length=2,
        max_length=2,
        examples=[["people", "faces"]],
        description="Two models: the boxes that the first finds are the pictures of the second.",
    )
    split: dict[Id, Weight] | None = Field(
        None,
        min_length=2,
        max_length=MAX_VARIANTS,
        examples=[{"lite0": 95, "lite0-int8": 5}],
        description="Several models under one id, and the percent of the requests of each.",
    )
    sticky: Sticky | None = Field(
        None, description="A split's: key or header NAME, of which each value has one variant."
    )
    compare: Percent | None = Field(
        None, description="A split's: the share of requests that another variant answers too."
    )
    promote: Promote | None = Field(
        None, description="A split's: when its second variant takes the place of the first."
    )
    mirror: Mirror | None = Field(
        None, description="A model that is asked as well, after the answer, and compared."
    )
    capture: Capture | None = Field(
        None, description="Keep pictures and answers in files; off unless given."
    )
    task: Task | None = Field(
        None,
        description=(
            "What its answers are; torchvision's registry tells it of its own, tensor with a "
            "handler, else classification."
        ),
    )
    architecture: str | None = Field(
        None,
        pattern=ARCHITECTURE,
        examples=["torchvision:resnet152", "mypackage.nets:MyNet"],
        description=(
            "torchvision:NAME, a package.module:callable that gives a torch module, or onnx, whose "
            "weights are an ONNX file."
        ),
    )
    arguments: list[JsonValue] | None = Field(
        None, description="The callable's arguments, in order."
    )
    keywords: dict[str, JsonValue] | None = Field(
        None, description="The callable's named arguments."
    )
    weights: Weights | None = Field(
        None,
        examples=["torchvision:DEFAULT", "file:weights/net.pth", {"file": "net.pth", "key": "ema"}],
        description=(
            "torchvision:NAME, file:PATH, https://… with sha256, package:NAME, architecture if it "
            "brings its own, random, or a file with its key and strip."
        ),
    )
    sha256: str | None = Field(
        None, pattern=SHA256, description="Of the checkpoint; https weights need it."
    )
    input: Input | None = Field(
        None,
        description=(
            "torchvision models take it from their weights' own transforms, and of an ONNX file "
            "the size is its own."
        ),
    )
    labels: str | list[ClassName] | None = Field(
        None, description="imagenet-1k, file:PATH with a name a line, or the names themselves."
    )
    handler: str | None = Field(
        None,
        pattern=HANDLER,
        examples=["handlers:Text"],
        description=(
            "package.module:Class beside the manifest, whose preprocess makes the network's inputs "
            "of a picture, or whose postprocess makes the answer of its outputs."
        ),
    )
    output: OutputName | None = Field(
        None,
        examples=["logits", 0],
        description="Which of the network's outputs counts, by name or number, where it has many.",
    )
    activation: Activation | None = Field(
        None,
        description="How its output becomes scores; found in the bake unless given.",
    )
    engine: Engine | None = Field(None, description="What runs the model; openvino unless given.")
    precision: Precision | None = Field(
        None,
        description="fp32 unless given; bf16 and int8 are faster, and the card says how exact.",
    )
    calibration: str | None = Field(
        None, description="A folder of pictures for int8; crops of photographs unless given."
    )
    accept: Accept | None = Field(None, description="What a lower precision must reach.")
    service: Id | None = Field(
        None, description="Models that name one service share its process; the id unless given."
    )
    timeout: Duration | None = Field(
        None, description="How long the gateway waits for an answer; 10s unless given."
    )
    cache: Cache | None = Field(
        None, description="Answer the same picture again without the model; off unless given."
    )
    public: bool | None = Field(
        None, description="Whether it may be asked without a key; false unless given."
    )
    rate: Rate | None = Field(None, description="All requests for it together; any unless given.")
    quota: Quota | None = Field(
        None, description="All requests for it, in whole hours or days of UTC; any unless given."
    )
    replicas: int | None = Field(
        None, ge=1, le=100, description="Containers of its service; 1 unless given."
    )
    resources: Resources | None = Field(
        None, description="What a container of its service may use; 2 processors, 1Gi unless given."
    )
    scale: Scale | None = Field(
        None, description="Instances on Cloud Run or Knative; 0 to 4 unless given."
    )

    @property
    def weights_source(self) -> str:
        """Where the weights come from, as one text; empty where that isn't given."""
        return self.weights.source if isinstance(self.weights, WeightsFile) else self.weights or ""


class Defaults(Fields):
    """What holds for every model that doesn't say otherwise."""

    engine: Engine = Field("openvino", description="What runs the models.")
    precision: Precision = Field("fp32", description="Of the weights and the arithmetic.")
    timeout: Duration = Field("10s", description="How long the gateway waits for an answer.")
    cache: Cache | None = Field(
        None, description="Answer the same picture again; off unless given."
    )
    replicas: int = Field(1, ge=1, le=100, description="Containers of each service.")
    resources: Resources = Field(Resources(), description="What one container may use.")
    scale: Scale = Field(Scale(), description="Instances on Cloud Run or Knative.")


class Manifest(Fields):
    """models.yaml: the models that Passerelle serves."""

    version: Literal[1] = Field(description="Of this format.")
    defaults: Defaults = Field(Defaults(), description="What holds unless a model says otherwise.")
    fetch: Fetch | None = Field(
        None, description="Pictures by their address; none is fetched unless given."
    )
    public: list[Open] = Field(
        [], description="What needs no key: the listing of the models, the metrics."
    )
    tokens: list[TokenIssuer] = Field(
        [], description="Identity providers whose tokens are taken beside API keys."
    )
    cors: Cors | None = Field(
        None, description="Pages of other origins whose scripts may ask; none unless given."
    )
    models: list[Entry] = Field(min_length=1, description="The models, in the order of /models.")


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of models.yaml."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Manifest.model_json_schema(),
    }
