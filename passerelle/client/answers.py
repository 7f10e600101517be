"""What a model says of a picture, a type for each task, as the contract names them.

    Answer
    ├── Classification   the likeliest classes
    ├── Detection        objects and their boxes
    ├── Segmentation     classes and their masks
    ├── Embedding        a vector
    ├── Tensors          a network's outputs as they are
    ├── OwnAnswer        any JSON: of a model's own code, or of a task that isn't known here
    ├── Steps            of a pipeline: each model's answer
    └── Content          no JSON: a PNG of a segmentation, or whatever a foreign service answers

    Results              to several pictures: for each its answer, or its Problem

`array()` gives numpy's, and needs that package; where a picture is read it needs Pillow as well.
"""

import base64
import dataclasses
import io
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeAlias, TypeVar

import pydantic

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

FLOAT = struct.Struct("<f")  # of an embedding's bytes
# numpy's types by the Open Inference Protocol's words, as little-endian bytes; others are numpy's.
DATATYPES = {
    "BOOL": "?", "UINT8": "u1", "UINT16": "<u2", "UINT32": "<u4", "UINT64": "<u8", "INT8": "i1",
    "INT16": "<i2", "INT32": "<i4", "INT64": "<i8", "FP16": "<f2", "FP32": "<f4", "FP64": "<f8",
}  # fmt: skip


class Member(pydantic.BaseModel):
    """A part of an answer. What it has beside its fields is in the reply's `document`."""

    model_config = pydantic.ConfigDict(frozen=True)


class Size(Member):
    """The picture's, in pixels, upright as its EXIF says."""

    width: int
    height: int


class Prediction(Member):
    """One class and how likely it is."""

    class_id: int
    label: str
    score: float  # 0..1, or the model's own value where its card has the activation `none`


class Classification(Member):
    """The likeliest classes, best first, and the label of the first."""

    category: str
    predictions: list[Prediction]


class Box(Member):
    """The edges of a box, in pixels of the upright picture."""

    xmin: float
    ymin: float
    xmax: float
    ymax: float


class DetectedObject(Member):
    """One object and where it is."""

    class_id: int
    label: str
    score: float
    box: Box


class Detection(Member):
    """The objects in a picture, best first; there may be none."""

    predictions: list[DetectedObject]
    image: Size


class Segment(Member):
    """One class and its part of the picture."""

    class_id: int
    label: str
    share: float  # of the picture's pixels, 0..1
    mask: pydantic.Base64Bytes  # a grey PNG of the picture's size; 255 where the class is, else 0

    def array(self) -> "npt.NDArray[np.bool_]":
        """The mask (height, width): whether a pixel is of the class."""
        return _pixels(self.mask) > 0


class Segmentation(Member):
    """Which part of a picture is of which class, the largest first."""

    image: Size
    segments: list[Segment]


def _floats(given: Any) -> Any:
    """The numbers of an embedding that was asked for in base64; any other as it is."""
    if not isinstance(given, str):
        return given
    content = base64.b64decode(given, validate=True)
    if len(content) % FLOAT.size:
        raise ValueError(f"{len(content)} bytes are no float32 numbers")
    return [value for (value,) in FLOAT.iter_unpack(content)]


class Embedding(Member):
    """A picture as numbers, which are near to those of a picture like it."""

    embedding: Annotated[list[float], pydantic.BeforeValidator(_floats)]

    @property
    def dimensions(self) -> int:
        """How many numbers there are."""
        return len(self.embedding)

    def array(self) -> "npt.NDArray[np.float32]":
        """The numbers (dimensions,)."""
        import numpy as np

        return np.asarray(self.embedding, np.float32)


def _values(given: Any) -> Any:
    """The bytes of an output that was asked for in base64; any other as it is."""
    return base64.b64decode(given, validate=True) if isinstance(given, str) else given


class Output(Member):
    """One of a network's outputs."""

    name: str
    shape: list[int]
    datatype: str  # in the Open Inference Protocol's words, such as FP32
    # The values in the order of memory; with encoding_format="base64" their little-endian bytes.
    data: Annotated[list[Any] | bytes, pydantic.BeforeValidator(_values)]

    def array(self) -> "npt.NDArray[Any]":
        """The values, in their shape."""
        import numpy as np

        kind = np.dtype(DATATYPES.get(self.datatype, self.datatype))
        if isinstance(self.data, bytes):
            return np.frombuffer(self.data, kind).reshape(self.shape)
        return np.asarray(self.data, kind).reshape(self.shape)


class Tensors(Member):
    """A network's outputs as they are."""

    outputs: list[Output]


class OwnAnswer(Member):
    """Any JSON: what a model's own code says, or an answer of a task that isn't known here."""

    result: Any


class Content(Member):
    """A body that is no JSON, and what it is, such as `image/png`."""

    media_type: str
    content: bytes

    def array(self) -> "npt.NDArray[Any]":
        """A picture's pixels: of a segmentation's PNG (height, width), the classes' numbers."""
        return _pixels(self.content)


class Problem(Member):
    """Why one picture of several has no answer; `detail` says what to do."""

    status: int
    title: str = ""
    detail: str = ""


@dataclasses.dataclass(frozen=True)
class Step:
    """What one model of a pipeline says: of the picture, or of each of its parts."""

    model: str
    answer: "Answer | Results[Answer]"
    skipped: int = 0  # parts beyond those that the model was asked about


@dataclasses.dataclass(frozen=True)
class Steps:
    """What each model of a pipeline says, in the pipeline's order."""

    steps: list[Step]


Answer: TypeAlias = (
    Classification | Detection | Segmentation | Embedding | Tensors | OwnAnswer | Steps | Content
)
AnswerT = TypeVar("AnswerT", bound=Answer)
AnswerT_co = TypeVar("AnswerT_co", bound=Answer, covariant=True)


@dataclasses.dataclass(frozen=True)
class Results(Generic[AnswerT_co]):
    """To several pictures, in their order: the answer to each, or its problem."""

    results: "list[AnswerT_co | Problem]"

    def __iter__(self) -> "Iterator[AnswerT_co | Problem]":
        return iter(self.results)

    def __len__(self) -> int:
        return len(self.results)


def _pixels(picture: bytes) -> "npt.NDArray[Any]":
    """The pixels of an encoded picture, as Pillow reads them."""
    import numpy as np
    from PIL import Image

    with Image.open(io.BytesIO(picture)) as image:
        return np.asarray(image)
