"""A file for each task: how a model's outputs become an answer. numpy alone.

TASKS is the table of them: a new one is its file and its line here.
"""

from passerelle.artifact.card import Card
from services.model.tasks.classification import Classification
from services.model.tasks.detection import Detection
from services.model.tasks.embedding import Embedding
from services.model.tasks.segmentation import Segmentation
from services.model.tasks.task import Task
from services.model.tasks.tensor import RawTensors

TASKS: dict[str, type[Task]] = {
    each.name: each for each in (Classification, Detection, Segmentation, Embedding, RawTensors)
}


def of(card: Card, names: list[str]) -> Task:
    """The task of a model, by its card and its classes' names."""
    return TASKS[card.task].of(card, names)
