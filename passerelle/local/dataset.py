"""A folder of pictures, and what is said of them: the labels of each task that its models have.

| task | labels |
|---|---|
| classification, embedding | `labels.csv`, or sub-folders named by class: `class_labels.py` |
| detection | a COCO file, or YOLO's text files: `box_labels.py` |
| segmentation | `masks/NAME.png`: `mask_labels.py` |
| tensor | none |

Of a folder that the gateway captured, the answers there are the labels: `captured_labels.py`.
"""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from passerelle.local import (
    box_labels,
    captured_labels,
    class_labels,
    coco_file,
    mask_labels,
    pictures,
    yolo_files,
)

Labels = Mapping[str, Any]  # of each labelled file, as the task's metric takes it

# What to do for labels, where a folder has none for a task.
ADVICE = {
    "classification": "give a labels.csv, or a sub-folder for each class",
    "embedding": "give a labels.csv, or a sub-folder for each class",
    "detection": "give a COCO file, annotations.json, beside the pictures",
    "segmentation": "give a PNG of classes for each picture, masks/NAME.png",
}


class Dataset:
    """The pictures under a folder, and what its files say of them.

    Boxes and masks are read once they are asked for: a file that no model needs may be anything.
    """

    def __init__(self, folder: Path) -> None:
        """Find the pictures, and their classes.

        Raises:
            PicturesError: there is no picture, or labels.csv is wrong.
        """
        self.folder = folder
        found = pictures.files(folder)
        self.has_masks = mask_labels.have_pictures(folder, found)
        if self.has_masks:
            found = [file for file in found if not mask_labels.is_mask(file, folder)]
        self.is_captured = captured_labels.are_there(folder)
        if self.is_captured:  # masks that were answered are no pictures
            answers = folder / captured_labels.ANSWERS
            found = [file for file in found if not file.is_relative_to(answers)]
        self.coco, self.yolo = coco_file.find(folder), yolo_files.find(folder, found)
        self.classes = self.read_classes(found)
        self.files = sorted({*found, *self.classes})
        if not self.files:
            raise pictures.PicturesError(
                f"{folder} holds no picture ({', '.join(pictures.SUFFIXES)})."
            )

    def read_classes(self, files: list[Path]) -> class_labels.ClassLabels:
        """The classes that labels.csv says, or else the sub-folders.

        Sub-folders of pictures with boxes or masks are these files' own order, and no classes.

        Raises:
            PicturesError
        """
        if (self.folder / class_labels.FILE).exists():
            return class_labels.read(self.folder)
        if self.is_captured:
            return captured_labels.classes(self.folder, files)
        if self.has_boxes or self.has_masks:
            return {}
        return class_labels.from_sub_folders(files, self.folder)

    @property
    def has_boxes(self) -> bool:
        """Whether there is a file that says boxes."""
        return bool(self.coco or self.yolo or (self.is_captured and self.boxes))

    @functools.cached_property
    def boxes(self) -> box_labels.BoxLabels | None:
        """The boxes; None where no file says any.

        Raises:
            PicturesError
        """
        if self.is_captured:
            return captured_labels.boxes(self.folder, self.files)
        if self.coco:
            return coco_file.read(self.coco, self.files)
        return yolo_files.read(self.yolo, self.files) if self.yolo else None

    @functools.cached_property
    def masks(self) -> mask_labels.MaskLabels | None:
        """The masks; None where there are none.

        Raises:
            PicturesError
        """
        there = mask_labels.are_there(self.folder)
        return mask_labels.read(self.folder, self.files) if there else None

    def labels(self, task: str, names: list[str], model: str) -> Labels:
        """The labels for a model of a task with these classes' names, in its own numbers.

        Raises:
            PicturesError: a label is wrong, or the model doesn't have it.
        """
        if task == "classification":
            return class_labels.in_numbers(self.classes, names, model)
        if task == "embedding":  # which has no classes: alike and different are all that counts
            return {str(file): label.text for file, label in self.classes.items()}
        if task == "detection" and self.boxes and self.is_captured:  # which are numbers already
            return {str(file): boxes for file, boxes in self.boxes.boxes.items()}
        if task == "detection" and self.boxes:
            return box_labels.in_numbers(self.boxes, names, model)
        if task == "segmentation" and self.masks:
            return mask_labels.in_numbers(self.masks, len(names), model)
        return {}

    def notes(self, task: str, names: list[str], model: str) -> list[str]:
        """What one must know of how the labels fit a model, as sentences."""
        if self.is_captured and self.labels(task, names, model):
            return [captured_labels.NOTE]
        if task == "detection" and self.boxes:
            return box_labels.notes(self.boxes, names, model)
        if task == "segmentation" and self.masks:
            return mask_labels.notes(self.masks)
        return []
