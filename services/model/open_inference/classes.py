"""The likeliest classes as texts, in place of a classification's values.

Source of the form: the classification extension of NVIDIA's Triton.
"""

import numpy as np

from passerelle.protocol import problems
from services.model.tasks import classification
from services.model.tasks.classification import LOGITS, Classification
from services.model.tasks.task import Task
from services.model.tensors import Array


def require(task: Task, output: str) -> Classification:
    """The task, if an output of it has a value for each class.

    Raises:
        InvalidRequest
    """
    if isinstance(task, Classification) and output == LOGITS:
        return task
    raise problems.InvalidRequest(
        f"{output} of a model of the task {task.name} holds no values of classes, so that "
        "classification can't be asked for."
    )


def likeliest(task: Task, values: Array, count: int) -> Array:
    """Of each row of values the `count` likeliest classes: `score:number:name`, best first.

    The score is that of an answer to `predict`. Where there are fewer classes, all of them.

    Raises:
        NonFiniteOutput
    """
    known = require(task, LOGITS)
    most = min(count, len(known.names))
    rows = [
        classification.predictions(each, known.names, most, known.activation) for each in values
    ]
    texts = [
        [f"{each['score']:.6f}:{each['class_id']}:{each['label']}".encode() for each in row]
        for row in rows
    ]
    return np.array(texts, object)
