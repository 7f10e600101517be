"""How well a model's decisions fit labels: a metric for each task, computed by a library.

Each is given one picture after the other, and keeps no more of them than it must. scikit-learn and
faster-coco-eval are imported where they are used: a command that measures nothing needs neither.
"""

import abc
from collections import Counter
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

DIGITS = 4  # of a share
IGNORED = 255  # in a mask: a pixel that isn't counted

Figures = dict[str, float | None]  # shares, 0..1; None where no picture was labelled


class LabelledBox(NamedTuple):
    """A box that is known to be in a picture: its class, and its edges in the picture's pixels."""

    class_id: int
    xmin: float
    ymin: float
    xmax: float
    ymax: float
    is_crowd: bool = False  # of many objects, as COCO has them: what is found in it isn't wrong


class Metric(abc.ABC):
    """What becomes of the labelled pictures of one model."""

    titles: ClassVar[dict[str, str]]  # of the figures; the first one is the task's own

    def __init__(self) -> None:
        self.pictures = 0  # labelled

    def update(self, label: Any, decision: Any) -> None:
        """Count one labelled picture."""
        self.pictures += 1
        self.add(label, decision)

    def figures(self) -> Figures:
        """What was found of all pictures so far."""
        found = self.compute() if self.pictures else {}
        return {name: rounded(found.get(name)) for name in self.titles}

    @abc.abstractmethod
    def add(self, label: Any, decision: Any) -> None:
        """Take in what was decided on one picture, and what is true."""

    @abc.abstractmethod
    def compute(self) -> Figures:
        """The figures, of at least one picture."""


def rounded(share: float | None) -> float | None:
    """A share with a card's digits."""
    return None if share is None else round(float(share), DIGITS)


class Accuracy(Metric):
    """The share of pictures whose class is the likeliest, or among the five likeliest.

    Counted here: scikit-learn's `top_k_accuracy_score` wants every class's score of every picture.
    """

    titles: ClassVar = {"top1": "top-1", "top5": "top-5"}

    def __init__(self) -> None:
        super().__init__()
        self.right = Counter[str]()

    def add(self, label: int, decision: list[int]) -> None:
        """A class, and the likeliest classes, best first."""
        self.right["top1"] += label in decision[:1]
        self.right["top5"] += label in decision[:5]

    def compute(self) -> Figures:
        """Both shares."""
        return {name: self.right[name] / self.pictures for name in self.titles}


class MeanAveragePrecision(Metric):
    """COCO's: the mean over classes, and for `map` over IoU 0.5 to 0.95 as well."""

    titles: ClassVar = {"map": "mAP", "map50": "mAP@50"}

    def __init__(self) -> None:
        super().__init__()
        self.annotations: list[dict[str, Any]] = []
        self.detections: list[dict[str, Any]] = []

    def add(self, label: list[LabelledBox], decision: list[list[float]]) -> None:
        """A picture's boxes, and those that were found: class, score, edges in pixels."""
        for box in label:
            found = self.in_coco(*box[:5])
            number = len(self.annotations) + 1
            self.annotations.append(found | {"id": number, "iscrowd": int(box.is_crowd)})
        for class_id, score, *edges in decision:
            self.detections.append(self.in_coco(int(class_id), *edges) | {"score": score})

    def in_coco(
        self, class_id: int, xmin: float, ymin: float, xmax: float, ymax: float
    ) -> dict[str, Any]:
        """A box of the last picture in COCO's form."""
        width, height = xmax - xmin, ymax - ymin
        return {
            "image_id": self.pictures,
            "category_id": class_id,
            "bbox": [xmin, ymin, width, height],
            "area": width * height,
        }

    def compute(self) -> Figures:
        """Both, over the classes that the labels have; None where no picture has a box."""
        classes = sorted({each["category_id"] for each in self.annotations})
        found = [each for each in self.detections if each["category_id"] in set(classes)]
        if not classes:
            return {}
        if not found:
            return dict.fromkeys(self.titles, 0.0)
        from faster_coco_eval import COCO, COCOeval_faster

        truth = COCO(
            {
                "images": [{"id": number} for number in range(1, self.pictures + 1)],
                "annotations": self.annotations,
                "categories": [{"id": each, "name": str(each)} for each in classes],
            }
        )
        evaluation = COCOeval_faster(truth, truth.loadRes(found), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
        return {"map": evaluation.stats[0], "map50": evaluation.stats[1]}


class MeanIoU(Metric):
    """The mean over classes of the intersection over the union of all pictures' pixels."""

    titles: ClassVar = {"miou": "mIoU"}

    def __init__(self) -> None:
        super().__init__()
        self.pixels = Counter[tuple[int, int]]()  # by true class and found class

    def add(self, label: str, decision: dict[str, Any]) -> None:
        """A mask's file, and a part of a label map: see services/model/tasks/label_map.py."""
        import numpy as np
        from PIL import Image

        from services.model.tasks import label_map

        with Image.open(label) as image:
            true = np.asarray(image)
        found = label_map.in_picture(decision, (true.shape[1], true.shape[0]))
        counted, classes = true != IGNORED, int(found.max()) + 1
        pairs = np.bincount(true[counted].astype(np.intp) * classes + found[counted])
        for pair in np.flatnonzero(pairs).tolist():
            self.pixels[divmod(pair, classes)] += int(pairs[pair])

    def compute(self) -> Figures:
        """The mean over the classes that are anywhere, in masks or in answers."""
        from sklearn.metrics import jaccard_score

        if not self.pixels:
            return {}
        true, found = zip(*self.pixels, strict=True)
        return {
            "miou": jaccard_score(
                true, found, average="macro", sample_weight=[*self.pixels.values()]
            )
        }


class RecallAtOne(Metric):
    """The share of pictures whose nearest other one, by cosine, shows the same class.

    A picture that is alone in its class has none to find, and isn't counted.
    """

    titles: ClassVar = {"recall1": "recall@1"}

    def __init__(self) -> None:
        super().__init__()
        self.classes: list[str] = []
        self.vectors: list[npt.NDArray[np.float32]] = []

    def add(self, label: str, decision: list[float]) -> None:
        """A class, and a picture's numbers."""
        import numpy as np

        self.classes.append(label)
        self.vectors.append(np.array(decision, np.float32))

    def compute(self) -> Figures:
        """The share; None where no class has two pictures."""
        from sklearn.neighbors import NearestNeighbors

        count = Counter(self.classes)
        if max(count.values()) < 2:
            return {}
        search = NearestNeighbors(n_neighbors=1, metric="cosine").fit(self.vectors)
        nearest = search.kneighbors(return_distance=False)[:, 0]  # of others: never itself
        found = [
            label == self.classes[other]
            for label, other in zip(self.classes, nearest, strict=True)
            if count[label] > 1
        ]
        return {"recall1": sum(found) / len(found)}


# By the name that a task gives as its `metric`: services/model/tasks/task.py.
METRICS: dict[str, type[Metric]] = {
    "top1": Accuracy,
    "map": MeanAveragePrecision,
    "miou": MeanIoU,
    "recall1": RecallAtOne,
}
