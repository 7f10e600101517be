"""What Cloud Run would refuse of a backend's image."""

import re
from collections.abc import Iterator

from passerelle.manifest.model import ExternalModel

PULLED_FROM = re.compile(r"docker\.io|([a-z0-9-]+\.)?gcr\.io|[a-z0-9-]+-docker\.pkg\.dev")


def refusals(model: ExternalModel) -> Iterator[str]:
    """Each with what to write instead.

    Source: https://cloud.google.com/run/docs/deploying#images
    """
    first, slash, _ = (model.backend.image or "").partition("/")
    is_host = slash and (re.search(r"[.:]", first) or first == "localhost")
    if is_host and not PULLED_FROM.fullmatch(first):
        yield (
            f"{model.id}: Cloud Run pulls no images from {first}; copy it to Artifact Registry, or "
            "make a remote repository of it there, and write that address"
        )
