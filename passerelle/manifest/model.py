"""A complete model: every field of models.yaml filled in, by type, from the manifest to the bake.

    Served                what the gateway needs of each entry of the manifest
    ├── Model             a recipe, too: baked and served by us
    ├── ExternalModel     served by a backend of any make
    ├── Pipeline          two of these, one after the other
    └── Split             several of these, each of which answers a share of the requests
    Recipe                what goes into a bake: all that decides what an artifact holds

`model_dump_json` and `model_validate_json` write and read each of them.
"""

import hashlib
import json
from collections.abc import Iterable
from typing import Literal, TypeVar

import pydantic
from pydantic import JsonValue

from passerelle.protocol.rates import Rate
from passerelle.protocol.tasks import Task

Engine = Literal["openvino", "torch"]
Precision = Literal["fp32", "bf16", "int8"]
Activation = Literal["softmax", "sigmoid", "none"]
Interpolation = Literal["bilinear", "bicubic"]
Fit = Literal["crop", "squash", "letterbox"]
Protocol = Literal["passerelle", "oip", "raw"]  # ours; the Open Inference Protocol V2; any
Algorithm = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"
]  # of signatures, RFC 7518 and RFC 8037; none that a shared secret makes
Open = Literal["listing", "metrics"]  # what may need no key
Channels = Literal[1, 3, 4, "rgb", "bgr"]  # grey; rgb; rgb and alpha; the order of three
Size = tuple[int, int]  # height and width, in pixels
ONNX = "onnx"  # the architecture whose weights are the whole network
PerChannel = tuple[float, ...]  # as many numbers as channels, or one for all

KEY = "key"  # of a split's `sticky`: the caller's key or token
HEADER_PREFIX = "header "  # the same: the value of the header that is named behind it

SCOPE_PREFIX = "passerelle:"  # so that no other service's scopes are taken for the gateway's

USUAL_FIT: Fit = "crop"  # where the manifest says none
USUAL_FITS: dict[Task, Fit] = {
    "detection": "letterbox",
    "segmentation": "squash",
}  # of tasks that need the whole picture


class Part(pydantic.BaseModel):
    """What every part of a model shares: it never changes, and nothing is converted silently."""

    model_config = pydantic.ConfigDict(
        extra="forbid", strict=True, frozen=True, ser_json_inf_nan="constants"
    )


class Input(Part):
    """How a picture becomes the model's input. What is None is left to the weights' publisher.

    `size` and `resize` are in pixels; `pad` is for values of 0..255, `mean` and `std` for the same
    scaled to 0..1.
    """

    size: Size | None = None
    fit: Fit | None = None
    resize: int | Size | None = None  # of the short side, or of both
    pad: tuple[int, ...] | None = None
    interpolation: Interpolation | None = None
    channels: Channels | None = None
    mean: PerChannel | None = None
    std: PerChannel | None = None


def covers(resize: int | Size, size: Size) -> bool:
    """Whether a picture resized to that, or by its short side, always holds what is cut out."""
    rows, columns = resize if isinstance(resize, tuple) else (resize, resize)
    return rows >= size[0] and columns >= size[1]


class Accept(Part):
    """What a lower precision must reach, or its bake fails."""

    agreement: float  # with fp32: the share of pictures, 0..1


class Cache(Part):
    """How many of a model's answers the gateway keeps, and how long."""

    size: int
    ttl: float  # seconds


class Deployment(Part):
    """How a service's containers run, and how far a platform may scale them.

    It is the same for every model of a service.
    """

    replicas: int = 1
    cpu: int = 2  # processors of each
    memory: str = "1Gi"  # of each
    least: int = 0  # instances, where the platform counts them by load
    most: int = 4


class Recipe(Part):
    """What goes into a bake, and nothing else. All of it counts in an artifact's digest."""

    id: str
    task: Task | None = None  # None: as the architecture's publisher has it, else classification
    architecture: str
    arguments: list[JsonValue] = []
    keywords: dict[str, JsonValue] = {}
    weights: str
    weights_key: str | None = None  # of the state dict in the checkpoint; found unless given
    weights_strip: str | None = None  # what its names begin with; found unless given
    sha256: str | None = None
    input: Input | None = None
    labels: str | list[str] | None = None
    output: str | None = None  # the one of the network's outputs that counts
    activation: Activation | None = None  # by which its values become scores; None: as it shows
    engine: Engine = "openvino"
    precision: Precision = "fp32"
    calibration: str | None = None  # a folder
    accept: Accept | None = None
    handler: str | None = None  # the class of the user's that prepares, or answers
    module_folders: tuple[str, ...] = ()  # where the user's own modules are looked for, in order


# They name files or folders, whose content counts and not where they lie.
FILE_FIELDS = frozenset({"weights", "labels", "calibration", "module_folders"})


