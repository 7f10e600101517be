"""The tasks that a model can have, and what a request may ask of each."""

from typing import Literal, get_args

Task = Literal["classification", "detection", "segmentation", "embedding", "tensor"]

NAMES: tuple[Task, ...] = get_args(Task)

# What an address may have behind its `?`; each task reads its own, see openapi.yaml.
QUERY = ("top", "threshold", "encoding_format")
