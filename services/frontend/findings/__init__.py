"""What a model found in a picture: a file for each task, and the table of them."""

from collections.abc import Mapping
from typing import Any

import pydantic

from services.frontend.findings.classification import Classification
from services.frontend.findings.detection import Detection
from services.frontend.findings.embedding import Embedding
from services.frontend.findings.findings import Findings
from services.frontend.findings.other import Other
from services.frontend.findings.segmentation import Segmentation
from services.frontend.findings.tensor import Tensor

DEFAULT_TASK = "classification"  # of answers and cards from before there were tasks

TASKS: dict[str, type[Findings]] = {
    each.kind: each for each in (Classification, Detection, Segmentation, Embedding, Tensor)
}


def read(document: Mapping[str, Any]) -> Findings:
    """The findings in a gateway's answer.

    What no task here knows, such as the answer of a handler, is kept as it is.
    """
    task = TASKS.get(str(document.get("task", DEFAULT_TASK)), Other)
    try:
        return task.of(document)
    except pydantic.ValidationError:
        return Other.of(document)