class Mirror(Part):
    """Another model that is asked as well, whose answers nobody gets."""

    to: str  # its id
    share: float = 1.0  # of the requests, 0..1


class Capture(Part):
    """How many of a model's pictures and answers are kept in files."""

    share: float = 1.0  # of the requests, 0..1
    size: int = 1_000_000_000  # bytes of all files; the oldest go first


class Promote(Part):
    """When the second variant of a split takes the place of the first, step by step.

    One of `agreement`, `p95` and `errors` is given at least.
    """

    agreement: float | None = None  # with the first, 0..1: no less than this
    p95: float | None = None  # no more than so many times the first's
    errors: float | None = None  # the share of requests, 0..1, by which it may fail more often
    requests: int = 1000  # of a step, before it is judged
    steps: tuple[float, ...] = (5, 25, 50, 100)  # its weights, in percent


class Served(Part):
    """What the gateway needs of each entry: how it is listed, and how it is asked."""

    id: str
    title: str
    timeout: float  # seconds
    cache: Cache | None = None
    public: bool = False  # whether it may be asked without a key
    rate: Rate | None = None  # of all requests for it together
    quota: Rate | None = None  # the same, in whole hours or days of UTC
    mirror: Mirror | None = None  # of its requests, whoever they came by
    capture: Capture | None = None  # the same


class Model(Recipe, Served):
    """A model of ours. What it adds to its recipe decides nothing about its artifact."""

    service: str
    deployment: Deployment = Deployment()

    @property
    def recipe(self) -> Recipe:
        """The fields that go into a bake, alone."""
        return Recipe(**{name: getattr(self, name) for name in Recipe.model_fields})


class Backend(Part):
    """Somebody else's service: where it is or how it is started, and how it is asked.

    One of `url`, `image` and `command` is given at least.
    """

    protocol: Protocol = "raw"
    url: str | None = None  # where it is reached, by whoever runs it
    image: str | None = None  # a container's
    command: tuple[str, ...] = ()  # a process of `passerelle up`, with its PORT in the environment
    folder: str = "."  # where the command runs: the manifest's
    port: int = 8080  # that the image listens on
    path: str | None = None  # where it is asked; None: as its protocol has it
    health: str | None = None  # what answers 2xx when it is ready; None: as its protocol has it
    headers: dict[str, str] = {}  # sent with each request: a text, env:NAME or file:PATH

    @property
    def start_digest(self) -> str:
        """What is another where another process must be started: of the command and its folder."""
        text = json.dumps([self.folder, *self.command], allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


class ExternalModel(Served):
    """A model that a backend serves, whatever it is made of."""

    service: str
    backend: Backend
    deployment: Deployment = Deployment()


class Pipeline(Served):
    """Two steps in one request: the boxes of the first are the pictures of the second."""

    steps: tuple[str, str]  # ids


class Split(Served):
    """Several models under one id. It has no service."""

    weights: dict[str, float]  # by the variant's id, in percent; the first is the reference
    sticky: str | None = None  # KEY, or HEADER_PREFIX and a name in lower case; None: by chance
    compare: float = 0.0  # the share of requests, 0..1, that another variant answers as well
    promote: Promote | None = None


class Fetch(Part):
    """From where pictures are fetched that a request names by their address."""

    hosts: tuple[str, ...]  # names; *.example.com is any below, and * any at all


AnyModel = Model | ExternalModel | Pipeline | Split
Models = tuple[AnyModel, ...]
Kind = TypeVar("Kind", Model, ExternalModel, Pipeline, Split)


class TokenIssuer(Part):
    """An identity provider whose tokens are taken."""

    issuer: str  # the tokens' iss
    audience: str  # one of the tokens' aud
    jwks: str | None = None  # where its keys are; None: as its discovery says
    algorithms: tuple[Algorithm, ...] = ("RS256",)
    scopes: str = "scope"  # the claim of the scopes
    prefix: str = SCOPE_PREFIX  # of those that are for the gateway
    subjects: dict[str, tuple[str, ...]] = {}  # the scopes of some, whatever their tokens say
    name: str = "sub"  # the claim that the logs show
    rate: Rate | None = None  # of each subject's requests
    quota: Rate | None = None  # the same, in whole hours or days of UTC


class Cors(Part):
    """Pages of other origins, whose scripts may ask and read the answers."""

    origins: tuple[str, ...]  # scheme, host and port, or * for any


class Manifest(Part):
    """All that a manifest says, complete."""

    models: Models
    fetch: Fetch | None = None  # None: no picture is fetched
    public: frozenset[Open] = frozenset()
    tokens: tuple[TokenIssuer, ...] = ()
    cors: Cors | None = None  # None: no page of another origin may ask


def of_kind(kind: type[Kind], models: Iterable[AnyModel]) -> tuple[Kind, ...]:
    """Those of the models that are of one kind."""
    return tuple(each for each in models if isinstance(each, kind))
